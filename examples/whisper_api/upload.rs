//! Reading a body: never more of it than allowed, and never more of all bodies than there is room for.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, header};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::refusal::Refusal;

/// How long a client may take between two pieces of its body.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long to go on reading what a refused client still sends.
const LINGER: Duration = Duration::from_secs(2);
/// Room is reserved by the KiB.
const UNIT: usize = 1_024;

/// The limits of all uploads together. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Uploads {
    max_bytes: usize,
    /// KiB for uploads and for the jobs that hold them.
    room: Arc<Semaphore>,
}

impl Uploads {
    /// With bodies of at most `max_bytes` and room for `bodies` of that size.
    pub(crate) fn new(max_bytes: usize, bodies: usize) -> Self {
        let room = max_bytes.div_ceil(UNIT).saturating_mul(bodies);
        Self {
            max_bytes,
            room: Arc::new(Semaphore::new(room.min(Semaphore::MAX_PERMITS))),
        }
    }

    /// Refuses a body that says itself that it is too long.
    ///
    /// # Errors
    ///
    /// [`Refusal::BodyTooLarge`].
    pub(crate) fn check_length(&self, body: &Body) -> Result<(), Refusal> {
        // Hyper takes the lower bound from `Content-Length`.
        if body.size_hint().lower() > self.max_bytes as u64 {
            return Err(self.too_large());
        }
        Ok(())
    }

    /// Reads a body to its end. Its room is free again when the last clone of the bytes is dropped.
    ///
    /// # Errors
    ///
    /// As soon as the body is too long or there is no room, when the client stalls, and when it leaves.
    pub(crate) async fn read(&self, body: &mut Body) -> Result<Bytes, Refusal> {
        self.check_length(body)?;
        let announced = usize::try_from(body.size_hint().lower()).unwrap_or(0);
        let mut upload = Upload {
            bytes: Vec::with_capacity(announced),
            room: None,
        };
        loop {
            let data = timeout(PATIENCE, next_data(body)).await;
            let data = match data.map_err(|_| Refusal::BodyTimeout)? {
                None => break,
                Some(data) => data.map_err(|error| broken(&error))?,
            };
            if data.len() > self.max_bytes - upload.bytes.len() {
                return Err(self.too_large());
            }
            self.reserve(&mut upload, data.len())?;
            upload.bytes.extend_from_slice(&data);
        }
        upload.bytes.shrink_to_fit();
        Ok(Bytes::from_owner(upload))
    }

    fn too_large(&self) -> Refusal {
        Refusal::BodyTooLarge {
            limit: self.max_bytes,
        }
    }

    fn reserve(&self, upload: &mut Upload, more: usize) -> Result<(), Refusal> {
        let held = upload
            .room
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits);
        let needed = (upload.bytes.len() + more).div_ceil(UNIT) - held;
        let needed = u32::try_from(needed).map_err(|_| Refusal::UploadsFull)?;
        let room = Arc::clone(&self.room)
            .try_acquire_many_owned(needed)
            .map_err(|_| Refusal::UploadsFull)?;
        match &mut upload.room {
            Some(held) => held.merge(room),
            none => *none = Some(room),
        }
        Ok(())
    }
}

/// The bytes of a body with the room that they take.
struct Upload {
    bytes: Vec<u8>,
    room: Option<OwnedSemaphorePermit>,
}

impl AsRef<[u8]> for Upload {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Goes on reading for a moment what the client of a refused request sends, without keeping it.
///
/// Many clients send their whole body before they read the answer. To close the connection meanwhile would
/// reset it, and they would see that instead of the answer. A client that sent `Expect` waits for the answer.
pub(crate) fn linger(headers: &HeaderMap, mut body: Body) {
    if body.is_end_stream() || headers.contains_key(header::EXPECT) {
        return;
    }
    tokio::spawn(timeout(LINGER, async move {
        while let Some(Ok(_)) = next_data(&mut body).await {}
    }));
}

/// The next piece of a body; empty for its trailers, of which there are none to heed.
async fn next_data(body: &mut Body) -> Option<Result<Bytes, axum::Error>> {
    let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await?;
    Some(frame.map(|frame| frame.into_data().unwrap_or_default()))
}

/// Why a body broke off: the client left, or what it sent is not a body.
fn broken(error: &axum::Error) -> Refusal {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = source {
        let kind = error.downcast_ref().map(io::Error::kind);
        if let Some(io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) = kind {
            return Refusal::Wav(crate::wav::WavError::Truncated("its transfer is malformed"));
        }
        source = error.source();
    }
    Refusal::ClientLeft
}

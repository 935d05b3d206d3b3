//! A relay between a client and a server that keeps the beginning of what both say.

use crate::process::free_address;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// How much of either side is kept.
const KEPT: usize = 4096;

pub(crate) struct Relay {
    address: SocketAddr,
    client: Arc<Mutex<Vec<u8>>>,
    server: Arc<Mutex<Vec<u8>>>,
}

impl Relay {
    /// A relay to `server`. Its threads end with the process.
    pub(crate) fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind(free_address()).unwrap();
        let relay = Self {
            address: listener.local_addr().unwrap(),
            client: Arc::default(),
            server: Arc::default(),
        };
        let (said, answered) = (Arc::clone(&relay.client), Arc::clone(&relay.server));
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let far = TcpStream::connect(server).unwrap();
                let (near_too, far_too) = (near.try_clone().unwrap(), far.try_clone().unwrap());
                let (said, answered) = (Arc::clone(&said), Arc::clone(&answered));
                thread::spawn(move || copy(near, far, &said));
                thread::spawn(move || copy(far_too, near_too, &answered));
            }
        });
        relay
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The beginning of what the client said, in lower case.
    pub(crate) fn request(&self) -> String {
        text(&self.client)
    }

    /// The beginning of what the server answered, in lower case.
    pub(crate) fn answer(&self) -> String {
        text(&self.server)
    }
}

fn text(kept: &Mutex<Vec<u8>>) -> String {
    String::from_utf8_lossy(&kept.lock().unwrap()).to_lowercase()
}

fn copy(mut from: TcpStream, mut to: TcpStream, kept: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 8192];
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        let mut kept = kept.lock().unwrap();
        let room = KEPT.saturating_sub(kept.len()).min(n);
        kept.extend_from_slice(&buffer[..room]);
        drop(kept);
        if to.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    // The other side may be gone already.
    let _ = to.shutdown(Shutdown::Write);
}

//! An HTTP server on loopback that answers as it is told, and keeps what it received.
//!
//! Plain threads and sockets, so that it can also answer what no server would.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the peer does once it has read a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Answers properly, and keeps the connection.
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// Writes these bytes, whatever they are, and closes: garbage, or half of an answer.
    Bytes(Vec<u8>),
    /// Closes without a word.
    Nothing,
    /// Keeps the connection, and never answers.
    Silence,
    /// As the other, that much later.
    Late(Duration, Box<Reply>),
}

impl Reply {
    pub(crate) fn status(status: u16) -> Self {
        Self::body(status, "")
    }

    pub(crate) fn body(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::Answer {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    /// With one more header, where it is a proper answer.
    pub(crate) fn with(mut self, name: &'static str, value: &impl ToString) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name, value.to_string()));
        }
        self
    }

    /// 307 to another address: it would keep the method and the body.
    pub(crate) fn redirect(to: &str) -> Self {
        Self::status(307).with("Location", &to)
    }

    /// The line and headers of an answer whose body breaks off.
    pub(crate) fn half() -> Self {
        Self::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf".to_vec())
    }

    /// An answer that breaks off in its first line.
    pub(crate) fn less_than_half() -> Self {
        Self::Bytes(b"HTTP/1.1 2".to_vec())
    }

    pub(crate) fn garbage() -> Self {
        Self::Bytes(b"\x00\xffSSH-2.0-OpenSSH\r\n\r\n".to_vec())
    }

    pub(crate) fn late(self, by: Duration) -> Self {
        Self::Late(by, Box::new(self))
    }
}

/// A request as it was received.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) method: String,
    /// With the query.
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    /// As it was sent, perhaps compressed.
    pub(crate) body: Vec<u8>,
    pub(crate) at: Instant,
}

impl Received {
    /// The value of a header, its name in any case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = |(key, _): &&(String, String)| key.eq_ignore_ascii_case(name);
        self.headers.iter().find(found).map(|(_, value)| &**value)
    }

    /// The body as it was before it was compressed.
    pub(crate) fn plain(&self) -> Vec<u8> {
        let mut plain = Vec::new();
        match self.header("content-encoding") {
            None => return self.body.clone(),
            Some("gzip") => flate2::read::GzDecoder::new(&*self.body).read_to_end(&mut plain),
            Some("deflate") => flate2::read::ZlibDecoder::new(&*self.body).read_to_end(&mut plain),
            Some(other) => panic!("the peer cannot decode {other}"),
        }
        .unwrap();
        plain
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.plain()).unwrap()
    }
}

/// The server. It ends when it is dropped.
pub(crate) struct Peer {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    script: VecDeque<Reply>,
    otherwise: Option<Reply>,
    received: Vec<Received>,
    connections: Vec<TcpStream>,
    over: bool,
}

impl Peer {
    /// A peer that answers each request in this way, on a free port.
    pub(crate) fn start(otherwise: Reply) -> Self {
        Self::start_on("127.0.0.1:0".parse().unwrap(), otherwise)
    }

    /// On a given address: that of a peer that was dropped, for instance.
    pub(crate) fn start_on(address: SocketAddr, otherwise: Reply) -> Self {
        let begin = Instant::now();
        let listener = loop {
            match TcpListener::bind(address) {
                Ok(listener) => break listener,
                // Connections of the peer before may take a moment to go.
                Err(error) => assert!(begin.elapsed() < PATIENCE, "{address}: {error}"),
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        shared.state.lock().unwrap().otherwise = Some(otherwise);
        let accepting = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        });
        Self {
            address,
            shared,
            accepting: Some(accepting),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL with a path, which may be empty.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Answers the next requests in these ways, one after the other, before it answers as it did.
    pub(crate) fn script(&self, replies: impl IntoIterator<Item = Reply>) {
        self.shared.state.lock().unwrap().script.extend(replies);
    }

    /// Answers in this way from now on.
    pub(crate) fn otherwise(&self, reply: Reply) {
        self.shared.state.lock().unwrap().otherwise = Some(reply);
    }

    /// All requests so far, oldest first.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.shared.state.lock().unwrap().received.clone()
    }

    /// As [`received`](Self::received), and forgets them.
    pub(crate) fn take(&self) -> Vec<Received> {
        std::mem::take(&mut self.shared.state.lock().unwrap().received)
    }

    /// Waits for so many requests in all.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Received> {
        let state = self.shared.state.lock().unwrap();
        let (state, waited) = self
            .shared
            .changed
            .wait_timeout_while(state, PATIENCE, |state| state.received.len() < count)
            .unwrap();
        let received = state.received.clone();
        drop(state);
        assert!(!waited.timed_out(), "{} of {count}", received.len());
        received
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        {
            let mut state = self.shared.state.lock().unwrap();
            state.over = true;
            for connection in &state.connections {
                // It may be closed already.
                let _ = connection.shutdown(Shutdown::Both);
            }
        }
        self.shared.changed.notify_all();
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            accepting.join().unwrap();
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for connection in listener.incoming() {
        let mut state = shared.state.lock().unwrap();
        if state.over {
            return;
        }
        let Ok(connection) = connection else { continue };
        connection.set_nodelay(true).unwrap();
        state.connections.push(connection.try_clone().unwrap());
        let shared = Arc::clone(shared);
        std::thread::spawn(move || {
            // Whoever is at the other end may go away at any time.
            let _ = serve(&connection, &shared);
            let _ = connection.shutdown(Shutdown::Both);
        });
    }
}

/// Answers the requests of a connection until it is over.
fn serve(connection: &TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection);
    while let Some(request) = read(&mut reader)? {
        let head = request.method == "HEAD";
        let mut reply = {
            let mut state = shared.state.lock().unwrap();
            state.received.push(request);
            shared.changed.notify_all();
            let next = state.script.pop_front();
            next.or_else(|| state.otherwise.clone()).unwrap()
        };
        while let Reply::Late(by, later) = reply {
            if shared.sleep(by) {
                return Ok(());
            }
            reply = *later;
        }
        match reply {
            Reply::Answer {
                status,
                headers,
                body,
            } => {
                let mut answer = format!("HTTP/1.1 {status} As told\r\n");
                for (name, value) in headers {
                    answer.extend([name, ": ", &value, "\r\n"]);
                }
                if status != 204 {
                    let length = body.len().to_string();
                    answer.extend(["Content-Length: ", &length, "\r\n"]);
                }
                let mut answer = (answer + "\r\n").into_bytes();
                if status != 204 && !head {
                    answer.extend(body);
                }
                (&mut &*connection).write_all(&answer)?;
            }
            Reply::Bytes(bytes) => return (&mut &*connection).write_all(&bytes),
            Reply::Nothing => return Ok(()),
            Reply::Silence => {
                shared.sleep(Duration::MAX);
                return Ok(());
            }
            Reply::Late(..) => unreachable!("waited for above"),
        }
    }
    Ok(())
}

impl Shared {
    /// Waits, and returns whether the peer is over.
    fn sleep(&self, by: Duration) -> bool {
        let state = self.state.lock().unwrap();
        let slept = self
            .changed
            .wait_timeout_while(state, by, |state| !state.over);
        slept.unwrap().0.over
    }
}

/// The next request of a connection; `None` where it ends.
fn read(reader: &mut impl BufRead) -> std::io::Result<Option<Received>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        return Ok(None);
    };
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let mut received = Received {
        method,
        path,
        headers,
        body: Vec::new(),
        at: Instant::now(),
    };
    assert_eq!(received.header("transfer-encoding"), None, "not supported");
    let length = received
        .header("content-length")
        .map_or(0, |length| length.parse().unwrap());
    received.body.resize(length, 0);
    reader.read_exact(&mut received.body)?;
    received.at = Instant::now();
    Ok(Some(received))
}

#[test]
fn the_peer_does_as_it_is_told() {
    let peer = Peer::start(Reply::status(200));
    peer.script([
        Reply::body(429, "slower").with("Retry-After", &7),
        Reply::half(),
        Reply::garbage(),
        Reply::Nothing,
        Reply::redirect("http://127.0.0.1:1/"),
        Reply::status(202).late(Duration::from_millis(50)),
    ]);
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_global(Some(Duration::from_secs(10)))
        .build()
        .new_agent();
    let send = || agent.post(peer.url("/x?y")).header("K", "v").send("body");
    let mut answer = send().unwrap();
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "7");
    assert_eq!(answer.body_mut().read_to_string().unwrap(), "slower");
    let mut answer = send().unwrap();
    assert_eq!(answer.status(), 200);
    answer.body_mut().read_to_string().unwrap_err();
    send().unwrap_err();
    send().unwrap_err();
    assert_eq!(send().unwrap().status(), 307);
    let begin = Instant::now();
    assert_eq!(send().unwrap().status(), 202);
    assert!(begin.elapsed() >= Duration::from_millis(50));
    assert_eq!(send().unwrap().status(), 200);
    let received = peer.wait_for(7);
    assert_eq!(received.len(), 7);
    let first = &received[0];
    assert_eq!(
        (&*first.method, &*first.path, &*first.text()),
        ("POST", "/x?y", "body")
    );
    assert_eq!(first.header("k"), Some("v"));
    // It goes away, and comes back where it was.
    let address = peer.address();
    drop(peer);
    ureq::get(format!("http://{address}/")).call().unwrap_err();
    let peer = Peer::start_on(address, Reply::Silence);
    let silent = agent.get(peer.url("/"));
    let silent = silent
        .config()
        .timeout_global(Some(Duration::from_millis(100)));
    assert!(matches!(
        silent.build().call(),
        Err(ureq::Error::Timeout(_))
    ));
    assert_eq!(peer.take().len(), 1);
    assert!(peer.received().is_empty());
}

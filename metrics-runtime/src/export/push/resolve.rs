//! Where a host name leads, asked again and again, and never waited for long.

use super::Boxed;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How old an answer may be.
const ASK_AGAIN: Duration = Duration::from_secs(30);

/// How long a new answer is waited for while there is an old one.
const SHORT_WAIT: Duration = Duration::from_millis(500);

/// How long the first answer is waited for.
const LONG_WAIT: Duration = Duration::from_secs(5);

type Answer = io::Result<Vec<SocketAddr>>;

/// Asks for the addresses of a name.
type Ask = fn(String, u16) -> Boxed<'static, Answer>;

/// As the operating system resolves names.
fn system(host: String, port: u16) -> Boxed<'static, Answer> {
    Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
}

/// The addresses of a host.
pub(crate) struct Resolver {
    host: String,
    port: u16,
    ask: Ask,
    /// The last answer; it stays while there is no newer one.
    known: Vec<SocketAddr>,
    /// When the last question was asked.
    asked: Option<Instant>,
    /// A question without an answer yet; there is at most one.
    running: Option<JoinHandle<Answer>>,
    /// Whether the host is an address itself.
    literal: bool,
}

impl Resolver {
    pub(crate) fn new(host: &str, port: u16) -> Self {
        Self::asking(host, port, system)
    }

    fn asking(host: &str, port: u16, ask: Ask) -> Self {
        let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        Self {
            host: host.to_owned(),
            port,
            ask,
            known: address
                .into_iter()
                .map(|address| SocketAddr::new(address, port))
                .collect(),
            asked: None,
            running: None,
            literal: address.is_some(),
        }
    }

    /// Asks again soon: what the addresses lead to does not answer.
    pub(crate) const fn doubt(&mut self) {
        self.asked = None;
    }

    /// The addresses, asked for anew where the last answer is old; half of the time that is left is waited for that at
    /// the most.
    ///
    /// # Errors
    ///
    /// When there was never an answer; `TimedOut` where there is none yet.
    pub(crate) async fn addresses(&mut self, left: Duration) -> io::Result<&[SocketAddr]> {
        if self.literal {
            return Ok(&self.known);
        }
        let due = self.asked.is_none_or(|asked| asked.elapsed() >= ASK_AGAIN);
        if due && self.running.is_none() {
            self.running = Some(tokio::spawn((self.ask)(self.host.clone(), self.port)));
            self.asked = Some(Instant::now());
        }
        let mut failed = None;
        if let Some(running) = &mut self.running {
            let longest = if self.known.is_empty() {
                LONG_WAIT
            } else {
                SHORT_WAIT
            };
            // Where it takes longer the question stays asked.
            if let Ok(answer) = timeout(longest.min(left / 2), running).await {
                self.running = None;
                match answer.map_err(io::Error::other).and_then(|answer| answer) {
                    Ok(mut addresses) if !addresses.is_empty() => {
                        // Servers of this kind listen on IPv4 more often; where one does not answer, the next is
                        // tried.
                        addresses.sort_by_key(SocketAddr::is_ipv6);
                        self.known = addresses;
                    }
                    Ok(_) => failed = Some(io::Error::other("the name has no address")),
                    Err(error) => failed = Some(error),
                }
            }
        }
        if self.known.is_empty() {
            self.asked = None;
            let failed = failed.unwrap_or_else(|| {
                let reason = "no answer to the question for its address";
                io::Error::new(io::ErrorKind::TimedOut, reason)
            });
            let reason = format!("looking up `{}`: {failed}", self.host);
            return Err(io::Error::new(failed.kind(), reason));
        }
        Ok(&self.known)
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver")
            .field("host", &self.host)
            .field("known", &self.known)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// What the next question is answered with; nothing is no answer at all.
    static ANSWER: Mutex<Option<Result<&str, &str>>> = Mutex::new(None);

    fn answer(answer: Option<Result<&'static str, &'static str>>) {
        *ANSWER.lock().unwrap() = answer;
    }

    fn ask(_: String, _: u16) -> Boxed<'static, Answer> {
        let answer = *ANSWER.lock().unwrap();
        Box::pin(async move {
            match answer {
                Some(Ok(addresses)) => Ok(addresses
                    .split(' ')
                    .map(|address| address.parse().unwrap())
                    .collect()),
                Some(Err(reason)) => Err(io::Error::other(reason)),
                None => std::future::pending().await,
            }
        })
    }

    #[test]
    fn the_last_answer_stays_until_there_is_a_newer_one() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut resolver = Resolver::asking("server.test", 8125, ask);
            let left = Duration::from_millis(50);
            let long_ago = Instant::now().checked_sub(ASK_AGAIN);
            answer(Some(Err("no such name")));
            let error = resolver.addresses(left).await.unwrap_err().to_string();
            assert_eq!(error, "looking up `server.test`: no such name");
            // Nor is there an answer that takes too long; the question stays asked.
            answer(None);
            let error = resolver.addresses(left).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
            resolver.running = None;
            answer(Some(Ok("[::1]:8125 10.0.0.1:8125")));
            let known = resolver.addresses(left).await.unwrap().to_vec();
            assert_eq!(known.len(), 2);
            assert!(known[0].is_ipv4(), "IPv4 is tried first");
            // Young enough, it is not asked for again.
            answer(Some(Ok("10.0.0.2:8125")));
            assert_eq!(resolver.addresses(left).await.unwrap(), known);
            // Old, it is; while that fails, or takes too long, the old one stays.
            answer(Some(Err("no answer")));
            resolver.asked = long_ago;
            assert_eq!(resolver.addresses(left).await.unwrap(), known);
            answer(None);
            resolver.asked = long_ago;
            let begin = Instant::now();
            assert_eq!(resolver.addresses(left).await.unwrap(), known);
            assert!(begin.elapsed() < SHORT_WAIT);
            // One question is under way, and there is no second.
            answer(Some(Ok("10.0.0.3:8125")));
            resolver.doubt();
            assert_eq!(resolver.addresses(left).await.unwrap(), known);
            resolver.running = None;
            resolver.doubt();
            let known = resolver.addresses(left).await.unwrap();
            assert_eq!(known, ["10.0.0.3:8125".parse().unwrap()]);
        });
    }

    #[test]
    fn an_address_is_not_asked_for() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        for (host, expected) in [
            ("127.0.0.1", "127.0.0.1:9"),
            ("[::1]", "[::1]:9"),
            ("::1", "[::1]:9"),
        ] {
            let mut resolver = Resolver::asking(host, 9, ask);
            let known = runtime
                .block_on(resolver.addresses(Duration::ZERO))
                .unwrap();
            assert_eq!(known, [expected.parse().unwrap()]);
        }
    }
}

//! How a request gets to the peer: over HTTP here, over gRPC beside it.

use super::answer::{Partial, Status, Verdict};
use super::config::{OtlpCompression, OtlpConfig, OtlpProtocol, wrong};
use crate::error::MetricsError;
use crate::export::push::http::{Answer, Client, Message, gzip};
use crate::export::push::{Failure, Round};
use std::mem;
use ureq::http::Method;

/// The way to one peer.
#[derive(Clone, Debug)]
pub(super) enum Transport {
    Http(Http),
    #[cfg(feature = "otlp-grpc")]
    Grpc(super::grpc::Grpc),
}

impl Transport {
    pub(super) fn new(config: &OtlpConfig) -> Result<Self, MetricsError> {
        let uri = config.uri()?;
        let headers = config.checked_headers()?;
        let client = Client::new(uri.clone(), headers)
            .map_err(|reason| wrong("headers", "invalid_variable", reason))?;
        match config.protocol {
            OtlpProtocol::HttpProtobuf | OtlpProtocol::HttpJson => Ok(Self::Http(Http {
                client,
                json: config.protocol == OtlpProtocol::HttpJson,
                compression: config.compression,
            })),
            #[cfg(feature = "otlp-grpc")]
            OtlpProtocol::Grpc => super::grpc::Grpc::new(&uri, headers, config.compression)
                .map(Self::Grpc)
                .map_err(|reason| wrong("endpoint", "invalid_variable", reason)),
            #[cfg(not(feature = "otlp-grpc"))]
            OtlpProtocol::Grpc => {
                let reason = "OTLP over gRPC needs the feature `otlp-grpc`";
                Err(wrong("protocol", "missing_feature", reason))
            }
        }
    }

    /// Sends a request, and returns what became of it. `body` has it again, or is empty.
    ///
    /// # Errors
    ///
    /// Where there is no answer. The peer may have taken the request all the same.
    pub(super) async fn send(
        &mut self,
        round: &Round<'_>,
        body: &mut Vec<u8>,
    ) -> Result<Verdict, Failure> {
        match self {
            Self::Http(http) => http.send(round, body).await,
            #[cfg(feature = "otlp-grpc")]
            Self::Grpc(grpc) => grpc.send(round, body).await,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Http {
    client: Client,
    json: bool,
    compression: OtlpCompression,
}

impl Http {
    async fn send(&self, round: &Round<'_>, body: &mut Vec<u8>) -> Result<Verdict, Failure> {
        let compressed = self.compression == OtlpCompression::Gzip;
        let message = Message {
            method: Method::POST,
            content_type: if self.json {
                "application/json"
            } else {
                "application/x-protobuf"
            },
            encoding: compressed.then_some("gzip"),
            body: if compressed {
                gzip(body)
            } else {
                mem::take(body)
            },
        };
        let mut answer = self.client.send(round, message).await?;
        if !compressed {
            *body = mem::take(&mut answer.sent);
        }
        Ok(self.verdict(&answer))
    }

    fn verdict(&self, answer: &Answer) -> Verdict {
        if answer.is_success() {
            let read = if self.json {
                Partial::of_json
            } else {
                Partial::of_protobuf
            };
            return Verdict::Taken(read(&answer.body));
        }
        let read = if self.json {
            Status::of_json
        } else {
            Status::of_protobuf
        };
        let message = read(&answer.body).message;
        let failure = if message.is_empty() {
            answer.failure()
        } else {
            Failure {
                retry_after: answer.retry_after,
                ..Failure::new(
                    "rejected",
                    format!("the peer answered {}: {message}", answer.status),
                )
            }
        };
        match answer.status {
            413 => Verdict::TooLarge(failure),
            _ if answer.may_be_retried() => Verdict::Later(failure),
            _ => Verdict::Refused(failure),
        }
    }
}

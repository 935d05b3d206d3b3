//! Requests that are refused: the status, the code that clients and metrics get, and a sentence.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::telemetry::{self, Model};
use crate::wav::WavError;

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum Refusal {
    UnknownModel(Option<String>),
    BodyTooLarge {
        limit: usize,
    },
    BodyTimeout,
    Wav(WavError),
    QueueFull {
        capacity: usize,
    },
    UploadsFull,
    ShuttingDown,
    UnknownJob,
    JobFinished,
    NotFound,
    MethodNotAllowed,
    /// The client is not there any more to get an answer.
    ClientLeft,
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::UnknownModel(_) | Self::Wav(_) => StatusCode::BAD_REQUEST,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::QueueFull { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::UploadsFull | Self::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
            Self::UnknownJob | Self::NotFound => StatusCode::NOT_FOUND,
            Self::JobFinished => StatusCode::CONFLICT,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::ClientLeft => StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST),
        }
    }

    /// The labels `category` and `error_type`; nobody gets the code of a client that left.
    fn category_and_code(&self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::UnknownModel(_) => ("validation", "unknown_model"),
            Self::BodyTooLarge { .. } => ("validation", "body_too_large"),
            Self::BodyTimeout => ("validation", "body_timeout"),
            Self::Wav(error) => ("validation", error.code()),
            Self::QueueFull { .. } => ("queue", "full"),
            Self::UploadsFull => ("queue", "uploads_full"),
            Self::ShuttingDown => ("queue", "shutting_down"),
            Self::UnknownJob => ("job", "unknown_job"),
            Self::JobFinished => ("job", "job_finished"),
            Self::NotFound => ("http", "not_found"),
            Self::MethodNotAllowed => ("http", "method_not_allowed"),
            Self::ClientLeft => return None,
        })
    }

    fn message(&self) -> String {
        let models = || Model::ALL.map(Model::name).join(", ");
        match self {
            Self::UnknownModel(None) => format!("no `model`; there are {}", models()),
            Self::UnknownModel(Some(name)) => {
                let name: String = name.chars().take(64).collect();
                format!("no model `{name}`; there are {}", models())
            }
            Self::BodyTooLarge { limit } => format!("the body may have {limit} bytes"),
            Self::BodyTimeout => "the body did not arrive in time".to_owned(),
            Self::Wav(error) => error.to_string(),
            Self::QueueFull { capacity } => {
                format!("{capacity} jobs are waiting already; try again later")
            }
            Self::UploadsFull => "too many uploads at once; try again later".to_owned(),
            Self::ShuttingDown => "the service is shutting down".to_owned(),
            Self::UnknownJob => "no job has this id, or it finished long ago".to_owned(),
            Self::JobFinished => "the job has finished".to_owned(),
            Self::NotFound => "there is nothing here".to_owned(),
            Self::MethodNotAllowed => "not with this method".to_owned(),
            Self::ClientLeft => "the client left".to_owned(),
        }
    }
}

#[derive(Debug, Serialize)]
struct ErrorBody {
    error: &'static str,
    message: String,
}

/// Every refusal becomes an answer here and nowhere else, so here it is counted.
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        let Some((category, code)) = self.category_and_code() else {
            return status.into_response();
        };
        telemetry::errors_total(category, code).inc();
        let body = Json(ErrorBody {
            error: code,
            message: self.message(),
        });
        let mut response = (status, body).into_response();
        if matches!(self, Self::QueueFull { .. } | Self::UploadsFull) {
            let second = HeaderValue::from_static("1");
            response.headers_mut().insert(header::RETRY_AFTER, second);
        }
        response
    }
}

/// Puts the errors that an alert would watch on the first scrape, at zero: of a series that appears with its
/// first error, `rate()` never sees that error.
pub(crate) fn expose_at_zero() {
    let watched = [
        Refusal::UnknownModel(None),
        Refusal::BodyTooLarge { limit: 0 },
        Refusal::Wav(WavError::Empty),
        Refusal::Wav(WavError::NotWav("")),
        Refusal::Wav(WavError::Truncated("")),
        Refusal::Wav(WavError::Unsupported("")),
        Refusal::QueueFull { capacity: 0 },
    ];
    for (category, code) in watched.iter().filter_map(Refusal::category_and_code) {
        telemetry::errors_total(category, code).inc_by(0);
    }
}

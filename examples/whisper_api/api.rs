//! The routes.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use serde::Serialize;

use crate::http_metrics;
use crate::job::{JobId, JobView};
use crate::jobs::{JobBoard, NotCancelled, Rejected};
use crate::refusal::Refusal;
use crate::telemetry::Model;
use crate::upload::{self, Uploads};
use crate::wav;

/// What the routes share.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    pub(crate) board: Arc<JobBoard>,
    pub(crate) uploads: Uploads,
}

/// All routes, `extra` ones such as `/metrics` included, with their metrics.
pub(crate) fn router(api: Api, extra: Router) -> Router {
    Router::new()
        .route("/transcribe", post(transcribe))
        .route("/jobs/{id}", get(job).delete(cancel))
        .route("/health", get(health))
        .with_state(api)
        .merge(extra)
        .fallback(async || Refusal::NotFound)
        .method_not_allowed_fallback(async || Refusal::MethodNotAllowed)
        .layer(middleware::from_fn(http_metrics::measure))
}

#[derive(Debug, Serialize)]
struct Accepted {
    id: JobId,
}

/// The body is taken as it comes, whatever its `Content-Type`: `curl --data-binary` says it is a form.
async fn transcribe(State(api): State<Api>, request: Request) -> Response {
    let (parts, mut body) = request.into_parts();
    match accept(&api, &parts.uri, &mut body).await {
        Ok(id) => (StatusCode::ACCEPTED, Json(Accepted { id })).into_response(),
        Err(refusal) => {
            upload::linger(&parts.headers, body);
            refusal.into_response()
        }
    }
}

/// The checks, cheapest first. Only a job that passes all of them is submitted.
async fn accept(api: &Api, uri: &Uri, body: &mut axum::body::Body) -> Result<JobId, Refusal> {
    let query = QueryValues::of(uri);
    let name = query.first("model");
    let model = name
        .and_then(Model::from_name)
        .ok_or_else(|| Refusal::UnknownModel(name.map(str::to_owned)))?;
    let language = query.first("language").unwrap_or("auto");
    let bytes = api.uploads.read(body).await?;
    let audio = wav::decode(bytes).map_err(Refusal::Wav)?;
    let submitted = api.board.submit(model, language, audio).await;
    submitted.map_err(|rejected| match rejected {
        Rejected::Full { capacity } => Refusal::QueueFull { capacity },
        Rejected::ShuttingDown => Refusal::ShuttingDown,
    })
}

async fn job(
    State(api): State<Api>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<JobView>, Refusal> {
    let id = id.map_err(|_| Refusal::UnknownJob)?;
    api.board.view(&id).map(Json).ok_or(Refusal::UnknownJob)
}

async fn cancel(
    State(api): State<Api>,
    id: Result<Path<String>, PathRejection>,
) -> Result<(StatusCode, Json<JobView>), Refusal> {
    let id = id.map_err(|_| Refusal::UnknownJob)?;
    match api.board.cancel(&id) {
        Ok(view) => Ok((StatusCode::ACCEPTED, Json(view))),
        Err(NotCancelled::Unknown) => Err(Refusal::UnknownJob),
        Err(NotCancelled::Finished) => Err(Refusal::JobFinished),
    }
}

#[derive(Debug, Serialize)]
struct Health {
    status: &'static str,
}

async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// The pairs of a query, in their order.
struct QueryValues(Vec<(String, String)>);

impl QueryValues {
    fn of(uri: &Uri) -> Self {
        Self(Query::try_from_uri(uri).map_or_else(|_| Vec::new(), |Query(pairs)| pairs))
    }

    /// The first value of `key`; an empty one is none.
    fn first(&self, key: &str) -> Option<&str> {
        let pair = self.0.iter().find(|(own, _)| own == key)?;
        Some(pair.1.as_str()).filter(|value| !value.is_empty())
    }
}

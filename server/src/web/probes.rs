//! `/api/v1/labs/{id}/reachability` and `/api/v1/labs/{id}/namespaces/{namespace}/probes`.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use protocol::lab::LabId;
use protocol::probe::{Probe, Probed};
use protocol::reach::{ReachOptions, Reachability};

use super::AppState;
use super::body;
use super::error::Refusal;
use crate::labs::handle::{LabHandle, NotAnswered};

pub(super) async fn reach(
    State(state): State<AppState>,
    Path(id): Path<LabId>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Box<Reachability>>, Refusal> {
    let options: ReachOptions = body::json(&headers, body, body::SMALL).await?;
    let ask = |lab: LabHandle| {
        let options = options.clone();
        async move { lab.reach(options).await }
    };
    Ok(Json(answered(state.yard.with(&id, ask).await?)?))
}

pub(super) async fn probe(
    State(state): State<AppState>,
    Path((id, namespace)): Path<(LabId, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Box<Probed>>, Refusal> {
    let probe: Probe = body::json(&headers, body, body::SMALL).await?;
    let ask = |lab: LabHandle| {
        let (namespace, probe) = (namespace.clone(), probe.clone());
        async move { lab.probe(namespace, probe).await }
    };
    Ok(Json(answered(state.yard.with(&id, ask).await?)?))
}

/// What the agent has answered, or why it has not.
pub(super) fn answered<T>(result: Result<T, NotAnswered>) -> Result<T, Refusal> {
    result.map_err(|error| match error {
        NotAnswered::NoNamespace(why) => Refusal::new(StatusCode::NOT_FOUND, why),
        NotAnswered::Failed(why) => Refusal::new(StatusCode::CONFLICT, why),
    })
}

//! `/api/v1/labs/{id}/namespaces/{namespace}/firewall`.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use protocol::lab::LabId;
use topology::firewall::counters::Counted;

use super::AppState;
use super::error::Refusal;
use crate::labs::handle::NotCounted;

pub(super) async fn counted(
    State(state): State<AppState>,
    Path((id, namespace)): Path<(LabId, String)>,
) -> Result<Json<Vec<Counted>>, Refusal> {
    let ask = |lab: crate::labs::handle::LabHandle| {
        let namespace = namespace.clone();
        async move { lab.counted(namespace).await }
    };
    match state.yard.with(&id, ask).await? {
        Ok(counted) => Ok(Json(counted)),
        Err(NotCounted::NoNamespace(why)) => Err(Refusal::new(StatusCode::NOT_FOUND, why)),
        Err(NotCounted::Failed(why)) => Err(Refusal::new(StatusCode::CONFLICT, why)),
    }
}

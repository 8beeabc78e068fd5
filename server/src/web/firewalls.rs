//! `/api/v1/labs/{id}/namespaces/{namespace}/firewall`.

use axum::Json;
use axum::extract::{Path, State};
use protocol::lab::LabId;
use topology::firewall::counters::Counted;

use super::AppState;
use super::error::Refusal;
use super::probes::answered;

pub(super) async fn counted(
    State(state): State<AppState>,
    Path((id, namespace)): Path<(LabId, String)>,
) -> Result<Json<Vec<Counted>>, Refusal> {
    let ask = |lab: crate::labs::handle::LabHandle| {
        let namespace = namespace.clone();
        async move { lab.counted(namespace).await }
    };
    Ok(Json(answered(state.yard.with(&id, ask).await?)?))
}

//! `/api/v1/labs/{id}/expectations/check`.

use axum::Json;
use axum::extract::{Path, State};
use protocol::expect::Verdict;
use protocol::lab::LabId;

use super::AppState;
use super::error::Refusal;
use super::probes::answered;

pub(super) async fn check(
    State(state): State<AppState>,
    Path(id): Path<LabId>,
) -> Result<Json<Vec<Verdict>>, Refusal> {
    let checked = state
        .yard
        .with(&id, |lab| async move { lab.check().await })
        .await?;
    Ok(Json(answered(checked)?))
}

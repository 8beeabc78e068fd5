//! `/api/v1/features`.

use axum::Json;
use axum::extract::State;
use protocol::lab::FeatureState;
use topology::feature::Feature;

use super::AppState;

pub(super) async fn list(State(state): State<AppState>) -> Json<Vec<FeatureState>> {
    let missing = state.yard.missing();
    let all = Feature::all().map(|feature| {
        let found = missing.iter().find(|missing| missing.feature == feature);
        FeatureState {
            name: feature.to_string(),
            available: found.is_none(),
            detail: found.map(|f| f.detail.clone()).unwrap_or_default(),
            remedy: found.map(|f| f.remedy.clone()).unwrap_or_default(),
        }
    });
    Json(all.collect())
}

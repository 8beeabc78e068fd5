//! Refusals as answers.

use axum::Json;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use protocol::lab::HttpError;

use crate::labs::store::StoreError;
use crate::labs::yard::YardError;

/// A request that was refused: a status, and why in words.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    error: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self {
            status,
            error: error.into(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(HttpError { error: self.error })).into_response()
    }
}

/// The beginning of a WebSocket, or what was asked for instead of one.
pub(super) type Upgrade = Result<WebSocketUpgrade, WebSocketUpgradeRejection>;

impl From<WebSocketUpgradeRejection> for Refusal {
    fn from(rejection: WebSocketUpgradeRejection) -> Self {
        let error = format!(
            "this is the address of a WebSocket: {}",
            rejection.body_text()
        );
        Self::new(rejection.status(), error)
    }
}

impl From<YardError> for Refusal {
    fn from(error: YardError) -> Self {
        let status = match &error {
            YardError::NoSuchLab(_) => StatusCode::NOT_FOUND,
            YardError::Ambiguous { .. } | YardError::TooManyLabs => StatusCode::CONFLICT,
            YardError::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            YardError::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
            YardError::Store(_) | YardError::Failing(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.to_string())
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        YardError::from(error).into()
    }
}

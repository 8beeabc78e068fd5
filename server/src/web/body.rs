//! Request bodies: JSON within a limit, or a refusal that the sender gets to read.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;

use super::error::Refusal;

/// Largest body of a request without a lab in it, in bytes.
pub(super) const SMALL: usize = 4 << 10;

/// Largest body with the text of a lab in it: the largest text that is read, twice, because JSON
/// writes some characters with two bytes, and room for what is around it.
pub(super) const WITH_TEXT: usize = 2 * topology::yaml::MAX_TEXT_BYTES + (64 << 10);

/// How much of a body that is too large is still taken and thrown away, as a multiple of its limit.
/// A sender that is cut off in the middle would see a broken connection instead of the reason.
const DISCARDED: usize = 16;

/// How long a body may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Reads a body of JSON.
pub(super) async fn json<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
) -> Result<T, Refusal> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        let error = "the body must be JSON, with the header Content-Type: application/json";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, error));
    }
    let bytes = bytes(body, limit).await?;
    serde_json::from_slice(&bytes).map_err(|error| {
        Refusal::new(
            StatusCode::BAD_REQUEST,
            format!("cannot read the body: {error}"),
        )
    })
}

async fn bytes(body: Body, limit: usize) -> Result<Bytes, Refusal> {
    let read = tokio::time::timeout(TIMEOUT, read(body, limit)).await;
    read.unwrap_or_else(|_| {
        let error = format!("the body did not come within {} s", TIMEOUT.as_secs());
        Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, error))
    })
}

async fn read(body: Body, limit: usize) -> Result<Bytes, Refusal> {
    let mut chunks = body.into_data_stream();
    let mut taken = Vec::new();
    let mut total: usize = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| {
            Refusal::new(
                StatusCode::BAD_REQUEST,
                format!("cannot read the body: {error}"),
            )
        })?;
        total = total.saturating_add(chunk.len());
        if total <= limit {
            taken.extend_from_slice(&chunk);
        } else {
            taken = Vec::new();
            if total / DISCARDED > limit {
                break;
            }
        }
    }
    if total > limit {
        let error = format!("the body is too large: at most {limit} bytes are taken here");
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, error));
    }
    Ok(taken.into())
}

//! `/api/v1/session`: signing in and out.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::body;
use super::error::Refusal;
use super::guard::Caller;
use super::sessions::LIFETIME;
use super::{AppState, CookieName};

/// What a browser posts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    secret: String,
}

/// Gives a cookie for the secret.
pub(super) async fn sign_in(
    State(state): State<AppState>,
    Extension(CookieName(name)): Extension<CookieName>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let SignIn { secret } = body::json(&headers, body, body::SMALL).await?;
    state.sessions.check_secret(&secret).await?;
    let token = state.sessions.make().await?;
    // Not `Secure`: this version speaks plain HTTP on the loopback interface only.
    let cookie = format!(
        "{name}={}; HttpOnly; SameSite=Strict; Path=/; Max-Age={LIFETIME}",
        token.reveal()
    );
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

/// Says whether the request is signed in.
pub(super) async fn ask(caller: Option<Extension<Caller>>) -> Result<StatusCode, Refusal> {
    match caller {
        Some(_) => Ok(StatusCode::NO_CONTENT),
        None => Err(Refusal::new(StatusCode::UNAUTHORIZED, "not signed in")),
    }
}

/// Signs out.
pub(super) async fn sign_out(
    State(state): State<AppState>,
    Extension(CookieName(name)): Extension<CookieName>,
    caller: Option<Extension<Caller>>,
) -> Result<Response, Refusal> {
    if let Some(Extension(Caller::Session(hash))) = caller {
        state.sessions.end(hash).await?;
    }
    let cookie = format!("{name}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

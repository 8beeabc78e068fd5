//! Requests to the server's HTTP API.

use leptos::prelude::window;
use protocol::lab::HttpError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Request, RequestInit, Response};

/// Why a request failed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Failure {
    /// The HTTP status; 0 if there was no answer.
    pub(crate) status: u16,
    /// For a person.
    pub(crate) message: String,
}

impl Failure {
    /// Whether the server asks for the secret.
    pub(crate) fn is_signed_out(&self) -> bool {
        self.status == 401
    }
}

/// Asks for a value.
pub(crate) async fn get<T: DeserializeOwned>(path: &str) -> Result<T, Failure> {
    let response = send("GET", path, None).await?;
    read(&response).await
}

/// Asks whether something is so; the answer's body does not matter.
pub(crate) async fn probe(path: &str) -> Result<(), Failure> {
    send("GET", path, None).await.map(|_| ())
}

/// Posts a value and reads the answer.
pub(crate) async fn post<T: DeserializeOwned>(
    path: &str,
    value: &impl Serialize,
) -> Result<T, Failure> {
    let response = send("POST", path, Some(json(value)?)).await?;
    read(&response).await
}

/// Posts a value and reads the answer as bytes, which stay in the browser's memory.
pub(crate) async fn post_for_bytes(
    path: &str,
    value: &impl Serialize,
) -> Result<js_sys::ArrayBuffer, Failure> {
    let response = send("POST", path, Some(json(value)?)).await?;
    let bytes = JsFuture::from(response.array_buffer().map_err(lost)?)
        .await
        .map_err(lost)?;
    Ok(bytes.unchecked_into())
}

/// Posts a value; the answer's body does not matter.
pub(crate) async fn tell(path: &str, value: &impl Serialize) -> Result<(), Failure> {
    send("POST", path, Some(json(value)?)).await.map(|_| ())
}

/// Deletes something.
pub(crate) async fn delete(path: &str) -> Result<(), Failure> {
    send("DELETE", path, None).await.map(|_| ())
}

fn json(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| Failure {
        status: 0,
        message: format!("Cannot write the request: {error}"),
    })
}

async fn send(method: &str, path: &str, content: Option<String>) -> Result<Response, Failure> {
    let unreachable = |_: JsValue| Failure {
        status: 0,
        message: "The server does not answer. Is `netyard serve` running?".into(),
    };
    let init = RequestInit::new();
    init.set_method(method);
    if let Some(content) = &content {
        init.set_body(&JsValue::from_str(content));
    }
    let request = Request::new_with_str_and_init(path, &init).map_err(unreachable)?;
    if content.is_some() {
        request
            .headers()
            .set("Content-Type", "application/json")
            .map_err(unreachable)?;
    }
    let answer = JsFuture::from(window().fetch_with_request(&request))
        .await
        .map_err(unreachable)?;
    let response: Response = answer.dyn_into().map_err(unreachable)?;
    if response.ok() {
        return Ok(response);
    }
    let status = response.status();
    let text = body(&response).await.unwrap_or_default();
    let message = match serde_json::from_str::<HttpError>(&text) {
        Ok(refusal) => refusal.error,
        Err(_) => format!("The server answered {method} {path} with status {status}"),
    };
    Err(Failure { status, message })
}

async fn read<T: DeserializeOwned>(response: &Response) -> Result<T, Failure> {
    let text = body(response).await?;
    serde_json::from_str(&text).map_err(|error| Failure {
        status: response.status(),
        message: format!("Cannot read the server's answer: {error}"),
    })
}

fn lost(_: JsValue) -> Failure {
    Failure {
        status: 0,
        message: "The connection broke while the answer was read".into(),
    }
}

async fn body(response: &Response) -> Result<String, Failure> {
    let text = JsFuture::from(response.text().map_err(lost)?)
        .await
        .map_err(lost)?;
    Ok(text.as_string().unwrap_or_default())
}

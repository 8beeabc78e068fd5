//! `/api/v1/labs` and below, and the examples.

use std::sync::LazyLock;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use protocol::lab::{Created, ExampleSummary, LabId, LabSummary, NewFile, NewLab};
use topology::Document;
use topology::import::{File, Import};
use topology::read::ReadError;

use super::AppState;
use super::body;
use super::error::Refusal;
use super::files;
use crate::labs::examples;

pub(super) async fn list(State(state): State<AppState>) -> Result<Json<Vec<LabSummary>>, Refusal> {
    Ok(Json(state.yard.list().await?))
}

pub(super) async fn create(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Created>), Refusal> {
    let (document, report) = match body::json(&headers, body, body::WITH_TEXT).await? {
        NewLab::Empty { title } => (titled(&title)?, None),
        NewLab::Example { name } => {
            let missing = || {
                let error = format!("there is no example {name:?}");
                Refusal::new(StatusCode::NOT_FOUND, error)
            };
            (examples::document(&name).ok_or_else(missing)?, None)
        }
        NewLab::Text { text } => {
            let file = File {
                path: String::new(),
                bytes: text.into_bytes(),
            };
            let import = read(vec![file]).await?;
            (import.document, Some(import.report))
        }
        NewLab::Files { files } => {
            let files = decoded(files)?;
            let name = name_of(&files).map(ToOwned::to_owned);
            let mut import = read(files).await?;
            // A name that is no title leaves the lab without one.
            if let (true, Some(title)) = (import.document.title.is_empty(), name) {
                let edit = topology::Edit::SetTitle { title };
                let _ = topology::edit::apply(&mut import.document, edit);
            }
            (import.document, Some(import.report))
        }
    };
    let id = state.yard.create(&document).await?;
    Ok((StatusCode::CREATED, Json(Created { id, report })))
}

/// An empty lab, its title checked as an edit of it would be.
fn titled(title: &str) -> Result<Document, Refusal> {
    let mut document = Document::new("");
    let edit = topology::Edit::SetTitle {
        title: title.trim().to_owned(),
    };
    match topology::edit::apply(&mut document, edit) {
        Ok(_) => Ok(document),
        Err(error) => Err(Refusal::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            error.to_string(),
        )),
    }
}

/// What somebody calls the lab in these files: the folder that holds them all, or the only file
/// without its endings.
fn name_of(files: &[File]) -> Option<&str> {
    let (first, more) = files.split_first()?;
    let name = match first.path.split_once('/') {
        Some((folder, _)) => folder,
        None if more.is_empty() => first.path.split('.').next()?,
        None => return None,
    };
    let is_inside = |file: &File| file.path.split('/').next() == Some(name);
    let is_common = more.iter().all(is_inside);
    (is_common && !name.is_empty()).then_some(name)
}

/// Files as they were before they were sent.
fn decoded(files: Vec<NewFile>) -> Result<Vec<File>, Refusal> {
    let decode = |file: NewFile| {
        let bytes = BASE64_STANDARD.decode(&file.base64).map_err(|error| {
            let error = format!("{}: it is no base64: {error}", file.path);
            Refusal::new(StatusCode::BAD_REQUEST, error)
        })?;
        Ok(File {
            path: file.path,
            bytes,
        })
    };
    files.into_iter().map(decode).collect()
}

async fn read(files: Vec<File>) -> Result<Import, Refusal> {
    let name = match files.as_slice() {
        [only] if !only.path.is_empty() => format!("{}: ", only.path),
        _ => String::new(),
    };
    // What is at its limit takes a while: not on a thread that serves others.
    let read = tokio::task::spawn_blocking(move || topology::read::read_files(&files));
    match read.await {
        Ok(Ok(import)) => Ok(import),
        Ok(Err(error)) => {
            let status = match error {
                ReadError::TooLarge | ReadError::FilesTooLarge | ReadError::TooManyFiles(_) => {
                    StatusCode::PAYLOAD_TOO_LARGE
                }
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            // The others name the file themselves.
            let name = match error {
                ReadError::Script(_) | ReadError::Yaml(_) | ReadError::Empty => name.as_str(),
                _ => "",
            };
            Err(Refusal::new(
                status,
                format!("this is no lab: {name}{error}"),
            ))
        }
        Err(_) => Err(Refusal::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "reading the lab failed",
        )),
    }
}

pub(super) async fn summary(
    State(state): State<AppState>,
    Path(id): Path<LabId>,
) -> Result<Json<LabSummary>, Refusal> {
    Ok(Json(state.yard.summary(&id).await?))
}

pub(super) async fn delete(
    State(state): State<AppState>,
    Path(id): Path<LabId>,
) -> Result<StatusCode, Refusal> {
    state.yard.delete(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn document(
    State(state): State<AppState>,
    Path(id): Path<LabId>,
) -> Result<Response, Refusal> {
    let snapshot = state
        .yard
        .with(&id, |lab| async move { lab.snapshot().await })
        .await?;
    let text = topology::yaml::write(&snapshot.document);
    let name = file_name(&snapshot.document.title, "yaml");
    Ok(download("text/yaml; charset=utf-8", &name, text.into()))
}

pub(super) async fn start(
    State(state): State<AppState>,
    Path(id): Path<LabId>,
) -> Result<Json<LabSummary>, Refusal> {
    settled(
        state
            .yard
            .with(&id, |lab| async move { lab.start().await })
            .await?,
    )?;
    summary(State(state), Path(id)).await
}

pub(super) async fn stop(
    State(state): State<AppState>,
    Path(id): Path<LabId>,
) -> Result<Json<LabSummary>, Refusal> {
    settled(
        state
            .yard
            .with(&id, |lab| async move { lab.stop().await })
            .await?,
    )?;
    summary(State(state), Path(id)).await
}

fn settled(result: Result<(), String>) -> Result<(), Refusal> {
    result.map_err(|error| Refusal::new(StatusCode::CONFLICT, error))
}

pub(super) async fn examples(headers: HeaderMap) -> Response {
    // The same for everybody and all the time: compressed once.
    static GZIP: LazyLock<Option<Vec<u8>>> = LazyLock::new(|| gzip(examples::all()));
    let mut response = match GZIP.as_deref() {
        Some(bytes) if files::takes(&headers, "gzip") => {
            let mut response = Body::from(bytes).into_response();
            let headers = response.headers_mut();
            let json = HeaderValue::from_static("application/json");
            headers.insert(header::CONTENT_TYPE, json);
            let gzip = HeaderValue::from_static("gzip");
            headers.insert(header::CONTENT_ENCODING, gzip);
            response
        }
        _ => Json(examples::all()).into_response(),
    };
    let vary = HeaderValue::from_static("Accept-Encoding");
    response.headers_mut().insert(header::VARY, vary);
    response
}

/// As compressed JSON; `None` if that cannot be made, which leaves the plain one.
fn gzip(examples: &[ExampleSummary]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    serde_json::to_writer(&mut encoder, examples).ok()?;
    encoder.finish().ok()
}

/// A name for a downloaded file that every system takes.
pub(super) fn file_name(title: &str, ending: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '.' {
            c
        } else {
            '-'
        }
    };
    let name: String = title.chars().take(60).map(plain).collect();
    let name = name.trim_matches(['-', '.']);
    format!("{}.{ending}", if name.is_empty() { "lab" } else { name })
}

pub(super) fn download(kind: &'static str, name: &str, body: Body) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_plain() {
        assert_eq!(
            file_name("Red, blue & green", "yaml"),
            "Red--blue---green.yaml"
        );
        assert_eq!(file_name("../../etc/passwd", "yaml"), "etc-passwd.yaml");
        assert_eq!(file_name("\"\r\n", "yaml"), "lab.yaml");
    }
}

//! `/api/v1/labs/{id}/export/{format}`.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use protocol::lab::LabId;
use topology::export::{Export, Format, export};

use super::AppState;
use super::error::Refusal;
use super::labs::{download, file_name};
use crate::archive;

pub(super) async fn get(
    State(state): State<AppState>,
    Path((id, format)): Path<(LabId, String)>,
) -> Result<Response, Refusal> {
    let known = Format::ALL.into_iter().find(|known| known.key() == format);
    let format = known.ok_or_else(|| {
        let keys = Format::ALL.map(Format::key).join(", ");
        let error = format!("there is no form {format:?}: one of {keys}");
        Refusal::new(StatusCode::NOT_FOUND, error)
    })?;
    let snapshot = state
        .yard
        .with(&id, |lab| async move { lab.snapshot().await })
        .await?;
    let title = snapshot.document.title.clone();
    // A large lab takes a while: not on a thread that serves others.
    let write = move || {
        let Export { files, .. } = export(&snapshot.document, format);
        match files.as_slice() {
            [only] if format.ending().is_some() => Ok(only.text.clone().into_bytes()),
            several => archive::pack(several),
        }
    };
    let failed = |error: String| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error);
    let written = tokio::task::spawn_blocking(write).await;
    let bytes = written
        .map_err(|_| failed("writing the lab failed".to_owned()))?
        .map_err(failed)?;
    let name = file_name(&title, format.ending().unwrap_or("zip"));
    Ok(download(kind(format), &name, bytes.into()))
}

fn kind(format: Format) -> &'static str {
    match format {
        Format::Svg => "image/svg+xml",
        Format::Kathara => "application/zip",
        Format::Yaml | Format::Containerlab => "text/yaml; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    }
}

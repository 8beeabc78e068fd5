//! Captures as files and live streams.

use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{OriginalUri, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::{Extension, Json};
use futures_util::stream;
use protocol::capture::{CaptureExport, CaptureId, CaptureKey};
use protocol::lab::LabId;
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;

use super::error::Refusal;
use super::guard::Caller;
use super::labs::{download as as_file, file_name};
use super::pcapng::File;
use super::{AppState, body};
use crate::labs::handle::LabHandle;
use crate::labs::limits::BATCH_INTERVAL;

/// Largest body of a choice of packets, in bytes: its ranges and comments, within reason.
const CHOICE: usize = 1 << 20;

/// What is wanted of a capture.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wanted {
    /// 1: go on with what comes, until the capture ends.
    follow: u8,
    /// Number of the first packet, counting from 0.
    first: Option<u64>,
    /// Number of the last packet.
    last: Option<u64>,
    /// Not before, nanoseconds since the Unix epoch.
    since: Option<u64>,
    /// Not after, nanoseconds since the Unix epoch.
    until: Option<u64>,
}

/// GET: all packets, or a range of them, or what comes too.
pub(super) async fn download(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path((id, file)): Path<(LabId, String)>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(wanted) = wanted.map_err(|error| {
        let error = format!("cannot read the query: {}", error.body_text());
        Refusal::new(StatusCode::BAD_REQUEST, error)
    })?;
    let packets = match (wanted.first, wanted.last) {
        (None, None) => Vec::new(),
        (first, last) => vec![(first.unwrap_or(0), last.unwrap_or(u64::MAX))],
    };
    let export = CaptureExport {
        packets,
        since: wanted.since,
        until: wanted.until,
        ..CaptureExport::default()
    };
    let follows = wanted.follow != 0;
    answer(&state, caller, id, &file, export, follows).await
}

/// POST: chosen packets, with comments.
pub(super) async fn chosen(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path((id, file)): Path<(LabId, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let export = body::json(&headers, body, CHOICE).await?;
    answer(&state, caller, id, &file, export, false).await
}

/// A key to a capture, for its path alone.
pub(super) async fn key(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path((id, file)): Path<(LabId, String)>,
    OriginalUri(uri): OriginalUri,
) -> Result<(StatusCode, Json<CaptureKey>), Refusal> {
    find(&state, &id, &file, 0).await?;
    let path = uri.path().strip_suffix("/key").unwrap_or_default();
    let key = state.keys.make(path.to_owned(), caller.session()).reveal();
    Ok((StatusCode::CREATED, Json(CaptureKey { key })))
}

/// A capture, and what there is of it from a packet on.
async fn find(
    state: &AppState,
    id: &LabId,
    file: &str,
    from: u64,
) -> Result<(LabHandle, CaptureId, crate::labs::handle::Piece), Refusal> {
    let missing = || {
        let error = format!("there is no capture {file:?}");
        Refusal::new(StatusCode::NOT_FOUND, error)
    };
    let number = file
        .strip_suffix(".pcapng")
        .and_then(|number| number.parse().ok())
        .map(CaptureId)
        .ok_or_else(missing)?;
    let found = state
        .yard
        .with(id, |lab| async move {
            let piece = lab.packets(number, from).await?;
            Ok((lab, piece))
        })
        .await?;
    let (lab, Some(piece)) = found else {
        return Err(missing());
    };
    Ok((lab, number, *piece))
}

async fn answer(
    state: &AppState,
    caller: Caller,
    id: LabId,
    name: &str,
    export: CaptureExport,
    follows: bool,
) -> Result<Response, Refusal> {
    if let Some(problem) = export.problem() {
        return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, problem));
    }
    let from = export.packets.first().map_or(0, |(first, _)| *first);
    let (lab, capture, piece) = find(state, &id, name, from).await?;
    // Whoever follows keeps a place as a socket does.
    let place = follows.then(|| state.sockets.place()).transpose()?;
    let file = File::new(&piece, export, follows);
    let name = file_name(&piece.info.name, "pcapng");
    let writing = Writing {
        lab,
        capture,
        file,
        piece: Some(piece),
        _place: place,
    };
    let pieces = stream::unfold(Some(writing), |writing| async {
        let mut writing = writing?;
        let bytes = writing.next().await?;
        Some((Ok::<_, std::convert::Infallible>(bytes), Some(writing)))
    });
    let sessions = state.sessions.clone();
    let signed_out = async move {
        match caller.session() {
            Some(session) => sessions.ended(session).await,
            None => std::future::pending().await,
        }
    };
    let pieces = futures_util::StreamExt::take_until(pieces, Box::pin(signed_out));
    Ok(as_file(
        "application/x-pcapng",
        &name,
        Body::from_stream(pieces),
    ))
}

/// A file on its way. The ring is read as fast as the other end takes it, a piece at a time: one
/// that is slow holds no memory, and misses what the ring overwrites, which the file says.
struct Writing {
    lab: LabHandle,
    capture: CaptureId,
    file: File,
    /// What was read and is not written.
    piece: Option<crate::labs::handle::Piece>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Writing {
    /// The next bytes; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            let piece = match self.piece.take() {
                Some(piece) => piece,
                None => {
                    let from = self.file.next_packet()?;
                    // Gone: with its capture, its lab, or the server.
                    *self.lab.packets(self.capture, from).await.ok()??
                }
            };
            let mut news = piece.news.clone();
            let mut bytes = Vec::new();
            self.file.write(piece, &mut bytes);
            if !bytes.is_empty() {
                return Some(bytes.into());
            }
            self.file.next_packet()?;
            // Many together, as to a browser.
            tokio::time::sleep(BATCH_INTERVAL).await;
            let end = self.file.end();
            let is_news = |now: &crate::labs::handle::News| now.end > end || !now.running;
            news.wait_for(is_news).await.ok()?;
        }
    }
}

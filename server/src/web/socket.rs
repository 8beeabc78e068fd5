//! The socket of a lab: a browser's messages in, the lab's messages and packets out.

use std::time::Duration;

use axum::Extension;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use axum::extract::{Path, State};
use axum::response::Response;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use protocol::lab::LabId;
use protocol::server::ClientId;
use protocol::{ClientMessage, MAX_CLIENT_MESSAGE};
use tokio::time::{Instant, timeout};

use super::AppState;
use super::error::{Refusal, Upgrade};
use super::guard::Caller;
use super::sessions::Sessions;
use crate::labs::handle::LabHandle;
use crate::labs::outbox::{Cut, OutboxReader, outbox};

mod renaming;

use renaming::{BadName, bad_name};

/// Largest message that is taken off the wire. One between [`MAX_CLIENT_MESSAGE`] and this is read
/// and thrown away, so that its sender gets to know why the socket is closed; a larger one is not
/// even read.
const MAX_READ: usize = 4 * MAX_CLIENT_MESSAGE;

/// Between two pings of the server. A browser answers them by itself.
const PING_INTERVAL: Duration = Duration::from_secs(20);

/// A browser that says nothing for this long, not even to pings, has gone.
const SILENCE: Duration = Duration::from_secs(60);

/// How long a close frame may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Messages that a browser may send at once, and then in a second, before it has to wait. A person
/// with a script stays below; a loop gone wild does not hurt the others.
const BURST: f64 = 400.0;
const RATE: f64 = 200.0;

/// Texts that are JSON but no message, before the socket is closed.
const MAX_MISFITS: usize = 50;

/// Longest reason in a close frame, in bytes (RFC 6455, 5.5: 125 with the code).
const MAX_REASON: usize = 123;

type Sink = SplitSink<WebSocket, Message>;

pub(super) async fn lab(
    State(state): State<AppState>,
    Path(id): Path<LabId>,
    Extension(caller): Extension<Caller>,
    upgrade: Upgrade,
) -> Result<Response, Refusal> {
    let upgrade = upgrade?;
    let handle = state.yard.open(&id).await?;
    let place = state.sockets.place()?;
    let upgrade = upgrade.max_message_size(MAX_READ).max_frame_size(MAX_READ);
    Ok(upgrade.on_upgrade(async move |socket| {
        serve(socket, handle, caller, state.sessions).await;
        drop(place);
    }))
}

async fn serve(socket: WebSocket, lab: LabHandle, caller: Caller, sessions: Sessions) {
    let (mut sink, mut stream) = socket.split();
    let (outbox, mut queue) = outbox();
    let client = match lab.join(outbox).await {
        Ok(Ok(client)) => client,
        Ok(Err(error)) => return close(sink, stream, Cut::new(1013, error)).await,
        Err(error) => return close(sink, stream, Cut::new(1013, error.to_string())).await,
    };
    let signed_out = async {
        match caller.session() {
            Some(session) => sessions.ended(session).await,
            None => std::future::pending().await,
        }
    };
    let cut = tokio::select! {
        cut = write(&mut sink, &mut queue) => cut,
        cut = read(&mut stream, &lab, client) => cut,
        () = signed_out => Some(Cut::new(1008, "signed out")),
    };
    lab.leave(client).await;
    if let Some(cut) = cut {
        close(sink, stream, cut).await;
    }
}

/// Sends what the lab has queued; returns why the socket is to be closed, or nothing if it is.
async fn write(sink: &mut Sink, queue: &mut OutboxReader) -> Option<Cut> {
    let mut watch = queue.watch();
    let mut ping = tokio::time::interval_at(Instant::now() + PING_INTERVAL, PING_INTERVAL);
    loop {
        let message = tokio::select! {
            frame = queue.next() => match frame {
                Ok(frame) => Message::from(frame),
                Err(cut) => return Some(cut),
            },
            _ = ping.tick() => Message::Ping(Default::default()),
        };
        tokio::select! {
            biased;
            cut = watch.cut() => return Some(cut),
            sent = sink.send(message) => if sent.is_err() {
                return None;
            },
        }
    }
}

/// Passes on what the browser says; returns why the socket is to be closed, or nothing if it is.
async fn read(
    stream: &mut SplitStream<WebSocket>,
    lab: &LabHandle,
    client: ClientId,
) -> Option<Cut> {
    let mut pace = Pace::new(Instant::now());
    let mut misfits = 0;
    loop {
        let Ok(next) = timeout(SILENCE, stream.next()).await else {
            return Some(Cut::new(1001, "nothing was heard for a minute"));
        };
        let text = match next? {
            Ok(Message::Text(text)) => text,
            Ok(Message::Binary(_)) => {
                return Some(Cut::new(1003, "binary messages are not understood"));
            }
            Ok(Message::Ping(_) | Message::Pong(_)) => {
                pace.take().await;
                continue;
            }
            Ok(Message::Close(_)) => return None,
            Err(error) => return refusal(&error),
        };
        pace.take().await;
        if text.len() > MAX_CLIENT_MESSAGE {
            return Some(too_large());
        }
        let told = match understand(&text) {
            Ok(message) => lab.message(client, message).await,
            Err(Misfit::NotJson(error)) => {
                return Some(Cut::new(1007, format!("the message is not JSON: {error}")));
            }
            Err(_) if misfits >= MAX_MISFITS => {
                return Some(Cut::new(1008, "too many messages that are not understood"));
            }
            Err(Misfit::NotAMessage { token, error }) => {
                misfits += 1;
                lab.refused(client, token, error).await
            }
            Err(Misfit::BadName(bad)) => {
                misfits += 1;
                lab.misnamed(client, bad.token, bad.place, bad.error).await
            }
        };
        if told.is_err() {
            return Some(Cut::new(1011, "the lab's task has ended; connect again"));
        }
    }
}

fn too_large() -> Cut {
    Cut::new(
        1009,
        format!("the message is too large: at most {MAX_CLIENT_MESSAGE} bytes are taken"),
    )
}

/// What to answer to something that is no WebSocket message; nothing if the connection is gone.
fn refusal(error: &axum::Error) -> Option<Cut> {
    use tokio_tungstenite::tungstenite::Error;
    let inner = std::error::Error::source(error).and_then(|error| error.downcast_ref::<Error>());
    match inner {
        Some(Error::Capacity(_)) => Some(too_large()),
        Some(Error::Utf8(_)) => Some(Cut::new(1007, "the message is not UTF-8")),
        Some(Error::Protocol(error)) => Some(Cut::new(1002, error.to_string())),
        _ => None,
    }
}

/// Why a text is no message.
#[derive(Debug, PartialEq)]
enum Misfit {
    NotJson(String),
    NotAMessage { token: Option<u64>, error: String },
    BadName(BadName),
}

/// Reads a message. JSON that is none gets an answer, for somebody wrote it by hand; anything else
/// comes from a program gone wrong.
fn understand(text: &str) -> Result<ClientMessage, Misfit> {
    serde_json::from_str(text).map_err(|error| {
        match serde_json::from_str::<serde_json::Value>(text) {
            Err(error) => Misfit::NotJson(error.to_string()),
            Ok(value) => {
                if let Some(bad) = bad_name(text) {
                    return Misfit::BadName(bad);
                }
                let inside = value.as_object().and_then(|object| object.values().next());
                let token = inside
                    .and_then(|inside| inside.get("token"))
                    .and_then(|token| token.as_u64());
                Misfit::NotAMessage {
                    token,
                    error: format!("the message was not understood: {error}"),
                }
            }
        }
    })
}

/// Says goodbye, for as long as the other end listens.
async fn close(mut sink: Sink, mut stream: SplitStream<WebSocket>, cut: Cut) {
    let goodbye = async {
        let reason = Utf8Bytes::from(shortened(&cut.reason));
        let frame = CloseFrame {
            code: cut.code,
            reason,
        };
        if sink.send(Message::Close(Some(frame))).await.is_ok() {
            // What still comes is taken until the other end has closed too: a connection that is
            // closed on unread data is reset, and the reason never seen.
            while let Some(Ok(_)) = stream.next().await {}
        }
    };
    // A browser that does not listen has to do without.
    let _ = timeout(CLOSE_TIMEOUT, goodbye).await;
}

/// At most [`MAX_REASON`] bytes, cut between characters.
fn shortened(reason: &str) -> &str {
    let end = (0..=MAX_REASON.min(reason.len()))
        .rev()
        .find(|end| reason.is_char_boundary(*end));
    reason.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// How fast a browser may talk.
struct Pace {
    /// Messages that it may send at once.
    left: f64,
    at: Instant,
}

impl Pace {
    fn new(now: Instant) -> Self {
        Self {
            left: BURST,
            at: now,
        }
    }

    /// Waits until another message may be taken; what comes meanwhile waits in the sender.
    async fn take(&mut self) {
        let wait = self.wait(Instant::now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    fn wait(&mut self, now: Instant) -> Duration {
        self.left = (self.left + now.duration_since(self.at).as_secs_f64() * RATE).min(BURST) - 1.0;
        self.at = now;
        if self.left >= 0.0 {
            Duration::ZERO
        } else {
            Duration::from_secs_f64(-self.left / RATE)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn tells_a_misfit_from_noise_and_finds_its_token() {
        assert_eq!(understand("\"start\"").unwrap(), ClientMessage::Start);
        assert!(matches!(understand("{\"start"), Err(Misfit::NotJson(_))));
        let long = r#"{"edit":{"token":7,"edit":{"rename_namespace":{"namespace":1,"name":"1234567890123456"}}}}"#;
        match understand(long) {
            Err(Misfit::BadName(bad)) => {
                assert_eq!(bad.token, 7);
                let error = bad.error.to_string();
                assert!(error.contains("at most 15"), "{error}");
            }
            other => panic!("{other:?}"),
        }
        let unknown = long.replace("name\":\"", "title\":\"");
        assert!(matches!(
            understand(&unknown),
            Err(Misfit::NotAMessage { token: Some(7), .. })
        ));
        assert!(matches!(
            understand("[]"),
            Err(Misfit::NotAMessage { token: None, .. })
        ));
        let deep = "[".repeat(100_000);
        assert!(matches!(understand(&deep), Err(Misfit::NotJson(_))));
    }

    #[test]
    fn a_flood_is_slowed_down_to_the_rate() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        assert!((0..400).all(|_| pace.wait(start).is_zero()));
        assert_eq!(pace.wait(start), Duration::from_millis(5));
        assert_eq!(pace.wait(start), Duration::from_millis(10));
        assert!(pace.wait(start + Duration::from_secs(1)).is_zero());
    }

    #[test]
    fn reasons_fit_into_a_close_frame() {
        assert_eq!(shortened("short"), "short");
        assert_eq!(shortened(&"é".repeat(100)).len(), 122);
    }
}

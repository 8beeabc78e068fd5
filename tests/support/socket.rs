//! A browser's end of a lab's socket, without the browser.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use protocol::binary::Binary;
use protocol::capture::PacketBatch;
use protocol::counters::CounterBatch;
use protocol::lab::LabId;
use protocol::server::Welcome;
use protocol::{ClientMessage, ServerMessage};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::yard::Yard;

/// How long an answer may take.
pub const ANSWER: Duration = Duration::from_secs(10);

/// A client on a lab.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Packets that came while something else was waited for.
    pub packets: Vec<PacketBatch>,
    /// Counters that came meanwhile.
    pub counters: Vec<CounterBatch>,
}

impl Socket {
    /// Opens a lab; returns what it is welcomed with.
    pub async fn open(yard: &Yard, lab: &LabId) -> (Self, Welcome) {
        let url = format!(
            "{}/api/v1/labs/{lab}/socket",
            yard.origin.replace("http", "ws")
        );
        let mut request = url.into_client_request().unwrap();
        let headers = request.headers_mut();
        headers.insert("Origin", yard.origin.parse().unwrap());
        headers.insert(
            "Authorization",
            format!("Bearer {}", yard.secret).parse().unwrap(),
        );
        let (stream, _) = connect_async(request).await.unwrap();
        let mut socket = Self {
            stream,
            packets: Vec::new(),
            counters: Vec::new(),
        };
        let welcome = socket
            .wait(|message| match message {
                ServerMessage::Welcome(welcome) => Some(*welcome),
                _ => None,
            })
            .await;
        (socket, welcome)
    }

    /// Says something.
    pub async fn send(&mut self, message: &ClientMessage) {
        self.send_text(serde_json::to_string(message).unwrap())
            .await;
    }

    /// Says any text.
    pub async fn send_text(&mut self, text: String) {
        self.stream.send(Message::text(text)).await.unwrap();
    }

    /// The next message; `None` when the server has hung up.
    pub async fn next(&mut self) -> Option<ServerMessage> {
        loop {
            match self.stream.next().await?.ok()? {
                Message::Text(text) => return Some(serde_json::from_str(&text).unwrap()),
                Message::Binary(bytes) => match Binary::decode(&bytes).unwrap() {
                    Binary::Packets(batch) => self.packets.push(batch),
                    Binary::Counters(batch) => self.counters.push(batch),
                },
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    /// Reads until a message is the one that is waited for.
    pub async fn wait<T>(&mut self, mut look: impl FnMut(ServerMessage) -> Option<T>) -> T {
        let mut seen = Vec::new();
        let found = tokio::time::timeout(ANSWER, async {
            loop {
                let message = self.next().await.expect("the server has hung up");
                let text = format!("{message:?}");
                if let Some(found) = look(message) {
                    return found;
                }
                seen.push(text.chars().take(300).collect::<String>());
            }
        });
        match found.await {
            Ok(found) => found,
            Err(_) => panic!("not within {ANSWER:?}; what came instead: {seen:#?}"),
        }
    }
}

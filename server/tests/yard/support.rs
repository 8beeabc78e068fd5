//! A real server on a free port, and clients that can say whatever they like.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use protocol::capture::CaptureTarget;
use protocol::lab::LabId;
use protocol::server::Welcome;
use protocol::{ClientMessage, ServerMessage};
use server::serve::{Config, Server};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use topology::{InterfaceId, NamespaceId};

/// What every lab has to capture on.
pub(crate) const HOST_LOOPBACK: CaptureTarget = CaptureTarget {
    namespace: NamespaceId::HOST,
    interface: Some(InterfaceId::HOST_LOOPBACK),
};

/// Nothing that a test waits for takes longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A server, and the folder of its data.
pub(crate) struct Yard {
    pub(crate) server: Server,
    pub(crate) folder: TempDir,
    program: PathBuf,
}

impl Yard {
    /// A new one, with nothing in it and no agent to start.
    pub(crate) async fn new() -> Self {
        Self::with(|_| PathBuf::from("/bin/false")).await
    }

    /// A new one whose agents are scripted.
    pub(crate) async fn scripted() -> Self {
        Self::with(crate::agent::program).await
    }

    async fn with(program: impl FnOnce(&std::path::Path) -> PathBuf) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = program(folder.path());
        let server = start(folder.path().to_owned(), program.clone()).await;
        Self {
            server,
            folder,
            program,
        }
    }

    /// Ends the server and starts another one with the same data.
    pub(crate) async fn restart(self) -> Self {
        self.server.shutdown().await;
        let server = start(self.folder.path().to_owned(), self.program.clone()).await;
        Self { server, ..self }
    }

    /// A request with the secret.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        let secret = format!("Bearer {}", self.server.secret);
        let mut headers = vec![("Authorization", secret.as_str())];
        if !body.is_empty() {
            headers.push(("Content-Type", "application/json"));
        }
        request(
            self.server.addr,
            method,
            path,
            &self.host(),
            &headers,
            body.as_bytes(),
        )
        .await
    }

    /// The host that this server is called by.
    pub(crate) fn host(&self) -> String {
        self.server.addr.to_string()
    }

    /// Makes an empty lab.
    pub(crate) async fn lab(&self, title: &str) -> LabId {
        let body = serde_json::json!({ "empty": { "title": title } }).to_string();
        let answer = self.ask("POST", "/api/v1/labs", &body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        serde_json::from_value(answer.json()["id"].clone()).unwrap()
    }

    /// A browser on a lab.
    pub(crate) async fn browser(&self, lab: &LabId) -> Browser {
        let url = format!("ws://{}/api/v1/labs/{lab}/socket", self.server.addr);
        let mut request = url.into_client_request().unwrap();
        let secret = format!("Bearer {}", self.server.secret);
        request
            .headers_mut()
            .insert("Authorization", secret.parse().unwrap());
        let (socket, _) = connect_async(request).await.unwrap();
        let mut browser = Browser {
            socket,
            welcome: None,
        };
        match browser.next().await {
            ServerMessage::Welcome(welcome) => browser.welcome = Some(*welcome),
            other => panic!("the first message is no welcome: {other:?}"),
        }
        browser
    }
}

async fn start(data: PathBuf, program: PathBuf) -> Server {
    let mut config = Config::new("127.0.0.1:0".parse().unwrap(), data);
    // Labs that really run are tested with the whole program, in tests/.
    config.agent_program = program;
    server::serve::start(config).await.unwrap()
}

/// An answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// What it says against the request.
    pub(crate) fn error(&self) -> String {
        self.json()["error"].as_str().unwrap().to_owned()
    }
}

/// One request on a connection of its own; `target` and headers go out as they are.
pub(crate) async fn request(
    addr: SocketAddr,
    method: &str,
    target: &str,
    host: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut text = format!(
        "{method} {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {}\r\n",
        body.len()
    );
    // A socket's request must ask to stay open; no answer but 101 makes it one.
    if !headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("connection"))
    {
        text.push_str("Connection: close\r\n");
    }
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    let exchange = async {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        read_answer(&mut stream).await
    };
    tokio::time::timeout(PATIENCE, exchange).await.unwrap()
}

async fn read_answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "no answer");
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let mut answer = Answer {
        status,
        head,
        body: String::new(),
    };
    let length = answer
        .header("content-length")
        .map_or(0, |length| length.parse().unwrap());
    while bytes.len() < head_end + 4 + length && stream.read_buf(&mut bytes).await.unwrap() != 0 {}
    answer.body = String::from_utf8_lossy(&bytes[head_end + 4..]).into_owned();
    answer
}

/// A browser's socket.
pub(crate) struct Browser {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    welcome: Option<Welcome>,
}

impl Browser {
    pub(crate) fn welcome(&self) -> &Welcome {
        self.welcome.as_ref().unwrap()
    }

    pub(crate) async fn say(&mut self, message: &ClientMessage) {
        self.say_text(serde_json::to_string(message).unwrap()).await;
    }

    pub(crate) async fn say_text(&mut self, text: String) {
        self.socket.send(Message::Text(text.into())).await.unwrap();
    }

    /// The next message of the server.
    pub(crate) async fn next(&mut self) -> ServerMessage {
        loop {
            match self.frame().await {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                // Packets have their own tests.
                Message::Ping(_) | Message::Pong(_) | Message::Binary(_) => {}
                other => panic!("not a message: {other:?}"),
            }
        }
    }

    /// The next message but for those that say who else is there.
    pub(crate) async fn next_but_present(&mut self) -> ServerMessage {
        loop {
            match self.next().await {
                ServerMessage::Present { .. } => {}
                message => return message,
            }
        }
    }

    /// Waits for a message; those before it are thrown away.
    pub(crate) async fn until<T>(&mut self, wanted: impl Fn(ServerMessage) -> Option<T>) -> T {
        loop {
            if let Message::Text(text) = self.frame().await
                && let Some(found) = wanted(serde_json::from_str(&text).unwrap())
            {
                return found;
            }
        }
    }

    /// How the server closed the socket.
    pub(crate) async fn closed(&mut self) -> CloseFrame {
        loop {
            match self.frame().await {
                Message::Close(Some(frame)) => return frame,
                Message::Close(None) => panic!("closed without a reason"),
                _ => {}
            }
        }
    }

    /// The next frame, whatever it is.
    pub(crate) async fn frame(&mut self) -> Message {
        let next = tokio::time::timeout(PATIENCE, self.socket.next()).await;
        next.expect("the server says nothing")
            .expect("the socket ended")
            .unwrap()
    }
}

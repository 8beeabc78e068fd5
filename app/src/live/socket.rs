//! The socket of a lab: opened, and opened again when it breaks.

use leptos::prelude::*;
use protocol::ClientMessage;
use protocol::ServerMessage;
use protocol::binary::Binary;
use protocol::capture::PacketBatch;
use protocol::counters::CounterBatch;
use protocol::packets::PacketView;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{BinaryType, MessageEvent, WebSocket};

/// Waits between attempts to connect, in milliseconds; the last one is repeated.
const BACK_OFF: [u64; 6] = [250, 500, 1000, 2000, 4000, 8000];

/// What the socket hands on.
pub(crate) enum Incoming<'a> {
    /// A control message.
    Message(Box<ServerMessage>),
    /// Captured packets.
    Packets(PacketBatch<Vec<PacketView<'a>>>),
    /// What interfaces have counted.
    Counters(CounterBatch),
    /// The connection is gone; another attempt follows.
    Lost,
    /// Something that this page does not understand: another version of the server.
    Unreadable(String),
}

/// A connection that is kept up until it is closed.
#[derive(Clone, Copy)]
pub(crate) struct Socket {
    inner: StoredValue<Inner, LocalStorage>,
}

type Handler = std::rc::Rc<dyn Fn(Incoming<'_>)>;

struct Inner {
    url: String,
    handler: Handler,
    current: Option<Connection>,
    attempts: usize,
    closed: bool,
}

/// A browser's socket with its listeners, which live as long.
struct Connection {
    socket: WebSocket,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _close: Closure<dyn FnMut()>,
    _open: Closure<dyn FnMut()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        self.socket.set_onopen(None);
        // It may be closed already.
        let _ = self.socket.close();
    }
}

impl Socket {
    /// Connects to a path of this page's server, until the owner goes.
    pub(crate) fn open(path: &str, handler: impl Fn(Incoming<'_>) + 'static) -> Self {
        let location = window().location();
        let secure = location.protocol().is_ok_and(|p| p == "https:");
        let host = location.host().unwrap_or_default();
        let scheme = if secure { "wss" } else { "ws" };
        let socket = Self {
            inner: StoredValue::new_local(Inner {
                url: format!("{scheme}://{host}{path}"),
                handler: std::rc::Rc::new(handler),
                current: None,
                attempts: 0,
                closed: false,
            }),
        };
        socket.connect();
        // A browser keeps a page that was left, with its sockets, for the way back: meanwhile it
        // would count as somebody who looks, and get what nobody sees.
        let left = window_event_listener(leptos::ev::pagehide, move |_| drop(socket.hang_up()));
        let back = window_event_listener(leptos::ev::pageshow, move |_| socket.hurry());
        on_cleanup(move || {
            left.remove();
            back.remove();
            socket.close();
        });
        socket
    }

    /// Sends a message; `false` if there is no connection.
    pub(crate) fn send(self, message: &ClientMessage) -> bool {
        let Ok(text) = serde_json::to_string(message) else {
            return false;
        };
        self.inner
            .try_with_value(|inner| {
                inner.current.as_ref().is_some_and(|connection| {
                    connection.socket.ready_state() == WebSocket::OPEN
                        && connection.socket.send_with_str(&text).is_ok()
                })
            })
            .unwrap_or(false)
    }

    /// Attempts to connect now instead of after the wait.
    pub(crate) fn hurry(self) {
        let idle = self
            .inner
            .try_with_value(|inner| inner.current.is_none() && !inner.closed);
        if idle == Some(true) {
            self.connect();
        }
    }

    /// Ends the connection, which comes back when somebody hurries.
    fn hang_up(self) -> Option<Connection> {
        let connection = self
            .inner
            .try_update_value(|inner| inner.current.take())
            .flatten();
        if connection.is_some() {
            self.hand_on(Incoming::Lost);
        }
        connection
    }

    /// Hangs up and connects anew.
    pub(crate) fn restart(self) {
        let connection = self.hang_up();
        set_timeout(
            move || {
                drop(connection);
                self.connect();
            },
            std::time::Duration::ZERO,
        );
    }

    fn close(self) {
        let connection = self.inner.try_update_value(|inner| {
            inner.closed = true;
            inner.current.take()
        });
        drop(connection);
    }

    fn connect(self) {
        let Some(Some(url)) = self.inner.try_with_value(|inner| {
            let wanted = !inner.closed && inner.current.is_none();
            wanted.then(|| inner.url.clone())
        }) else {
            return;
        };
        match self.listen(&url) {
            Some(connection) => {
                self.inner
                    .try_update_value(|inner| inner.current = Some(connection));
            }
            None => self.lost(),
        }
    }

    fn listen(self, url: &str) -> Option<Connection> {
        let socket = WebSocket::new(url).ok()?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            self.heard(&event);
        });
        let close = Closure::<dyn FnMut()>::new(move || self.lost());
        let open = Closure::<dyn FnMut()>::new(move || {
            self.inner.try_update_value(|inner| inner.attempts = 0);
        });
        socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(close.as_ref().unchecked_ref()));
        socket.set_onopen(Some(open.as_ref().unchecked_ref()));
        Some(Connection {
            socket,
            _message: message,
            _close: close,
            _open: open,
        })
    }

    fn lost(self) {
        let Some(Some((connection, wait))) = self.inner.try_update_value(|inner| {
            if inner.closed {
                return None;
            }
            let last = BACK_OFF.len() - 1;
            let wait = BACK_OFF.get(inner.attempts.min(last)).copied();
            inner.attempts += 1;
            Some((inner.current.take(), wait.unwrap_or_default()))
        }) else {
            return;
        };
        self.hand_on(Incoming::Lost);
        // Its listeners are running this very moment: they go when the wait is over.
        set_timeout(
            move || {
                drop(connection);
                self.connect();
            },
            std::time::Duration::from_millis(wait),
        );
    }

    fn heard(self, event: &MessageEvent) {
        let data = event.data();
        if let Some(text) = data.as_string() {
            self.hand_on(match serde_json::from_str(&text) {
                Ok(message) => Incoming::Message(Box::new(message)),
                Err(error) => Incoming::Unreadable(error.to_string()),
            });
            return;
        }
        // The one copy from the browser's memory; packets are read where they lie in it.
        let bytes = js_sys::Uint8Array::new(&data).to_vec();
        self.hand_on(match Binary::decode_in_place(&bytes) {
            Ok(Binary::Packets(batch)) => Incoming::Packets(batch),
            Ok(Binary::Counters(batch)) => Incoming::Counters(batch),
            Err(error) => Incoming::Unreadable(error.to_string()),
        });
    }

    fn hand_on(self, incoming: Incoming<'_>) {
        let handler = self
            .inner
            .try_with_value(|inner| (!inner.closed).then(|| inner.handler.clone()));
        if let Some(Some(handler)) = handler {
            handler(incoming);
        }
    }
}

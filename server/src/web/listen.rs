//! Accepting connections: by TCP and on the local socket.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

/// Connections at once, of each listener: enough for a class with its sockets and pages, and far
/// below the usual limit of descriptors.
const MAX_CONNECTIONS: usize = 512;

/// How long a request's head may take to come.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait after accepting failed: it does so when descriptors run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long connections may take to end when the server does.
const END_TIMEOUT: Duration = Duration::from_secs(3);

/// Becomes true when the server ends.
pub(crate) type Ending = watch::Receiver<bool>;

/// What gives connections.
pub(crate) trait Listener: Send + 'static {
    /// A connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection; `None` if it was turned away.
    fn next(&self) -> impl Future<Output = io::Result<Option<Self::Stream>>> + Send;
}

impl Listener for TcpListener {
    type Stream = TcpStream;

    async fn next(&self) -> io::Result<Option<TcpStream>> {
        let (stream, _) = self.accept().await?;
        // Small messages go out at once.
        stream.set_nodelay(true)?;
        Ok(Some(stream))
    }
}

/// The local socket: for processes of this user, and of root, who may do everything anyway.
impl Listener for UnixListener {
    type Stream = UnixStream;

    async fn next(&self) -> io::Result<Option<UnixStream>> {
        let (stream, _) = self.accept().await?;
        let uid = stream.peer_cred()?.uid();
        if uid == nix::unistd::geteuid().as_raw() || uid == 0 {
            return Ok(Some(stream));
        }
        tracing::warn!(uid, "a process of another user came to the local socket");
        Ok(None)
    }
}

/// Serves until the server ends, and then until the connections have.
pub(crate) async fn serve<L: Listener>(listener: L, router: Router, mut ending: Ending) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        // A place first: who comes too many waits in the kernel's queue.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            break;
        };
        let accepted = tokio::select! {
            accepted = listener.next() => accepted,
            () = end_of(&mut ending) => break,
        };
        match accepted {
            Ok(Some(stream)) => {
                connections.spawn(connection(stream, router.clone(), ending.clone(), place));
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(END_TIMEOUT, all).await.is_err() {
        tracing::debug!("connections were cut off at the end");
    }
}

/// Waits until the server ends.
async fn end_of(ending: &mut Ending) {
    // A server that has gone without a word has ended too.
    let _ = ending.wait_for(|ending| *ending).await;
}

async fn connection<S>(stream: S, router: Router, mut ending: Ending, _place: OwnedSemaphorePermit)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .with_upgrades();
    tokio::pin!(served);
    let result = tokio::select! {
        result = served.as_mut() => result,
        () = end_of(&mut ending) => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection ended early");
    }
}

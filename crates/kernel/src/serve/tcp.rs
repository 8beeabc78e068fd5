//! Connections that are served.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use topology::serve::Answer;

/// Longest silence of a connection, and longest wait of ours for one to take an answer.
const SILENCE: Duration = Duration::from_secs(60);
/// Bytes that a connection gets back before it is closed.
const MOST_BYTES: u64 = 64 << 20;
/// Longest head of a request, as most servers have it.
const HEAD: usize = 8 << 10;
/// Bytes that are read at a time.
const CHUNK: usize = 16 << 10;
/// After how long it is tried again when the kernel has no descriptor left for a connection.
const REST: Duration = Duration::from_millis(100);

/// Accepts on all `listeners` and answers, until it is dropped: then every connection is closed.
pub(super) async fn serve(
    listeners: Vec<TcpListener>,
    answer: Answer,
    name: String,
    room: Arc<Semaphore>,
) {
    let name: Arc<str> = name.into();
    let mut accepting = JoinSet::new();
    for listener in listeners {
        accepting.spawn(accept(
            listener,
            answer,
            Arc::clone(&name),
            Arc::clone(&room),
        ));
    }
    while accepting.join_next().await.is_some() {}
}

async fn accept(listener: TcpListener, answer: Answer, name: Arc<str>, room: Arc<Semaphore>) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = listener.accept().await;
        while connections.try_join_next().is_some() {}
        let Ok((stream, peer)) = accepted else {
            tokio::time::sleep(REST).await;
            continue;
        };
        // Taken after a connection has come: a listener that waits for one keeps no place from
        // others. It is never closed.
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        let name = Arc::clone(&name);
        connections.spawn(async move {
            // Whoever asks has gone, or is silent: nobody is there to be told.
            let _ = match answer {
                Answer::Echo => echo(stream).await,
                Answer::Http => http(stream, peer, &name).await,
            };
            drop(permit);
        });
    }
}

async fn patiently<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match timeout(SILENCE, work).await {
        Ok(result) => result,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    let mut echoed = 0;
    while echoed < MOST_BYTES {
        let length = patiently(stream.read(&mut buffer)).await?;
        let Some(bytes) = buffer.get(..length).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        patiently(stream.write_all(bytes)).await?;
        echoed += length as u64;
    }
    patiently(stream.shutdown()).await
}

/// What has come of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Request {
    /// A part of its head.
    Part,
    /// More than a head may have, and not its end.
    TooLong,
    /// Its head. A page is its answer, or the page's head alone.
    Whole { has_page: bool },
}

impl Request {
    fn of(bytes: &[u8]) -> Self {
        if bytes.windows(4).any(|end| end == b"\r\n\r\n") {
            let has_page = !bytes.starts_with(b"HEAD ");
            return Self::Whole { has_page };
        }
        match bytes.len() >= HEAD {
            true => Self::TooLong,
            false => Self::Part,
        }
    }
}

/// A request that comes in pieces of `step` bytes is what it is at once, but where one is too long
/// before its end has come: for the fuzz targets.
#[cfg(fuzzing)]
pub(crate) fn read_any(bytes: &[u8], step: usize) {
    let whole = Request::of(bytes);
    let mut come = 0;
    loop {
        match Request::of(&bytes[..come]) {
            Request::Part if come == bytes.len() => return assert_eq!(whole, Request::Part),
            Request::Part => come = (come + step.max(1)).min(bytes.len()),
            Request::TooLong => return assert!(come >= HEAD && whole != Request::Part),
            early => return assert_eq!(early, whole),
        }
    }
}

/// Any request gets the one page; a connection has one request.
async fn http(mut stream: TcpStream, peer: SocketAddr, name: &str) -> io::Result<()> {
    let mut head = Vec::with_capacity(CHUNK);
    let has_page = loop {
        let request = Request::of(&head);
        if let Request::Whole { has_page } = request {
            break has_page;
        }
        if request == Request::TooLong || patiently(stream.read_buf(&mut head)).await? == 0 {
            let refusal =
                b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            patiently(stream.write_all(refusal)).await?;
            return end(stream).await;
        }
    };
    let local = stream.local_addr()?;
    let page = format!("{name} at {local}, served by Netyard\nyou are {peer}\n");
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        page.len()
    );
    if has_page {
        answer.push_str(&page);
    }
    patiently(stream.write_all(answer.as_bytes())).await?;
    end(stream).await
}

/// Closes a connection after what is still on its way to us: a reset would overtake the answer.
async fn end(mut stream: TcpStream) -> io::Result<()> {
    patiently(stream.shutdown()).await?;
    let mut rest = [0; 1024];
    let mut left = HEAD;
    while left > 0 {
        match patiently(stream.read(&mut rest)).await? {
            0 => break,
            length => left = left.saturating_sub(length),
        }
    }
    Ok(())
}

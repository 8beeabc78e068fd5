//! Messages as frames of a byte stream.

use std::io;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

use super::protocol::MAX_FRAME;

/// Reads messages from a byte stream.
pub struct Reader<R>(FramedRead<R, LengthDelimitedCodec>);

/// Writes messages to a byte stream.
pub struct Writer<W>(FramedWrite<W, LengthDelimitedCodec>);

fn framing() -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder()
        .little_endian()
        .max_frame_length(MAX_FRAME)
        .new_codec()
}

impl<R: AsyncRead + Unpin> Reader<R> {
    /// Reads from that stream.
    pub fn new(stream: R) -> Self {
        Self(FramedRead::new(stream, framing()))
    }

    /// The next message; `None` at the end of the stream.
    ///
    /// # Errors
    /// If the stream fails, or holds what is no message; it is of no more use then.
    pub async fn next<M: DeserializeOwned>(&mut self) -> io::Result<Option<M>> {
        let Some(frame) = self.0.next().await else {
            return Ok(None);
        };
        let message = postcard::from_bytes(&frame?).map_err(invalid)?;
        Ok(Some(message))
    }
}

impl<W: AsyncWrite + Unpin> Writer<W> {
    /// Writes to that stream.
    pub fn new(stream: W) -> Self {
        Self(FramedWrite::new(stream, framing()))
    }

    /// Writes a message and waits until the stream has taken it.
    ///
    /// # Errors
    /// If the stream fails, or the message is larger than [`MAX_FRAME`].
    pub async fn send<M: Serialize>(&mut self, message: &M) -> io::Result<()> {
        let frame = postcard::to_stdvec(message).map_err(invalid)?;
        self.0.send(Bytes::from(frame)).await
    }
}

fn invalid(error: postcard::Error) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("a message of the agent's protocol: {error}"),
    )
}

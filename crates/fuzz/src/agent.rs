//! What server and agent say to each other, as the stream of bytes that it is.

use futures_util::FutureExt;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::parts::Parts;

// The program's own, and not all of the program with it: its server alone would take longer to
// compile than all targets run.
#[path = "../../../server/src/agent/codec.rs"]
mod codec;
#[path = "../../../server/src/agent/protocol.rs"]
mod protocol;

use self::codec::{Reader, Writer};
use self::protocol::{FromAgent, ToAgent};

/// Frames of one direction, which the first byte chooses. What is read of them is written, and read
/// again it is the same; where one is wrong the stream ends.
pub fn frames(bytes: &[u8]) {
    let mut parts = Parts(bytes);
    match parts.byte() & 1 {
        0 => read::<ToAgent>(parts.0),
        _ => read::<FromAgent>(parts.0),
    }
}

fn read<M: Serialize + DeserializeOwned>(bytes: &[u8]) {
    let mut reader = Reader::new(bytes);
    while let Some(message) = next::<M>(&mut reader) {
        let written = written(&message);
        let mut again = Reader::new(written.as_slice());
        let message: M = next(&mut again).expect("a message that was written is read");
        // Not the messages: a number that is none does not equal itself.
        assert_eq!(self::written(&message), written);
    }
}

/// The next message; `None` at the end, or where there is none.
fn next<M: DeserializeOwned>(reader: &mut Reader<&[u8]>) -> Option<M> {
    let read = reader.next().now_or_never();
    match read.expect("bytes in memory are there at once") {
        Ok(message) => message,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            None
        }
    }
}

fn written<M: Serialize>(message: &M) -> Vec<u8> {
    let mut bytes = Vec::new();
    let sent = Writer::new(&mut bytes).send(message).now_or_never();
    sent.expect("memory takes everything at once")
        .expect("a message that was read is written");
    bytes
}

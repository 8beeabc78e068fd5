//! What comes over the socket: a browser's messages, and what the server sends to one.

use std::sync::OnceLock;

use protocol::binary::Binary;
use protocol::{ClientMessage, ServerMessage};
use topology::Document;
use topology::edit::apply;

/// A lab that edits change.
const LAB: &str = include_str!("../../../public/labs/article.yaml");

/// What a browser says. An edit is also made, and taken back.
pub fn from_client(bytes: &[u8]) {
    let Ok(message) = serde_json::from_slice::<ClientMessage>(bytes) else {
        return;
    };
    let written = serde_json::to_string(&message).expect("a message that was read is written");
    let again: ClientMessage =
        serde_json::from_str(&written).expect("a message that was written is read");
    assert_eq!(message, again);
    if let ClientMessage::StartCapture {
        sources, options, ..
    } = &message
    {
        let _ = protocol::capture::problem(sources, options);
    }
    if let ClientMessage::Edit { edit, .. } = message {
        let before = lab();
        let mut document = before.clone();
        match apply(&mut document, edit) {
            Err(_) => assert_eq!(document, *before, "a refused edit has changed something"),
            Ok(inverse) => {
                assert_eq!(document.validate(), Ok(()), "an edit makes it invalid");
                apply(&mut document, inverse).expect("what was done can be taken back");
                assert_eq!(document, *before, "what was taken back is not as before");
            }
        }
    }
}

/// What the server says: a binary frame if it is one, or else a message.
pub fn from_server(bytes: &[u8]) {
    if let Ok(frame) = Binary::decode(bytes) {
        let written = frame.encode().expect("a frame that was read is written");
        assert_eq!(Binary::decode(&written).ok(), Some(frame));
    }
    if let Ok(message) = serde_json::from_slice::<ServerMessage>(bytes) {
        let written = serde_json::to_string(&message).expect("a message that was read is written");
        let again: ServerMessage =
            serde_json::from_str(&written).expect("a message that was written is read");
        assert_eq!(message, again);
    }
}

fn lab() -> &'static Document {
    static LAB_READ: OnceLock<Document> = OnceLock::new();
    LAB_READ.get_or_init(|| topology::yaml::read(LAB).expect("an example is read"))
}

//! What there is to say of captures: the query of a download, and the schemas of
//! `protocol::capture`; a test compares them with what is really taken and sent.

use serde_json::{Value, json};

use super::object;

/// The query of a download.
pub(super) fn parameters() -> Vec<Value> {
    [
        (
            "follow",
            "1: go on with the packets that come, until the capture ends; for `curl -sN … | wireshark -k -i -`.",
        ),
        (
            "first",
            "Number of the first packet, counting from 0 in the capture.",
        ),
        ("last", "Number of the last packet."),
        (
            "since",
            "Only packets not before this, nanoseconds since the Unix epoch.",
        ),
        (
            "until",
            "Only packets not after this, nanoseconds since the Unix epoch.",
        ),
    ]
    .map(|(name, description)| {
        json!({
            "name": name, "in": "query", "description": description,
            "schema": { "type": "integer", "minimum": 0 },
        })
    })
    .into()
}

pub(super) fn schemas() -> Value {
    let count = || json!({ "type": "integer", "minimum": 0 });
    let nanoseconds = || {
        json!({
            "type": ["integer", "null"], "minimum": 0,
            "description": "Nanoseconds since the Unix epoch.",
        })
    };
    json!({
        "CaptureKey": object(json!({ "key": { "type": "string" } })),
        "CaptureExport": {
            "type": "object",
            "properties": {
                "packets": {
                    "type": "array",
                    "description": "Ranges of packet numbers, both ends in, in rising order; none is all.",
                    "items": { "type": "array", "items": count(), "minItems": 2, "maxItems": 2 },
                },
                "since": nanoseconds(),
                "until": nanoseconds(),
                "comments": {
                    "type": "object",
                    "description": "Comments, by packet number.",
                    "additionalProperties": { "type": "string" },
                },
            },
        },
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use protocol::capture::{CaptureExport, CaptureKey};

    use super::super::tests::{keys, same};
    use super::*;

    #[test]
    fn the_schemas_are_those_of_what_is_taken_and_sent() {
        let schemas = schemas();
        let key = String::new();
        same(&schemas["CaptureKey"], CaptureKey { key });
        let export = serde_json::to_value(CaptureExport::default()).unwrap();
        let properties = &schemas["CaptureExport"]["properties"];
        assert_eq!(keys(properties), keys(&export));
    }
}

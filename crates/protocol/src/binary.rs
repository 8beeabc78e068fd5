//! Binary frames: what comes so often that JSON would be too slow.

use serde::{Deserialize, Serialize};

use crate::capture::{CapturedPacket, PacketBatch};
use crate::counters::CounterBatch;
use crate::packets::PacketView;

/// A binary frame from the server, in postcard; `R` as in [`PacketBatch`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Binary<R = Vec<CapturedPacket>> {
    /// Packets of a capture.
    Packets(PacketBatch<R>),
    /// What interfaces have counted.
    Counters(CounterBatch),
}

impl<R: Serialize> Binary<R> {
    /// As bytes of a frame.
    pub fn encode(&self) -> Result<Vec<u8>, postcard::Error> {
        postcard::to_stdvec(self)
    }
}

impl<'a> Binary<Vec<PacketView<'a>>> {
    /// From the bytes of a frame, in which the packets stay: a million of them a second are no million
    /// allocations.
    pub fn decode_in_place(bytes: &'a [u8]) -> Result<Self, postcard::Error> {
        postcard::from_bytes(bytes)
    }
}

impl Binary {
    /// From the bytes of a frame.
    pub fn decode(bytes: &[u8]) -> Result<Self, postcard::Error> {
        postcard::from_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use packet::{Record, Timestamp};

    use super::*;
    use crate::capture::CaptureId;

    #[test]
    fn packets_are_read_where_they_lie() {
        let records = [0, 1, 300].map(|length: u16| CapturedPacket {
            source: length,
            record: Record {
                at: Timestamp(1 << 60),
                length: u32::from(length) + 7,
                data: vec![0xab; length.into()],
            },
        });
        let batch = PacketBatch {
            capture: CaptureId(3),
            first: 70_000,
            records: records.to_vec(),
        };
        let bytes = Binary::Packets(batch).encode().unwrap();
        let Binary::Packets(batch) = Binary::decode_in_place(&bytes).unwrap() else {
            panic!("these are packets");
        };
        assert_eq!((batch.capture, batch.first), (CaptureId(3), 70_000));
        for (read, written) in batch.records.iter().zip(&records) {
            assert_eq!(
                (read.source, read.record),
                (written.source, written.record.view())
            );
            assert!(
                bytes.as_ptr_range().contains(&read.record.data.as_ptr())
                    || read.record.data.is_empty()
            );
        }
        assert_eq!(batch.records.len(), 3);
        // Cut short is an error, wherever.
        for end in 0..bytes.len() {
            assert!(Binary::decode_in_place(bytes.get(..end).unwrap()).is_err());
        }
    }
}

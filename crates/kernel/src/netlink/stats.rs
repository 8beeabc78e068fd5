//! What interfaces have counted: what `ip -s link` shows, of a whole namespace in one small dump.

use netlink_packet_core::{NLM_F_DUMP, NetlinkSerializable};
use protocol::counters::{Counters, Flow};

use super::attributes::Attributes;
use super::{Failure, Socket};

/// linux/rtnetlink.h.
const RTM_GETSTATS: u16 = 94;
/// `struct if_stats_msg` (linux/if_link.h): family, padding, index, mask.
const HEADER: usize = 12;
/// Where the index is in it.
const INDEX: usize = 4;
/// linux/if_link.h.
const IFLA_STATS_LINK_64: u16 = 1;
/// `IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64)`.
const ONLY_LINK_64: u32 = 1 << (IFLA_STATS_LINK_64 - 1);

/// Asks for the counters of every interface of the socket's namespace.
#[derive(Debug)]
struct GetStats;

impl NetlinkSerializable for GetStats {
    fn message_type(&self) -> u16 {
        RTM_GETSTATS
    }

    fn buffer_len(&self) -> usize {
        HEADER
    }

    fn serialize(&self, buffer: &mut [u8]) {
        buffer.fill(0);
        if let Some(mask) = buffer.last_chunk_mut::<4>() {
            *mask = ONLY_LINK_64.to_ne_bytes();
        }
    }
}

impl Socket {
    /// The counters of every interface, by index.
    pub(crate) fn counters(&mut self) -> Result<Vec<(u32, Counters)>, Failure> {
        let mut rows = Vec::new();
        // Interfaces that come and go meanwhile are in the next one.
        self.converse(GetStats, NLM_F_DUMP, |row| {
            rows.extend(read(row)?);
            Ok(())
        })?;
        Ok(rows)
    }
}

pub(super) fn read(row: &[u8]) -> Result<Option<(u32, Counters)>, Failure> {
    let index = row.get(INDEX..).and_then(<[u8]>::first_chunk::<4>);
    let attributes = Attributes::after(HEADER, row)?;
    let Some((index, stats)) = index.zip(attributes.get(IFLA_STATS_LINK_64)) else {
        return Ok(None);
    };
    Ok(Some((u32::from_ne_bytes(*index), counters(stats))))
}

/// `struct rtnl_link_stats64`: pairs of received and sent, in this order.
fn counters(stats: &[u8]) -> Counters {
    let number = |at: usize| {
        let bytes = stats.get(at * 8..).and_then(<[u8]>::first_chunk::<8>);
        bytes.map_or(0, |bytes| u64::from_ne_bytes(*bytes))
    };
    let flow = |first: usize| Flow {
        packets: number(first),
        bytes: number(first + 2),
        errors: number(first + 4),
        dropped: number(first + 6),
    };
    Counters {
        received: flow(0),
        sent: flow(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_order_is_read() {
        let stats: Vec<u8> = (1..=8u64).flat_map(u64::to_ne_bytes).collect();
        let [received, sent] =
            [[1, 3, 7, 5], [2, 4, 8, 6]].map(|[packets, bytes, dropped, errors]| Flow {
                packets,
                bytes,
                dropped,
                errors,
            });
        assert_eq!(counters(&stats), Counters { received, sent });
    }
}

//! Static entries of forwarding tables: what `bridge fdb` sets.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::mac::Mac;

/// Frames to a MAC address leave through this interface.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct FdbEntry {
    /// The address; on a VXLAN also one of a group, or zeros for all that is not known.
    pub mac: Mac,
    /// On a port of a bridge: in which VLAN; `None` is in all that the port is in.
    pub vlan: Option<u16>,
    /// On a VXLAN: the address of the other end to which they are sent.
    pub dst: Option<IpAddr>,
}

impl FdbEntry {
    /// Whether it is the bridge's, not the interface's own: it goes when the interface leaves it.
    pub fn is_of_bridge(&self) -> bool {
        self.dst.is_none()
    }

    /// Whether it is for frames to more than one station.
    pub fn is_for_many(&self) -> bool {
        let Mac([first, ..]) = self.mac;
        first & 1 != 0 || self.mac.0 == [0; 6]
    }
}

impl fmt::Display for FdbEntry {
    /// As `bridge fdb` says it: `02:00:00:00:00:01 vlan 10`, `00:00:00:00:00:00 dst 192.0.2.1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.mac)?;
        if let Some(vlan) = self.vlan {
            write!(f, " vlan {vlan}")?;
        }
        if let Some(dst) = self.dst {
            write!(f, " dst {dst}")?;
        }
        Ok(())
    }
}

impl FromStr for FdbEntry {
    type Err = String;

    /// What [`Display`](fmt::Display) writes.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let mac = Mac::any(words.next().unwrap_or_default())?;
        let mut entry = Self {
            mac,
            vlan: None,
            dst: None,
        };
        while let Some(word) = words.next() {
            let value = words.next();
            let value = value.ok_or_else(|| format!("`{word}` needs a value"))?;
            let wrong = || format!("`{word} {value}` is not understood");
            match word {
                "vlan" => entry.vlan = Some(value.parse().map_err(|_| wrong())?),
                "dst" => entry.dst = Some(value.parse().map_err(|_| wrong())?),
                _ => return Err(format!("`{word}`: after a MAC address may be vlan and dst")),
            }
        }
        Ok(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for text in [
            "02:00:00:00:00:01",
            "02:00:00:00:00:01 vlan 10",
            "00:00:00:00:00:00 dst 192.0.2.1",
            "01:00:5e:00:00:01 dst fd00::1",
        ] {
            let read: FdbEntry = text.parse().unwrap();
            assert_eq!(read.to_string(), text);
        }
        for wrong in [
            "",
            "02:00",
            "02:00:00:00:00:01 vlan",
            "02:00:00:00:00:01 dev x",
        ] {
            assert!(wrong.parse::<FdbEntry>().is_err(), "{wrong}");
        }
    }
}

//! Link-layer addresses.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A link-layer address of Ethernet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// Refuses what the kernel refuses as an interface's own (`is_valid_ether_addr`).
    pub fn check(self) -> Result<(), String> {
        let Self([first, ..]) = self;
        if first & 1 != 0 {
            return Err(format!(
                "{self} is a group's: an interface's own begins with an even byte"
            ));
        }
        match self.0 == [0; 6] {
            true => Err(format!("{self} is no address")),
            false => Ok(()),
        }
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl FromStr for Mac {
    type Err = String;

    /// Six bytes in hexadecimal with colons between, that an interface may have.
    fn from_str(text: &str) -> Result<Self, String> {
        let mac = Self::any(text)?;
        mac.check().map(|()| mac)
    }
}

impl Mac {
    /// Six bytes in hexadecimal with colons between, also a group's or zeros.
    pub fn any(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no MAC address: write it like 02:00:00:00:00:01");
        let mut bytes = [0; 6];
        let mut parts = text.split(':');
        for byte in &mut bytes {
            let part = parts.next().filter(|part| (1..=2).contains(&part.len()));
            let is_digits = |part: &&str| part.bytes().all(|b| b.is_ascii_hexdigit());
            let part = part.filter(is_digits).ok_or_else(wrong)?;
            *byte = u8::from_str_radix(part, 16).map_err(|_| wrong())?;
        }
        if parts.next().is_some() {
            return Err(wrong());
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_refuses_the_rest() {
        let mac: Mac = "02:00:00:0a:B:cc".parse().unwrap();
        assert_eq!(mac.to_string(), "02:00:00:0a:0b:cc");
        assert_eq!(mac.to_string().parse(), Ok(mac));
        for wrong in [
            "",
            "02:00:00:00:00",
            "02:00:00:00:00:00:00",
            "02:00:00:00:00:0g",
            "+2:00:00:00:00:01",
            "01:00:5e:00:00:01",
            "00:00:00:00:00:00",
            "ff:ff:ff:ff:ff:ff",
            "0200.0000.0001",
        ] {
            assert!(wrong.parse::<Mac>().is_err(), "{wrong}");
        }
    }
}

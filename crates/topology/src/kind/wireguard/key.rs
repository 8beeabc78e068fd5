//! Keys of WireGuard: 32 bytes, written in base64.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// Bytes of a key (`WG_KEY_LEN`, linux/wireguard.h).
const LENGTH: usize = 32;

/// The public key of an interface, by which its peers know it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey(pub [u8; LENGTH]);

/// A key that nobody else is to know: a private key, or one that two peers share.
///
/// `Debug` does not show it: what is logged is not to give it away. `Display` does, for texts that
/// have it anyway.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretKey(pub [u8; LENGTH]);

impl SecretKey {
    /// The public key that belongs to this private key (Curve25519, RFC 7748).
    pub fn public(&self) -> PublicKey {
        PublicKey(x25519_dalek::x25519(
            self.0,
            x25519_dalek::X25519_BASEPOINT_BYTES,
        ))
    }

    /// The key as the kernel keeps a private one: some of its bits say nothing
    /// (`curve25519_clamp_secret`).
    #[must_use]
    pub fn clamped(self) -> Self {
        let mut bytes = self.0;
        let [first, .., last] = &mut bytes;
        *first &= 248;
        *last = (*last & 127) | 64;
        Self(bytes)
    }

    /// Whether it is no key at all: so the kernel says that there is none.
    pub fn is_nothing(&self) -> bool {
        self.0 == [0; LENGTH]
    }
}

fn read(text: &str) -> Option<[u8; LENGTH]> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// What is said of a text that is no key: not the text, which may be most of one.
const WRONG: &str = "a key is 32 bytes in base64: 44 characters, as `wg genkey` prints them";

impl FromStr for PublicKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        read(text).map(Self).ok_or_else(|| WRONG.to_owned())
    }
}

impl FromStr for SecretKey {
    type Err = String;

    /// Refuses the key of zeros, which takes a key away.
    fn from_str(text: &str) -> Result<Self, String> {
        match read(text).map(Self) {
            Some(key) if !key.is_nothing() => Ok(key),
            Some(_) => Err("the key of zeros is none".to_owned()),
            None => Err(WRONG.to_owned()),
        }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Display for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(not shown)")
    }
}

impl TryFrom<String> for PublicKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl TryFrom<String> for SecretKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        key.to_string()
    }
}

impl From<SecretKey> for String {
    fn from(key: SecretKey) -> Self {
        key.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7748, 6.1: Alice's keys.
    const PRIVATE: &str = "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=";
    const PUBLIC: &str = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=";

    #[test]
    fn the_public_key_follows_from_the_private_one() {
        let key: SecretKey = PRIVATE.parse().unwrap();
        assert_eq!(key.public().to_string(), PUBLIC);
        assert_eq!(key.to_string(), PRIVATE);
        assert_eq!(key.clamped().public(), key.public());
        assert_ne!(key.clamped(), key);
    }

    #[test]
    fn a_secret_is_not_shown() {
        let key: SecretKey = PRIVATE.parse().unwrap();
        assert!(!format!("{key:?}").contains("dwdt"));
        let wrong = "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LC";
        assert!(!wrong.parse::<SecretKey>().unwrap_err().contains("dwdt"));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        assert!(zeros.parse::<SecretKey>().is_err());
        for wrong in ["", "x", &PRIVATE[1..], &format!("{PRIVATE}=")] {
            assert!(wrong.parse::<PublicKey>().is_err(), "{wrong}");
        }
    }
}

//! Secrets: random bytes that are compared in constant time.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Bytes of a secret: 256 bits.
const BYTES: usize = 32;

/// A random secret: the yard's own, or the token of a session.
#[derive(Clone)]
pub struct Secret([u8; BYTES]);

/// SHA-256 of a secret: what may be stored.
pub type SecretHash = [u8; 32];

impl Secret {
    /// A new one from the kernel's random number generator.
    ///
    /// # Panics
    /// When the kernel gives no random bytes, which Linux only does before it has booted
    /// (getrandom(2)).
    #[allow(clippy::expect_used)]
    pub fn random() -> Self {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).expect("the kernel gives random bytes");
        Self(bytes)
    }

    /// Reads 64 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; BYTES];
        let digits = text.as_bytes();
        if digits.len() != 2 * BYTES {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let [high, low] = pair else { return None };
            *byte = hex_digit(*high)? << 4 | hex_digit(*low)?;
        }
        Some(Self(bytes))
    }

    /// The secret as 64 lower-case hexadecimal digits.
    pub fn reveal(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether a text is this secret, in a time that does not depend on how much of it is right.
    pub fn matches(&self, text: &str) -> bool {
        // Hashed, so that both sides have one length.
        let ours = Sha256::digest(self.reveal());
        let theirs = Sha256::digest(text);
        ours.as_slice().ct_eq(theirs.as_slice()).into()
    }

    /// What may be stored of it.
    pub fn hash(&self) -> SecretHash {
        Sha256::digest(self.0).into()
    }
}

fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// Not the secret itself: it must not come into a log.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn matches_itself_alone() {
        let secret = Secret::random();
        let text = secret.reveal();
        assert!(secret.matches(&text));
        assert_eq!(Secret::parse(&text).unwrap().hash(), secret.hash());
        for wrong in ["", &text[..63], &format!("{text}0"), &format!(" {text}")] {
            assert!(!secret.matches(wrong), "{wrong}");
        }
        assert!(!secret.matches(&Secret::random().reveal()));
        assert!(!format!("{secret:?}").contains(&text));
    }

    #[test]
    fn takes_nothing_but_64_digits() {
        for wrong in [
            "",
            "0",
            &"g".repeat(64),
            &"0".repeat(63),
            &"0".repeat(65),
            &"A".repeat(64),
            &"é".repeat(32),
        ] {
            assert!(Secret::parse(wrong).is_none(), "{wrong}");
        }
    }
}

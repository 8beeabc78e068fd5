//! SOME/IP, which tcpdump shows for a port in the range of ordinary clients (30490).

use super::walk::{Names, Step, Walk, name, put};

const LENGTH: u32 = 16;

const MESSAGES: Names = &[
    (0x00, "REQUEST"),
    (0x01, "REQUEST_NO_RETURN"),
    (0x02, "NOTIFICATION"),
    (0x80, "RESPONSE"),
    (0x81, "ERROR"),
    (0x20, "TP_REQUEST"),
    (0x21, "TP_REQUEST_NO_RETURN"),
    (0x22, "TP_NOTIFICATION"),
    (0xa0, "TP_RESPONSE"),
    (0xa1, "TP_ERROR"),
];

/// Return codes by number from 0.
const RETURNS: [&str; 16] = [
    "E_OK",
    "E_NOT_OK",
    "E_UNKNOWN_SERVICE",
    "E_UNKNOWN_METHOD",
    "E_NOT_READY",
    "E_NOT_REACHABLE",
    "E_TIMEOUT",
    "E_WRONG_PROTOCOL_VERSION",
    "E_WRONG_INTERFACE_VERSION",
    "E_MALFORMED_MESSAGE",
    "E_WRONG_MESSAGE_TYPE",
    "E_E2E_REPEATED",
    "E_E2E_WRONG_SEQUENCE",
    "E_E2E",
    "E_E2E_NOT_AVAILABLE",
    "E_E2E_NO_NEW_DATA",
];

impl Walk<'_> {
    /// The message at `p`.
    pub(super) fn someip(&mut self, p: usize, length: u32) -> Step {
        self.protocol = "someip";
        self.put("SOMEIP");
        if length < LENGTH {
            self.invalid();
            return Ok(());
        }
        let message = self.u32(p)?;
        let kind = if message & 0x8000 != 0 {
            "event"
        } else {
            "method"
        };
        put!(
            self,
            ", service {}, {kind} {}",
            message >> 16,
            message & 0x7fff
        );
        put!(self, ", len {}", self.u32(p + 4)?);
        let request = self.u32(p + 8)?;
        put!(
            self,
            ", client {}, session {}",
            request >> 16,
            request & 0xffff
        );
        put!(self, ", pver {}", self.u8(p + 12)?);
        put!(self, ", iver {}", self.u8(p + 13)?);
        let kind = self.u8(p + 14)?;
        put!(
            self,
            ", msgtype {}",
            name(MESSAGES, kind.into()).unwrap_or("Unknown")
        );
        let code = usize::from(self.u8(p + 15)?);
        put!(
            self,
            ", retcode {}\n",
            RETURNS.get(code).unwrap_or(&"Unknown")
        );
        Ok(())
    }
}

//! Protocols made of lines of text: HTTP, RTSP, SIP, FTP, SMTP, WHOIS, SSH's greeting and syslog.

use super::walk::{Names, Step, Walk, put};

/// The longest word that is looked at as a command.
const LONGEST_WORD: usize = 128;

/// Requests of HTTP and WebDAV.
pub(crate) const HTTP: &[&str] = &[
    "GET",
    "PUT",
    "COPY",
    "HEAD",
    "LOCK",
    "MOVE",
    "POLL",
    "POST",
    "BCOPY",
    "BMOVE",
    "MKCOL",
    "TRACE",
    "LABEL",
    "MERGE",
    "DELETE",
    "SEARCH",
    "UNLOCK",
    "REPORT",
    "UPDATE",
    "NOTIFY",
    "BDELETE",
    "CONNECT",
    "OPTIONS",
    "CHECKIN",
    "PROPFIND",
    "CHECKOUT",
    "CCM_POST",
    "SUBSCRIBE",
    "PROPPATCH",
    "BPROPFIND",
    "BPROPPATCH",
    "UNCHECKOUT",
    "MKACTIVITY",
    "MKWORKSPACE",
    "UNSUBSCRIBE",
    "RPC_CONNECT",
    "VERSION-CONTROL",
    "BASELINE-CONTROL",
];

const RTSP: &[&str] = &[
    "DESCRIBE",
    "ANNOUNCE",
    "GET_PARAMETER",
    "OPTIONS",
    "PAUSE",
    "PLAY",
    "RECORD",
    "REDIRECT",
    "SETUP",
    "SET_PARAMETER",
    "TEARDOWN",
];

const SIP: &[&str] = &[
    "ACK",
    "BYE",
    "CANCEL",
    "DO",
    "INFO",
    "INVITE",
    "MESSAGE",
    "NOTIFY",
    "OPTIONS",
    "PRACK",
    "QAUTH",
    "REFER",
    "REGISTER",
    "SPRACK",
    "SUBSCRIBE",
    "UPDATE",
    "PUBLISH",
];

const FACILITIES: Names = &[
    (0, "kernel"),
    (1, "user"),
    (2, "mail"),
    (3, "daemon"),
    (4, "auth"),
    (5, "syslog"),
    (6, "lpr"),
    (7, "news"),
    (8, "uucp"),
    (9, "cron"),
    (10, "authpriv"),
    (11, "ftp"),
    (12, "ntp"),
    (13, "security"),
    (14, "console"),
    (15, "cron"),
    (16, "local0"),
    (17, "local1"),
    (18, "local2"),
    (19, "local3"),
    (20, "local4"),
    (21, "local5"),
    (22, "local6"),
    (23, "local7"),
];

const SEVERITIES: Names = &[
    (0, "emergency"),
    (1, "alert"),
    (2, "critical"),
    (3, "error"),
    (4, "warning"),
    (5, "notice"),
    (6, "info"),
    (7, "debug"),
];

impl Walk<'_> {
    pub(super) fn http(&mut self, p: usize, length: u32) -> Step {
        self.requests("http", HTTP, p, length)
    }

    pub(super) fn rtsp(&mut self, p: usize, length: u32) -> Step {
        self.requests("rtsp", RTSP, p, length)
    }

    pub(super) fn sip(&mut self, p: usize, length: u32) -> Step {
        self.requests("sip", SIP, p, length)
    }

    /// A protocol whose payload is always text.
    pub(super) fn text_protocol(&mut self, protocol: &'static str, p: usize, length: u32) -> Step {
        self.protocol = protocol;
        self.put_protocol_caps();
        self.text_lines(p, length as usize)
    }

    /// A protocol of requests and numbered responses, whose bodies are not shown.
    fn requests(
        &mut self,
        protocol: &'static str,
        commands: &[&str],
        p: usize,
        length: u32,
    ) -> Step {
        self.protocol = protocol;
        self.put_protocol_caps();
        let length = length as usize;
        let Some((word, next)) = self.word(p, length) else {
            return Ok(());
        };
        let is_command = commands
            .iter()
            .any(|command| word.eq_ignore_ascii_case(command.as_bytes()));
        let is_response = || {
            let (code, _) = self.word(p + next, length - next)?;
            Some(code.len() == 3 && code.iter().all(u8::is_ascii_digit))
        };
        if is_command || is_response() == Some(true) {
            self.text_lines(p, length)?;
        }
        Ok(())
    }

    /// The word at `p` and how far the spaces behind it reach. `None` if it is no text.
    fn word(&self, p: usize, length: usize) -> Option<(&[u8], usize)> {
        let captured = self.data.get(p..)?;
        let bytes = captured.get(..length).unwrap_or(captured);
        let mut size = 0;
        for byte in bytes {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => break,
                0x20..0x7f if size < LONGEST_WORD => size += 1,
                _ => return None,
            }
        }
        if size == 0 || (size == bytes.len() && captured.len() < length) {
            return None;
        }
        let (word, rest) = bytes.split_at_checked(size)?;
        let space = rest.iter().take_while(|byte| **byte == b' ').count();
        Some((word, size + space))
    }

    /// The first line, or with detail all lines, of a text.
    fn text_lines(&mut self, p: usize, length: usize) -> Step {
        if !self.verbose() {
            self.text_line(": ", p, length)?;
            return Ok(());
        }
        put!(self, ", length: {length}");
        let mut done = 0;
        while done < length {
            match self.text_line("\n\t", p + done, length - done)? {
                0 => break,
                size => done += size,
            }
        }
        Ok(())
    }

    /// One line after `prefix`. Returns its size with its end, or 0 if there is no more text. Binary data is
    /// not printed at all.
    fn text_line(&mut self, prefix: &str, p: usize, length: usize) -> Step<usize> {
        for i in 0..length {
            let size = match self.u8(p + i)? {
                b'\n' => i + 1,
                b'\r' if i + 1 < length && self.u8(p + i + 1)? == b'\n' => i + 2,
                b'\t' | 0x20..0x7f => continue,
                _ => return Ok(0),
            };
            self.put(prefix);
            let line = self.slice(p, i)?;
            self.out.extend_from_slice(line);
            return Ok(size);
        }
        self.put(prefix);
        let line = self.slice(p, length)?;
        self.out.extend_from_slice(line);
        self.truncated();
        Ok(0)
    }

    /// SSH: the line with the version; nothing for what follows.
    pub(super) fn ssh(&mut self, p: usize, length: u32) -> Step {
        self.protocol = "ssh";
        let length = length as usize;
        for (at, expected) in b"SSH-".iter().enumerate() {
            if self.u8(p + at)? != *expected {
                return Ok(());
            }
        }
        for i in 4..length {
            match self.u8(p + i)? {
                b'\n' => {}
                b'\r' if i + 1 < length && self.u8(p + i + 1)? == b'\n' => {}
                0x20..0x7f => continue,
                _ => return Ok(()),
            }
            self.put(": SSH: ");
            let line = self.slice(p, i)?;
            self.out.extend_from_slice(line);
            return Ok(());
        }
        Ok(())
    }

    /// The syslog message at `p` (RFC 3164).
    pub(super) fn syslog(&mut self, p: usize, length: u32) -> Step {
        const MOST_DIGITS: usize = 3;
        self.protocol = "syslog";
        let mut at = p + 1;
        let mut priority = 0u16;
        if self.u8(p)? == b'<' {
            while at <= p + MOST_DIGITS
                && let digit @ b'0'..=b'9' = self.u8(at)?
            {
                priority = priority * 10 + u16::from(digit - b'0');
                at += 1;
            }
        }
        if self.u8(p)? != b'<' || self.u8(at)? != b'>' {
            self.invalid();
            return Ok(());
        }
        at += 1;
        let (facility, severity) = (priority >> 3 & 0x7f, priority & 7);
        if !self.verbose() {
            self.put("SYSLOG ");
            self.put_name(FACILITIES, facility, ("unknown (", ")"));
            self.put(".");
            self.put_name(SEVERITIES, severity, ("unknown (", ")"));
            put!(self, ", length: {length}");
            return Ok(());
        }
        put!(self, "SYSLOG, length: {length}\n\tFacility ");
        self.put_name(FACILITIES, facility, ("unknown (", ")"));
        put!(self, " ({facility}), Severity ");
        self.put_name(SEVERITIES, severity, ("unknown (", ")"));
        put!(self, " ({severity})\n\tMsg: ");
        self.characters(at, (length as usize).saturating_sub(at - p))?;
        if self.options.verbose > 1 {
            self.dump_part("\n\t", p, length)?;
        }
        Ok(())
    }
}

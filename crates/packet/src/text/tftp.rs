//! TFTP (RFC 1350), with options (RFC 2347).

use super::walk::{Cut, Names, Step, Walk, put};

const READ: u16 = 1;
const WRITE: u16 = 2;
const DATA: u16 = 3;
const ACKNOWLEDGEMENT: u16 = 4;
const ERROR: u16 = 5;
const OPTIONS: u16 = 6;

const OPERATIONS: Names = &[
    (1, "RRQ"),
    (2, "WRQ"),
    (3, "DATA"),
    (4, "ACK"),
    (5, "ERROR"),
    (6, "OACK"),
];

const ERRORS: Names = &[
    (0, "EUNDEF"),
    (1, "ENOTFOUND"),
    (2, "EACCESS"),
    (3, "ENOSPACE"),
    (4, "EBADOP"),
    (5, "EBADID"),
    (6, "EEXISTS"),
    (7, "ENOUSER"),
];

impl Walk<'_> {
    /// The message at `p`.
    pub(super) fn tftp(&mut self, p: usize, length: u32) -> Step {
        self.protocol = "tftp";
        self.layer(|walk| walk.tftp_message(p, length))
    }

    fn tftp_message(&mut self, p: usize, length: u32) -> Step {
        put!(self, "TFTP, length {length}");
        let length = length as usize;
        if length < 2 {
            return Err(Cut::Layer);
        }
        let operation = self.u16(p)?;
        self.put(", ");
        self.put_name(OPERATIONS, operation, ("tftp-#", ""));
        let (p, length) = (p + 2, length - 2);
        match operation {
            READ | WRITE => {
                if length == 0 {
                    return Err(Cut::Layer);
                }
                let name = self.tftp_quoted(p, length)?;
                let (p, length) = (p + name, length - name);
                if length == 0 {
                    return Err(Cut::Layer);
                }
                self.put(" ");
                let mode = self.zero_terminated(p, length)?;
                self.tftp_options(p + mode, length - mode)
            }
            OPTIONS => self.tftp_options(p, length),
            ACKNOWLEDGEMENT | DATA if length < 2 => Err(Cut::Layer),
            ACKNOWLEDGEMENT | DATA => {
                put!(self, " block {}", self.u16(p)?);
                Ok(())
            }
            ERROR if length < 2 => Err(Cut::Layer),
            ERROR => {
                let code = self.u16(p)?;
                self.put(" ");
                self.put_name(ERRORS, code, ("tftp-err-#", " \""));
                if length == 2 {
                    return Err(Cut::Layer);
                }
                self.tftp_quoted(p + 2, length - 2).map(|_| ())
            }
            _ => Ok(()),
        }
    }

    /// A text in quotes, which are closed even if it is cut short.
    fn tftp_quoted(&mut self, p: usize, length: usize) -> Step<usize> {
        self.put(" \"");
        let size = self.zero_terminated(p, length);
        self.put("\"");
        size
    }

    fn tftp_options(&mut self, mut p: usize, mut length: usize) -> Step {
        while length > 0 {
            if self.u8(p)? != 0 {
                self.put(" ");
            }
            let size = self.zero_terminated(p, length)?;
            p += size;
            length -= size;
        }
        Ok(())
    }
}

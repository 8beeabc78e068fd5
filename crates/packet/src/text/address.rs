//! IPv4, IPv6 and hardware addresses as tcpdump writes them.

use super::walk::{Step, Walk, hex_digit};

/// Every byte in decimal with a dot behind it, and the length of that.
static OCTETS: [([u8; 4], u8); 256] = octets();

const fn octets() -> [([u8; 4], u8); 256] {
    let mut table = [([0; 4], 0); 256];
    let mut byte = 0;
    while byte < table.len() {
        let (hundreds, tens, ones) = (byte / 100, byte / 10 % 10, byte % 10);
        table[byte] = match byte {
            100.. => (
                [
                    b'0' + hundreds as u8,
                    b'0' + tens as u8,
                    b'0' + ones as u8,
                    b'.',
                ],
                4,
            ),
            10.. => ([b'0' + tens as u8, b'0' + ones as u8, b'.', 0], 3),
            _ => ([b'0' + ones as u8, b'.', 0, 0], 2),
        };
        byte += 1;
    }
    table
}

impl Walk<'_> {
    /// The IPv4 address at `p`.
    pub(super) fn ipv4_address(&mut self, p: usize) -> Step {
        let address = self.array(p)?;
        self.put_ipv4(address);
        Ok(())
    }

    /// An IPv4 address.
    pub(super) fn put_ipv4(&mut self, address: [u8; 4]) {
        for byte in address {
            // Four bytes are copied at once, and those that are not used taken back.
            let (text, length) = OCTETS.get(usize::from(byte)).copied().unwrap_or_default();
            self.out.extend_from_slice(&text);
            self.out.truncate(self.out.len() - 4 + usize::from(length));
        }
        self.out.pop();
    }

    /// The IPv6 address at `p`.
    pub(super) fn ipv6_address(&mut self, p: usize) -> Step {
        let address = self.array(p)?;
        self.put_ipv6(address);
        Ok(())
    }

    /// An IPv6 address: the first longest run of two or more zero groups becomes `::`, and an address with
    /// an IPv4 address inside (`::a.b.c.d`, `::ffff:a.b.c.d`) shows it so.
    pub(super) fn put_ipv6(&mut self, address: [u8; 16]) {
        let mut groups = [0u16; 8];
        for (group, pair) in groups.iter_mut().zip(address.chunks_exact(2)) {
            *group = pair
                .iter()
                .fold(0, |value, byte| value << 8 | u16::from(*byte));
        }
        let (start, length) = longest_zero_run(&groups);
        let end = start + length;
        for (i, group) in groups.iter().enumerate() {
            if length > 0 && (start..end).contains(&i) {
                if i == start {
                    self.out.push(b':');
                }
                continue;
            }
            if i != 0 {
                self.out.push(b':');
            }
            let embeds_ipv4 =
                start == 0 && (length == 6 || (length == 5 && groups.get(5) == Some(&0xffff)));
            if i == 6 && embeds_ipv4 {
                let [.., a, b, c, d] = address;
                self.put_ipv4([a, b, c, d]);
                return;
            }
            self.hex(*group, 1);
        }
        if length > 0 && end == groups.len() {
            self.out.push(b':');
        }
    }

    /// The Ethernet address at `p`.
    pub(super) fn mac(&mut self, p: usize) -> Step {
        self.hex_bytes(p, 6, Some(b':'))
    }

    /// A hardware address of any length.
    pub(super) fn hardware_address(&mut self, p: usize, length: usize) -> Step {
        if length == 0 {
            self.put("<empty>");
            return Ok(());
        }
        self.hex_bytes(p, length, Some(b':'))
    }

    /// `length` bytes as hexadecimal pairs. Prints nothing if they are not all captured.
    pub(super) fn hex_bytes(&mut self, p: usize, length: usize, separator: Option<u8>) -> Step {
        for (i, byte) in self.slice(p, length)?.iter().enumerate() {
            if i > 0 {
                self.out.extend(separator);
            }
            self.out.extend([hex_digit(byte >> 4), hex_digit(*byte)]);
        }
        Ok(())
    }
}

/// Where the first longest run of zeros starts, and its length: 0 if there is none of two or more.
fn longest_zero_run(groups: &[u16; 8]) -> (usize, usize) {
    let mut best = (0, 0);
    let mut run = 0;
    for (i, group) in groups.iter().enumerate() {
        run = if *group == 0 { run + 1 } else { 0 };
        if run > best.1 {
            best = (i + 1 - run, run);
        }
    }
    if best.1 < 2 { (0, 0) } else { best }
}

//! What is sent: datagrams of 18 bytes, so that the frames are the shortest that Ethernet has.

use std::fmt;
use std::io;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use kernel::Namespace;

/// How many are handed to the kernel at once.
const AT_ONCE: usize = 64;
/// Bytes of data of each.
const DATA: usize = 18;

/// A load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Packets a second; 0: as fast as it goes.
    pub(crate) rate: u32,
    /// How long it lasts.
    pub(crate) lasts: Duration,
}

/// What was sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent {
    pub(crate) packets: u64,
    pub(crate) took: Duration,
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = self.packets as f64 / self.took.as_secs_f64();
        write!(f, "rate {rate:.0} a second")
    }
}

impl Load {
    /// Sends it from a namespace, on this thread.
    pub(crate) fn send(&self, namespace: &Namespace) -> Sent {
        let bind = || UdpSocket::bind("10.78.0.1:0");
        let socket = namespace.run(bind).unwrap().unwrap();
        socket.connect("10.78.0.2:9").unwrap();
        let begin = Instant::now();
        let mut packets = 0;
        loop {
            let elapsed = begin.elapsed();
            if elapsed >= self.lasts {
                return Sent {
                    packets,
                    took: elapsed,
                };
            }
            let due = match self.rate {
                0 => AT_ONCE as u64,
                rate => ((f64::from(rate) * elapsed.as_secs_f64()) as u64).saturating_sub(packets),
            };
            if due == 0 {
                std::thread::sleep(Duration::from_micros(50));
                continue;
            }
            packets += send_many(&socket, due.min(AT_ONCE as u64) as usize);
        }
    }
}

/// Sends so many, at most [`AT_ONCE`]; returns how many were.
fn send_many(socket: &UdpSocket, count: usize) -> u64 {
    let mut data = [0_u8; DATA];
    let mut part = libc::iovec {
        iov_base: data.as_mut_ptr().cast(),
        iov_len: data.len(),
    };
    // SAFETY: a message header of zeros is one without an address, data and control.
    let mut header: libc::mmsghdr = unsafe { std::mem::zeroed() };
    header.msg_hdr.msg_iov = &raw mut part;
    header.msg_hdr.msg_iovlen = 1;
    let mut headers = [header; AT_ONCE];
    // SAFETY: as many headers as are told, at most all; each points to `part`, which points to
    // `data`: both live until the call is over, which reads them only.
    let sent = unsafe {
        libc::sendmmsg(
            socket.as_raw_fd(),
            headers.as_mut_ptr(),
            count.min(AT_ONCE) as libc::c_uint,
            0,
        )
    };
    if sent < 0 {
        panic!("sending: {}", io::Error::last_os_error());
    }
    sent as u64
}

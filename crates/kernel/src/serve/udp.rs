//! Datagrams that are echoed.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::AsRawFd;

use nix::cmsg_space;
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, sendmsg,
};
use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

use super::DatagramPorts;

/// Longest datagram.
const LONGEST: usize = 64 << 10;
/// Datagrams that are answered before others have their turn.
const AT_A_TIME: usize = 64;

/// Answers on all `sockets`, until it is dropped.
pub(super) async fn serve(sockets: Vec<UdpSocket>, served: DatagramPorts) {
    let mut each = JoinSet::new();
    for socket in sockets {
        each.spawn(answer(socket, DatagramPorts::clone(&served)));
    }
    while each.join_next().await.is_some() {}
}

async fn answer(socket: UdpSocket, served: DatagramPorts) {
    let mut buffer = vec![0; LONGEST];
    loop {
        for _ in 0..AT_A_TIME {
            let echo = || echo(&socket, &mut buffer, &served);
            match socket.try_io(Interest::READABLE, echo) {
                Ok(()) => {}
                // An error of one datagram is none of the next.
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => {}
                Err(_) => break,
            }
        }
        tokio::task::yield_now().await;
        if socket.readable().await.is_err() {
            return;
        }
    }
}

/// Takes one datagram and sends it back, from the address that it was sent to.
fn echo(socket: &UdpSocket, buffer: &mut [u8], served: &DatagramPorts) -> io::Result<()> {
    let mut control = cmsg_space!(libc::in_pktinfo, libc::in6_pktinfo);
    let mut parts = [IoSliceMut::new(buffer)];
    let received = recvmsg::<SockaddrStorage>(
        socket.as_raw_fd(),
        &mut parts,
        Some(&mut control),
        MsgFlags::MSG_DONTWAIT,
    )?;
    let Some(from) = received.address else {
        return Ok(());
    };
    let port = match (from.as_sockaddr_in(), from.as_sockaddr_in6()) {
        (Some(from), _) => from.port(),
        (None, Some(from)) => from.port(),
        (None, None) => return Ok(()),
    };
    let is_echo = served.read().is_ok_and(|served| served.contains(&port));
    if is_echo {
        return Ok(());
    }
    let length = received.bytes;
    let asked = received.cmsgs()?.find_map(|message| match message {
        ControlMessageOwned::Ipv4PacketInfo(info) => Some(Asked::Ipv4(info)),
        ControlMessageOwned::Ipv6PacketInfo(info) => Some(Asked::Ipv6(info)),
        _ => None,
    });
    let Some(bytes) = buffer.get(..length) else {
        return Ok(());
    };
    let parts = [IoSlice::new(bytes)];
    let send = |control: &[ControlMessage<'_>]| {
        let flags = MsgFlags::MSG_DONTWAIT;
        sendmsg(socket.as_raw_fd(), &parts, control, flags, Some(&from))
    };
    match asked {
        Some(Asked::Ipv4(info)) => {
            // The route decides by which interface it leaves, as for any other packet.
            let info = libc::in_pktinfo {
                ipi_ifindex: 0,
                ..info
            };
            send(&[ControlMessage::Ipv4PacketInfo(&info)])?
        }
        // To a group: the kernel chooses an address of its own.
        Some(Asked::Ipv6(info)) if info.ipi6_addr.s6_addr.starts_with(&[0xff]) => send(&[])?,
        Some(Asked::Ipv6(info)) => {
            let is_link_local =
                matches!(info.ipi6_addr.s6_addr, [0xfe, second, ..] if second & 0xc0 == 0x80);
            let info = libc::in6_pktinfo {
                ipi6_ifindex: if is_link_local { info.ipi6_ifindex } else { 0 },
                ..info
            };
            send(&[ControlMessage::Ipv6PacketInfo(&info)])?
        }
        None => send(&[])?,
    };
    Ok(())
}

/// To where a datagram was sent.
enum Asked {
    Ipv4(libc::in_pktinfo),
    Ipv6(libc::in6_pktinfo),
}

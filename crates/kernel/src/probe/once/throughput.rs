//! How much gets through between two namespaces of the lab, with sockets of our own.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use protocol::probe::{Datagrams, Throughput, ThroughputProbed, Transport};
use socket2::{Protocol, SockAddr, Socket, Type};

use super::icmp_errors::nanoseconds;
use super::{From, domain, said, within};
use crate::error::{Cause, Error, Result};
use crate::namespace::Namespace;
use crate::probe::diagnose::Surroundings;

/// Bytes that TCP writes at a time.
const CHUNK: usize = 128 << 10;
/// How long a connection, or the last that is on its way, is waited for.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long a receiver waits before it looks whether it is over.
const GLANCE: Duration = Duration::from_millis(100);
/// How long nothing may come after the sender has ended.
const LATE: Duration = Duration::from_millis(300);
/// At a rate, no more is sent at a time than this much of a second would be.
const BURST: Duration = Duration::from_millis(5);

pub(super) fn measure<L: Surroundings + ?Sized>(
    from: &From<'_, L>,
    asked: &Throughput,
) -> Result<ThroughputProbed> {
    let object = || format!("what gets to {} from {}", asked.target, from.namespace);
    let failed = |cause: Cause| Error::new("measure", object(), cause);
    let duration = within("duration", asked.duration_ms, 100..=30_000).map_err(failed)?;
    if !(16..=65_507).contains(&asked.size) {
        let text = format!("{} bytes a datagram are not from 16 to 65507", asked.size);
        return Err(failed(text.into()));
    }
    let to = receiver(from, asked.target).ok_or_else(|| {
        failed("no namespace of the lab has that address: nobody is there to count".into())
    })?;
    match asked.transport {
        Transport::Tcp => tcp(&from.namespace, &to, asked, duration),
        Transport::Udp => udp(&from.namespace, &to, asked, duration),
    }
    .map_err(failed)
}

/// Who has an address.
fn receiver<L: Surroundings + ?Sized>(from: &From<'_, L>, address: IpAddr) -> Option<Namespace> {
    let observed = from.lab.observed();
    let holder = observed.namespaces.iter().find(|(_, state)| {
        let mut own = state.interfaces.values().flat_map(|i| &i.addresses);
        own.any(|own| own.address.addr() == address)
    });
    from.lab.namespace(*holder?.0)
}

fn in_words(error: &io::Error) -> Cause {
    Cause::Text(said(error))
}

fn tcp(
    from: &Namespace,
    to: &Namespace,
    asked: &Throughput,
    duration: Duration,
) -> Result<ThroughputProbed, Cause> {
    let listen = || {
        let listener = TcpListener::bind(SocketAddr::new(asked.target, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok::<_, io::Error>((listener, address))
    };
    let (listener, address) = inside(to, listen)?;
    let connect = || TcpStream::connect_timeout(&address, PATIENCE);
    let sender = inside(from, connect).map_err(|cause| {
        Cause::Text(format!(
            "the connection to {address} did not come about: {cause}"
        ))
    })?;
    let accepted = accept(&listener).map_err(|error| in_words(&error))?;
    drop(listener);
    let deadline = Instant::now() + duration + PATIENCE;
    thread::scope(|scope| {
        let counting = scope.spawn(move || count_stream(accepted, deadline));
        let sent = send_stream(sender, duration);
        let received = counting
            .join()
            .map_err(|_| Cause::Text("counting ended early".to_owned()))?;
        let (sent_bytes, retransmits) = sent.map_err(|error| in_words(&error))?;
        let (received_bytes, took) = received.map_err(|error| in_words(&error))?;
        Ok(ThroughputProbed {
            sent_bytes,
            received_bytes,
            took_ns: nanoseconds(took),
            bits_per_second: rate(received_bytes, took),
            datagrams: None,
            retransmits,
        })
    })
}

/// The connection is there: the connect has returned.
fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
    let begun = Instant::now();
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false)?;
                return Ok(stream);
            }
            Err(error)
                if error.kind() == io::ErrorKind::WouldBlock && begun.elapsed() < PATIENCE =>
            {
                thread::sleep(Duration::from_millis(1));
            }
            Err(error) => return Err(error),
        }
    }
}

/// Sends for so long; how many bytes, and how many segments the kernel sent again.
fn send_stream(mut stream: TcpStream, duration: Duration) -> io::Result<(u64, Option<u32>)> {
    // A path that dies on the way must not keep it.
    stream.set_write_timeout(Some(GLANCE))?;
    let chunk = vec![0x4e; CHUNK];
    let begun = Instant::now();
    let mut sent = 0;
    while begun.elapsed() < duration {
        match stream.write(&chunk) {
            Ok(bytes) => sent += bytes as u64,
            Err(error) if is_timeout(&error) => {}
            Err(error) => return Err(error),
        }
    }
    let retransmits = crate::sys::tcp_retransmits(std::os::fd::AsFd::as_fd(&stream)).ok();
    // The receiver sees the end by it; whoever has hung up has seen it.
    let _ = stream.shutdown(std::net::Shutdown::Write);
    Ok((sent, retransmits))
}

/// Counts until the other end says that it is all; how many bytes, and from the first to the last.
fn count_stream(mut stream: TcpStream, deadline: Instant) -> io::Result<(u64, Duration)> {
    stream.set_read_timeout(Some(GLANCE))?;
    let mut buffer = vec![0; CHUNK];
    let mut times = Times::default();
    let mut received = 0;
    while Instant::now() < deadline {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(bytes) => {
                received += bytes as u64;
                times.now();
            }
            Err(error) if is_timeout(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok((received, times.span()))
}

fn udp(
    from: &Namespace,
    to: &Namespace,
    asked: &Throughput,
    duration: Duration,
) -> Result<ThroughputProbed, Cause> {
    let listen = || {
        let kind = Type::DGRAM;
        let socket = Socket::new(domain(asked.target), kind, Some(Protocol::UDP))?;
        socket.set_recv_buffer_size(8 << 20)?;
        let own: SockAddr = SocketAddr::new(asked.target, 0).into();
        socket.bind(&own)?;
        let socket = UdpSocket::from(socket);
        let address = socket.local_addr()?;
        Ok::<_, io::Error>((socket, address))
    };
    let (receiver, address) = inside(to, listen)?;
    let connect = || {
        let kind = Type::DGRAM;
        let socket = Socket::new(domain(asked.target), kind, Some(Protocol::UDP))?;
        socket.connect(&address.into())?;
        Ok::<_, io::Error>(UdpSocket::from(socket))
    };
    let sender = inside(from, connect)?;
    let ended = std::sync::atomic::AtomicBool::new(false);
    thread::scope(|scope| {
        let counting = scope.spawn(|| count_datagrams(&receiver, &ended));
        let sent = send_datagrams(&sender, asked, duration);
        ended.store(true, std::sync::atomic::Ordering::Release);
        let counted = counting
            .join()
            .map_err(|_| Cause::Text("counting ended early".to_owned()))?;
        let sent = sent.map_err(|error| in_words(&error))?;
        let (bytes, mut datagrams, took) = counted.map_err(|error| in_words(&error))?;
        datagrams.sent = sent;
        Ok(ThroughputProbed {
            sent_bytes: sent * u64::from(asked.size),
            received_bytes: bytes,
            took_ns: nanoseconds(took),
            bits_per_second: rate(bytes, took),
            datagrams: Some(datagrams),
            retransmits: None,
        })
    })
}

/// Sends datagrams that begin with their number; how many.
fn send_datagrams(socket: &UdpSocket, asked: &Throughput, duration: Duration) -> io::Result<u64> {
    socket.set_write_timeout(Some(GLANCE))?;
    let mut datagram = vec![0x4e; asked.size.into()];
    let bits = u128::from(asked.size) * 8;
    let begun = Instant::now();
    let mut sent: u64 = 0;
    loop {
        let elapsed = begun.elapsed();
        if elapsed >= duration {
            return Ok(sent);
        }
        if let Some(rate) = asked.rate {
            // When the next one is due at that rate.
            let due = u128::from(sent) * bits * 1_000_000_000 / u128::from(rate.max(1));
            let early = due.saturating_sub(elapsed.as_nanos());
            if early > 0 {
                let early = Duration::from_nanos(u64::try_from(early).unwrap_or(u64::MAX));
                thread::sleep(early.min(BURST));
                continue;
            }
        }
        if let Some(number) = datagram.get_mut(..8) {
            number.copy_from_slice(&sent.to_be_bytes());
        }
        match socket.send(&datagram) {
            Ok(_) => sent += 1,
            // A firewall or an ICMP error: the next may pass.
            Err(error) if is_passing(&error) => thread::sleep(Duration::from_micros(100)),
            Err(error) => return Err(error),
        }
    }
}

/// Counts until the sender has ended and nothing more comes.
fn count_datagrams(
    socket: &UdpSocket,
    ended: &std::sync::atomic::AtomicBool,
) -> io::Result<(u64, Datagrams, Duration)> {
    socket.set_read_timeout(Some(GLANCE))?;
    let mut buffer = vec![0; 65_536];
    let mut times = Times::default();
    let mut bytes = 0;
    let mut highest: Option<u64> = None;
    let mut quiet: Option<Instant> = None;
    let mut datagrams = Datagrams {
        sent: 0,
        received: 0,
        out_of_order: 0,
    };
    loop {
        match socket.recv(&mut buffer) {
            Ok(length) => {
                quiet = None;
                times.now();
                bytes += length as u64;
                datagrams.received += 1;
                let number = buffer
                    .first_chunk()
                    .map(|number| u64::from_be_bytes(*number));
                if number < highest {
                    datagrams.out_of_order += 1;
                }
                highest = highest.max(number);
            }
            Err(error) if is_timeout(&error) || is_passing(&error) => {
                let since = *quiet.get_or_insert_with(Instant::now);
                let over = ended.load(std::sync::atomic::Ordering::Acquire);
                if over && since.elapsed() > LATE {
                    return Ok((bytes, datagrams, times.span()));
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// When the first and the last came.
#[derive(Default)]
struct Times(Option<(Instant, Instant)>);

impl Times {
    fn now(&mut self) {
        let now = Instant::now();
        self.0 = Some((self.0.map_or(now, |(first, _)| first), now));
    }

    fn span(&self) -> Duration {
        self.0.map_or(Duration::ZERO, |(first, last)| last - first)
    }
}

fn inside<T: Send>(
    namespace: &Namespace,
    open: impl FnOnce() -> io::Result<T> + Send,
) -> Result<T, Cause> {
    let opened = namespace
        .run(open)
        .map_err(|error| Cause::Text(error.to_string()))?;
    opened.map_err(|error| in_words(&error))
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
    )
}

/// What says nothing of the next datagram.
fn is_passing(error: &io::Error) -> bool {
    let passing = [
        libc::EPERM,
        libc::ENOBUFS,
        libc::ECONNREFUSED,
        libc::EHOSTUNREACH,
        libc::EAGAIN,
        libc::EINTR,
    ];
    error
        .raw_os_error()
        .is_some_and(|number| passing.contains(&number))
}

fn rate(bytes: u64, took: Duration) -> u64 {
    match took.as_nanos() {
        0 => 0,
        took => {
            let bits = u128::from(bytes) * 8 * 1_000_000_000;
            u64::try_from(bits / took).unwrap_or(u64::MAX)
        }
    }
}

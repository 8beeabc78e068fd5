//! Who would be disturbed: a ping a thousand times a second, what the kernel tells of changes, and
//! connections.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use kernel::Namespace;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How long a connection may take to come through again: an address that was learned wrong is
/// asked for again after some seconds.
const PATIENCE: Duration = Duration::from_secs(40);

/// A ping a thousand times a second.
pub(super) struct Flood {
    ping: Child,
    output: File,
}

/// What became of a [`Flood`].
pub(super) struct Pings {
    pub(super) sent: u64,
    /// How many did not come back, but for the last one, which may be on its way.
    pub(super) lost: u64,
}

impl Flood {
    pub(super) fn start(namespace: &Namespace, address: &str) -> Self {
        // No pipe: it would be full before anybody reads it.
        let output = tempfile::tempfile().unwrap();
        let mut ping = Command::new("ping");
        ping.args(["-n", "-i", "0.001", address]);
        ping.stdout(output.try_clone().unwrap())
            .stderr(Stdio::inherit());
        let ping = namespace.run(|| ping.spawn()).unwrap().unwrap();
        Self { ping, output }
    }

    /// Ends it.
    pub(super) fn end(mut self) -> Pings {
        let pid = Pid::from_raw(self.ping.id().try_into().unwrap());
        kill(pid, Signal::SIGINT).unwrap();
        self.ping.wait().unwrap();
        let mut text = String::new();
        self.output.rewind().unwrap();
        self.output.read_to_string(&mut text).unwrap();
        let mut lines = text.lines().rev();
        let summary = lines.find(|line| line.contains("transmitted")).unwrap();
        let mut numbers = summary
            .split(", ")
            .filter_map(|part| part.split(' ').next()?.parse::<u64>().ok());
        let (sent, came_back) = (numbers.next().unwrap(), numbers.next().unwrap());
        let last = lines.find_map(|line| line.split_once("icmp_seq=")?.1.split(' ').next());
        let last: u64 = last.unwrap().parse().unwrap();
        // Numbers of 16 bits, from 1.
        let is_last_away = last == (sent - 1) % 65_536;
        Pings {
            sent,
            lost: sent - came_back - u64::from(is_last_away),
        }
    }
}

/// Every change that the kernel tells of in a namespace: one that is touched for less than a
/// millisecond loses no ping.
pub(super) struct Watch(Child);

impl Watch {
    pub(super) fn start(namespace: &Namespace) -> Self {
        let mut monitor = Command::new("ip");
        monitor.args(["monitor", "link", "address", "route", "rule"]);
        monitor.stdout(Stdio::piped()).stderr(Stdio::inherit());
        Self(namespace.run(|| monitor.spawn()).unwrap().unwrap())
    }

    /// Ends it and says what it saw.
    pub(super) fn end(mut self) -> String {
        self.0.kill().unwrap();
        let output = self.0.wait_with_output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

/// A connection through which bytes go and come back.
pub(super) struct Connection(TcpStream);

impl Connection {
    pub(super) fn open(from: &Namespace, to: &Namespace, address: &str) -> Self {
        let address: SocketAddr = address.parse().unwrap();
        let listener = to.run(|| TcpListener::bind(address)).unwrap().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut buffer = [0; 64];
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                if stream.write_all(&buffer[..count]).is_err() {
                    break;
                }
            }
        });
        let stream = from.run(|| TcpStream::connect(address)).unwrap().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(stream)
    }

    /// Sends something, and gets it back.
    pub(super) fn works(&mut self, after: &str) {
        let begin = Instant::now();
        self.0.write_all(b"yard").unwrap();
        let mut answer = [0; 4];
        let result = self.0.read_exact(&mut answer);
        result.unwrap_or_else(|error| panic!("after {after}: {error}"));
        assert_eq!(&answer, b"yard", "after {after}");
        if begin.elapsed() > Duration::from_secs(1) {
            eprintln!("after {after} it took {:?}", begin.elapsed());
        }
    }
}

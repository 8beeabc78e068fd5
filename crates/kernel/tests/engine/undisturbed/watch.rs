//! Who would be disturbed: a ping a thousand times a second, what the kernel tells of changes, and
//! connections.

use std::io::{Read, Write};
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
pub(super) struct Flood(Child);

impl Flood {
    pub(super) fn start(namespace: &Namespace, address: &str) -> Self {
        let mut ping = Command::new("ping");
        ping.args(["-n", "-q", "-i", "0.001", address]);
        ping.stdout(Stdio::piped()).stderr(Stdio::inherit());
        Self(namespace.run(|| ping.spawn()).unwrap().unwrap())
    }

    /// Ends it and says how many it sent and how many came back.
    pub(super) fn end(self) -> (u64, u64) {
        let pid = Pid::from_raw(self.0.id().try_into().unwrap());
        kill(pid, Signal::SIGINT).unwrap();
        let output = self.0.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let line = text
            .lines()
            .find(|line| line.contains("transmitted"))
            .unwrap();
        let mut numbers = line
            .split(", ")
            .filter_map(|part| part.split(' ').next()?.parse().ok());
        (numbers.next().unwrap(), numbers.next().unwrap())
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

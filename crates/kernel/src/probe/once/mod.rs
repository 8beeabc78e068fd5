//! Probes that end by themselves: one question, one answer.
//!
//! Each blocks until it is answered, within the time that it is given: for threads that may wait.
//! Its sockets are opened in the namespace by a short-lived thread, and are closed when it ends.

mod icmp_errors;
mod lookup;
mod path_mtu;
mod port;
mod throughput;
mod traceroute;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollTimeout, poll};
use protocol::ping::{PingFinding, Reason};
use protocol::probe::{NotSent, Probe, Probed, Silence};
use topology::NamespaceId;

use crate::error::{Cause, Error, Result};
use crate::namespace::Namespace;
use crate::probe::diagnose::{Diagnoser, Surroundings, diagnose};

/// Finds out what `probe` asks, from the namespace `source`.
///
/// # Errors
/// If there is no such namespace, the question is out of range, or the kernel refuses sockets. That
/// there is no answer is none.
pub fn probe(
    lab: &(impl Surroundings + ?Sized),
    source: NamespaceId,
    probe: &Probe,
) -> Result<Probed> {
    let Some(namespace) = lab.namespace(source) else {
        let text = "its namespace is not in the kernel";
        return Err(Error::new("probe from", source.to_string(), text));
    };
    let from = From {
        lab,
        source,
        namespace,
    };
    Ok(match probe {
        Probe::Tcp(asked) => Probed::Tcp(port::tcp(&from, asked)?),
        Probe::Udp(asked) => Probed::Udp(port::udp(&from, asked)?),
        Probe::Traceroute(asked) => Probed::Traceroute(traceroute::trace(&from, asked)?),
        Probe::PathMtu(asked) => Probed::PathMtu(path_mtu::measure(&from, asked)?),
        Probe::Lookup(asked) => Probed::Lookup(lookup::look_up(&from, asked)?),
        Probe::Way(asked) => Probed::Way(Diagnoser::new(from.lab).way(source, asked.target)),
        Probe::Throughput(asked) => Probed::Throughput(throughput::measure(&from, asked)?),
    })
}

/// Where a probe is sent from.
struct From<'a, L: ?Sized> {
    lab: &'a L,
    source: NamespaceId,
    namespace: Namespace,
}

impl<L: Surroundings + ?Sized> From<'_, L> {
    /// What is seen that explains why `target` does not answer.
    fn findings(&self, target: IpAddr) -> Vec<PingFinding> {
        diagnose(self.source, target, self.lab)
    }

    /// Nothing was heard of `target`.
    fn silence(&self, target: IpAddr) -> Silence {
        let findings = self.findings(target);
        let reason = findings.first().map_or(Reason::Timeout, |f| f.reason);
        Silence { reason, findings }
    }

    /// The kernel has refused to send to `target`.
    fn not_sent(&self, target: IpAddr, error: &std::io::Error) -> NotSent {
        let reason = match error.raw_os_error().map(Errno::from_raw) {
            Some(Errno::EPERM) => Reason::Filtered,
            Some(Errno::ENETUNREACH | Errno::EHOSTUNREACH | Errno::EACCES | Errno::EINVAL) => {
                Reason::NoRoute
            }
            Some(Errno::EMSGSIZE) => Reason::TooBig,
            _ => Reason::Other,
        };
        NotSent {
            reason,
            error: said(error),
            findings: self.findings(target),
        }
    }
}

/// What the kernel said, in words.
fn said(error: &std::io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => Cause::Kernel(Errno::from_raw(number)).to_string(),
        None => error.to_string(),
    }
}

/// Refuses a time that is out of range.
fn within(
    name: &str,
    milliseconds: u32,
    range: std::ops::RangeInclusive<u32>,
) -> Result<Duration, Cause> {
    match range.contains(&milliseconds) {
        true => Ok(Duration::from_millis(milliseconds.into())),
        false => Err(Cause::Text(format!(
            "a {name} of {milliseconds} ms is not from {} to {}",
            range.start(),
            range.end()
        ))),
    }
}

/// Waits until one of `sockets` is ready, for so long at most.
fn wait(sockets: &mut [PollFd<'_>], left: Duration) -> nix::Result<()> {
    // Rounded up: a wait of nothing would be one without end.
    let left = u16::try_from(left.as_millis() + 1).unwrap_or(u16::MAX);
    match poll(sockets, PollTimeout::from(left)) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// The address family of a socket.
fn domain(target: IpAddr) -> socket2::Domain {
    socket2::Domain::for_address(SocketAddr::new(target, 0))
}

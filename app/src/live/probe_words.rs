//! Probes and their answers, in words.

use std::net::IpAddr;

use protocol::expect::{judge_tcp, judge_udp};
use protocol::ping::{PingFinding, Reason};
use protocol::probe::{LookedUp, Probe, Probed, TcpProbed, TraceMethod, Transport, UdpProbed};
use topology::NamespaceId;

use super::ping_log::milliseconds;

/// A probe that was sent.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ProbeRow {
    /// Counted by this page.
    pub(crate) id: u64,
    /// From where.
    pub(crate) source: NamespaceId,
    /// What that was called then.
    pub(crate) source_name: String,
    /// What was asked.
    pub(crate) probe: Probe,
    /// What came of it; `None` while it is under way.
    pub(crate) answer: Option<Result<Probed, String>>,
}

/// How an answer is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tone {
    /// As one would have it.
    Good,
    /// Not so.
    Bad,
    /// Neither.
    Plain,
}

impl Tone {
    /// For `data-state` and style sheets.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Bad => "error",
            Self::Plain => "plain",
        }
    }
}

/// An answer in words.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Said {
    /// How it is taken.
    pub(crate) tone: Tone,
    /// In a line.
    pub(crate) text: String,
    /// What more there is: a name and what it is.
    pub(crate) lines: Vec<(String, String)>,
    /// What explains it.
    pub(crate) findings: Vec<PingFinding>,
}

/// What a probe is called.
pub(crate) fn name(probe: &Probe) -> &'static str {
    match probe {
        Probe::Tcp(_) => "TCP connect",
        Probe::Udp(_) => "UDP",
        Probe::Traceroute(_) => "Traceroute",
        Probe::PathMtu(_) => "Path MTU",
        Probe::Lookup(_) => "Lookup",
        Probe::Throughput(_) => "Throughput",
        Probe::Way(_) => "Way",
    }
}

/// To where a probe goes.
pub(crate) fn target(probe: &Probe) -> IpAddr {
    match probe {
        Probe::Tcp(asked) | Probe::Udp(asked) => asked.target,
        Probe::Traceroute(asked) => asked.target,
        Probe::PathMtu(asked) => asked.target,
        Probe::Lookup(asked) => asked.target,
        Probe::Throughput(asked) => asked.target,
        Probe::Way(asked) => asked.target,
    }
}

/// What else is asked: `tcp/80`, `ICMP`.
pub(crate) fn how(probe: &Probe) -> String {
    match probe {
        Probe::Tcp(asked) => format!("tcp/{}", asked.port),
        Probe::Udp(asked) => format!("udp/{}", asked.port),
        Probe::Traceroute(asked) => match asked.method {
            TraceMethod::Icmp => "ICMP".to_owned(),
            TraceMethod::Udp => "UDP".to_owned(),
            TraceMethod::Tcp => "TCP".to_owned(),
        },
        Probe::Throughput(asked) => match asked.transport {
            Transport::Tcp => "TCP".to_owned(),
            Transport::Udp => "UDP".to_owned(),
        },
        Probe::PathMtu(_) | Probe::Lookup(_) | Probe::Way(_) => String::new(),
    }
}

/// An answer in words.
pub(crate) fn said(probe: &Probe, answer: &Result<Probed, String>) -> Said {
    let plain = |tone, text: String| Said {
        tone,
        text,
        lines: Vec::new(),
        findings: Vec::new(),
    };
    match (probe, answer) {
        (_, Err(error)) => plain(Tone::Bad, error.clone()),
        (Probe::Tcp(asked), Ok(Probed::Tcp(found))) => {
            let judged = judge_tcp(asked.target, asked.port, found, true);
            let findings = match found {
                TcpProbed::NotSent(not_sent) => not_sent.findings.clone(),
                TcpProbed::Silent(silence) => silence.findings.clone(),
                _ => Vec::new(),
            };
            Said {
                findings,
                ..plain(tone(judged.holds), judged.observed)
            }
        }
        (Probe::Udp(asked), Ok(Probed::Udp(found))) => {
            let judged = judge_udp(asked.target, asked.port, found, true);
            let findings = match found {
                UdpProbed::NotSent(not_sent) => not_sent.findings.clone(),
                UdpProbed::Silent(silence) => silence.findings.clone(),
                _ => Vec::new(),
            };
            Said {
                findings,
                ..plain(tone(judged.holds), judged.observed)
            }
        }
        (_, Ok(Probed::Traceroute(found))) => {
            let routers = found.hops.len().saturating_sub(usize::from(found.reached));
            let text = match (found.reached, routers) {
                (true, 0) => "reached at once: it is on a network of its own".to_owned(),
                (true, 1) => "reached through 1 router".to_owned(),
                (true, many) => format!("reached through {many} routers"),
                (false, _) => "the target itself did not answer".to_owned(),
            };
            let lines = found.hops.iter().map(|hop| {
                let mut who: Vec<String> = Vec::new();
                for answer in &hop.answers {
                    let text = match answer {
                        None => "*".to_owned(),
                        Some(answer) => {
                            let rtt = milliseconds(answer.rtt_ns);
                            let error = answer.error.iter().map(|error| format!(" {error}"));
                            format!("{} {rtt} ms{}", answer.from, error.collect::<String>())
                        }
                    };
                    who.push(text);
                }
                if who.iter().all(|text| text == "*") {
                    who = vec!["no answer".to_owned()];
                }
                (hop.ttl.to_string(), who.join(", "))
            });
            Said {
                lines: lines.collect(),
                ..plain(tone(found.reached), text)
            }
        }
        (_, Ok(Probed::PathMtu(found))) => {
            let limits = found.limits.iter();
            let limits = limits.map(|limit| {
                let text = format!("too big: its next link takes {} bytes", limit.mtu);
                (limit.by.to_string(), text)
            });
            let text = match (found.black_hole, found.mtu < found.first) {
                (true, _) => format!(
                    "{} bytes; larger packets are lost without a word, which stalls connections",
                    found.mtu
                ),
                (false, true) => format!(
                    "{} bytes, of {} that the first link takes",
                    found.mtu, found.first
                ),
                (false, false) => format!("{} bytes, all the way", found.mtu),
            };
            Said {
                lines: limits.collect(),
                ..plain(tone(!found.black_hole), text)
            }
        }
        (_, Ok(Probed::Throughput(found))) => {
            let mut lines = Vec::new();
            if let Some(datagrams) = &found.datagrams {
                let lost = datagrams.sent.saturating_sub(datagrams.received);
                let text = format!(
                    "{lost} of {} lost, {} out of order",
                    datagrams.sent, datagrams.out_of_order
                );
                lines.push(("datagrams".to_owned(), text));
            }
            if let Some(again) = found.retransmits {
                lines.push(("sent again".to_owned(), format!("{again} segments")));
            }
            let text = format!(
                "{} in {} ms",
                bits(found.bits_per_second),
                milliseconds(found.took_ns)
            );
            Said {
                lines,
                ..plain(tone(found.received_bytes > 0), text)
            }
        }
        (_, Ok(Probed::Lookup(found))) => looked_up(found),
        (_, Ok(Probed::Way(found))) => Said {
            findings: found.findings.clone(),
            ..plain(tone(found.arrives), String::new())
        },
        (_, Ok(_)) => plain(Tone::Bad, "an answer to another question".to_owned()),
    }
}

fn tone(good: bool) -> Tone {
    if good { Tone::Good } else { Tone::Bad }
}

fn looked_up(found: &LookedUp) -> Said {
    let mut lines = Vec::new();
    let mut push = |name: &str, text: Option<String>| {
        lines.extend(text.map(|text| (name.to_owned(), text)));
    };
    let text = match (&found.route, &found.error) {
        (Some(route), _) => {
            let to = match route.destination {
                Some(network) if network.prefix_len() == 0 => "the default route".to_owned(),
                Some(network) => format!("the route to {network}"),
                None => format!("a {} route", route.kind),
            };
            let via = route.gateway.map(|via| format!(" via {via}"));
            let out = route.interface.as_ref().map(|out| format!(" out of {out}"));
            let parts = [via, out].into_iter().flatten().collect::<String>();
            push(
                "kind",
                (route.kind != "unicast").then(|| route.kind.clone()),
            );
            push("table", route.table.map(table));
            push("source", route.source.map(|source| source.to_string()));
            format!("by {to}{parts}")
        }
        (None, Some(error)) => error.clone(),
        (None, None) => "there is no route".to_owned(),
    };
    push("rule", found.rule.clone());
    push(
        "neighbour",
        found.neighbour.as_ref().map(|neighbour| {
            let link = neighbour.link_address.iter();
            let link = link.map(|link| format!(" at {link}")).collect::<String>();
            format!("{}{link}: {}", neighbour.address, neighbour.state)
        }),
    );
    Said {
        tone: match found.route {
            Some(_) => Tone::Plain,
            None => Tone::Bad,
        },
        text,
        lines,
        findings: Vec::new(),
    }
}

/// As `ip` says them (`/etc/iproute2/rt_tables`).
fn table(number: u32) -> String {
    match number {
        255 => "local".to_owned(),
        254 => "main".to_owned(),
        253 => "default".to_owned(),
        other => other.to_string(),
    }
}

/// Bits a second.
fn bits(rate: u64) -> String {
    let rate = rate as f64;
    match rate {
        rate if rate >= 1e9 => format!("{:.2} Gbit/s", rate / 1e9),
        rate if rate >= 1e6 => format!("{:.1} Mbit/s", rate / 1e6),
        rate => format!("{:.1} kbit/s", rate / 1e3),
    }
}

/// Why a matrix's cell says what it says: for a legend.
pub(crate) fn long(reason: Reason) -> &'static str {
    match reason {
        Reason::InterfaceDown => "an interface on the way is down",
        Reason::NoAddress => "no address to send from",
        Reason::NotReady => "an address may not be used yet",
        Reason::DuplicateAddress => "two have the same address",
        Reason::NoRoute => "no route",
        Reason::NotForwarded => "a router does not forward",
        Reason::NoNeighbour => "nobody has the next address",
        Reason::ReversePath => "dropped for where it comes from",
        Reason::Loop => "sent in a circle",
        Reason::Rejected => "refused with an ICMP error",
        Reason::TooBig => "larger than a link takes",
        Reason::Filtered => "dropped by a firewall",
        Reason::Timeout => "nothing is heard, and nothing is seen",
        Reason::Other => "the kernel refuses to send",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::probe::{
        Lookup, NeighbourFound, PathMtu, PathMtuProbed, RouteFound, TraceAnswer, TraceHop, Traced,
    };

    fn lookup() -> Probe {
        Probe::Lookup(Lookup {
            target: "10.9.0.1".parse().unwrap(),
            from: None,
            arrived_by: None,
            mark: None,
        })
    }

    #[test]
    fn lookups_are_sentences() {
        let found = LookedUp {
            route: Some(RouteFound {
                kind: "unicast".into(),
                destination: Some("0.0.0.0/0".parse().unwrap()),
                table: Some(254),
                gateway: Some("10.0.0.2".parse().unwrap()),
                interface: Some("eth0".into()),
                source: Some("10.0.0.1".parse().unwrap()),
            }),
            error: None,
            rule: Some("32766: from all lookup main".into()),
            neighbour: Some(NeighbourFound {
                address: "10.0.0.2".parse().unwrap(),
                state: "none".into(),
                link_address: None,
            }),
        };
        let said = said(&lookup(), &Ok(Probed::Lookup(found)));
        assert_eq!(said.text, "by the default route via 10.0.0.2 out of eth0");
        let lines: Vec<_> = said
            .lines
            .iter()
            .map(|(n, t)| format!("{n}: {t}"))
            .collect();
        assert_eq!(
            lines,
            [
                "table: main",
                "source: 10.0.0.1",
                "rule: 32766: from all lookup main",
                "neighbour: 10.0.0.2: none"
            ]
        );
    }

    #[test]
    fn ways_and_paths_are_told() {
        let answer = |last| {
            Some(TraceAnswer {
                from: IpAddr::from([10, 0, 0, last]),
                rtt_ns: 41_000,
                error: None,
            })
        };
        let traced = Traced {
            hops: vec![
                TraceHop {
                    ttl: 1,
                    answers: vec![answer(1), None],
                },
                TraceHop {
                    ttl: 2,
                    answers: vec![None, None],
                },
            ],
            reached: false,
        };
        let told = said(&lookup(), &Ok(Probed::Traceroute(traced)));
        assert_eq!(told.tone, Tone::Bad);
        assert_eq!(told.lines[0].1, "10.0.0.1 0.041 ms, *");
        assert_eq!(told.lines[1].1, "no answer");
        let path = Probe::PathMtu(PathMtu {
            target: "10.0.0.1".parse().unwrap(),
            timeout_ms: 10,
        });
        let found = PathMtuProbed {
            mtu: 1400,
            first: 1500,
            limits: Vec::new(),
            black_hole: false,
        };
        let told = said(&path, &Ok(Probed::PathMtu(found)));
        assert_eq!(told.text, "1400 bytes, of 1500 that the first link takes");
    }
}

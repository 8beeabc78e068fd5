//! Probes: one question to the network, and its answer in words.

mod row;

use std::net::IpAddr;

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::probe::{
    Lookup, PathMtu, PortProbe, Probe, Probed, Throughput, TraceMethod, Traceroute, Transport,
};
use topology::NamespaceId;

use self::row::ProbeRowView;
use super::dock::Dock;
use super::pings::{SourceSelect, TargetField, source_of};
use crate::editor::lab::Lab;
use crate::editor::reach::address_of;
use crate::editor::way::hops;
use crate::icons::{Icon, icon};
use crate::live::probe_words::{self, ProbeRow};
use crate::testids;

/// Answers that are kept: older ones are of little interest.
const KEPT: usize = 50;
/// How long a port, a router or a path is waited for, milliseconds.
const PATIENCE_MS: u32 = 1000;
/// How long throughput is measured, milliseconds.
const MEASURED_MS: u32 = 1000;
/// Packets to each router of a way.
const QUERIES: u8 = 3;
/// Routers on a way, as traceroute(8) has it.
const MOST_HOPS: u8 = 30;
/// Payload of a datagram that fits in an Ethernet frame of both families.
const DATAGRAM: u16 = 1448;

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Question {
    /// Whether a TCP port can be connected to.
    Tcp,
    /// Whether a UDP port answers.
    Udp,
    /// Which routers a packet passes.
    Traceroute,
    /// The largest packet that goes.
    PathMtu,
    /// How much gets through.
    Throughput,
    /// What the kernel would do.
    Lookup,
}

impl Question {
    const ALL: [Self; 6] = [
        Self::Tcp,
        Self::Udp,
        Self::Traceroute,
        Self::PathMtu,
        Self::Throughput,
        Self::Lookup,
    ];

    fn key(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Traceroute => "traceroute",
            Self::PathMtu => "path-mtu",
            Self::Throughput => "throughput",
            Self::Lookup => "lookup",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Tcp => "TCP connect",
            Self::Udp => "UDP",
            Self::Traceroute => "Traceroute",
            Self::PathMtu => "Path MTU",
            Self::Throughput => "Throughput",
            Self::Lookup => "Lookup: what would the kernel do",
        }
    }

    fn has_port(self) -> bool {
        matches!(self, Self::Tcp | Self::Udp)
    }

    /// What it can be done with, besides the first.
    fn methods(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Traceroute => &[("icmp", "ICMP"), ("udp", "UDP"), ("tcp", "TCP")],
            Self::Throughput => &[("tcp", "TCP"), ("udp", "UDP")],
            _ => &[],
        }
    }

    fn probe(self, target: IpAddr, port: u16, method: &str) -> Probe {
        let at_port = PortProbe {
            target,
            port,
            timeout_ms: PATIENCE_MS,
        };
        match self {
            Self::Tcp => Probe::Tcp(at_port),
            Self::Udp => Probe::Udp(at_port),
            Self::Traceroute => Probe::Traceroute(Traceroute {
                target,
                method: match method {
                    "udp" => TraceMethod::Udp,
                    "tcp" => TraceMethod::Tcp,
                    _ => TraceMethod::Icmp,
                },
                port: None,
                first_hop: 1,
                most_hops: MOST_HOPS,
                queries: QUERIES,
                timeout_ms: PATIENCE_MS,
            }),
            Self::PathMtu => Probe::PathMtu(PathMtu {
                target,
                timeout_ms: PATIENCE_MS,
            }),
            Self::Throughput => Probe::Throughput(Throughput {
                target,
                transport: match method {
                    "udp" => Transport::Udp,
                    _ => Transport::Tcp,
                },
                duration_ms: MEASURED_MS,
                rate: None,
                size: DATAGRAM,
            }),
            Self::Lookup => Probe::Lookup(Lookup {
                target,
                from: None,
                arrived_by: None,
                mark: None,
            }),
        }
    }
}

/// The panel.
#[component]
pub(crate) fn ProbesPanel() -> impl IntoView {
    let lab = Lab::of_page();
    on_cleanup(move || lab.hide_way());
    let keys = move || {
        lab.probes.with(|all| {
            let rows = all.iter().map(|row| (row.id, row.answer.is_some()));
            rows.collect::<Vec<_>>()
        })
    };
    let row = move |(id, _): (u64, bool)| {
        let found = lab
            .probes
            .with_untracked(|all| all.iter().find(|row| row.id == id).cloned());
        found.map(|row| view! { <ProbeRowView row=row /> })
    };
    view! {
        <div class="pings">
            <Form />
            <Show
                when=move || lab.probes.with(|all| !all.is_empty())
                fallback=move || view! { <p class="empty">{move || hint(lab)}</p> }
            >
                <ul class="ping-list">
                    <For each=keys key=|key| *key children=row />
                </ul>
            </Show>
        </div>
    }
}

fn hint(lab: Lab) -> &'static str {
    if lab.is_running() {
        "Nothing asked yet. Choose above: a port, the way, what it takes, or what the kernel would do. What namespaces serve is in the inspector."
    } else {
        "Start the lab, then ask: is a port open, which way do packets go, how much gets through."
    }
}

#[component]
fn Form() -> impl IntoView {
    let lab = Lab::of_page();
    let dock = Dock::of_page();
    let error = RwSignal::new(None::<String>);
    let method = RwSignal::new(String::new());
    let port_text = dock.probe_port;
    let source = source_of(lab, dock);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let question = dock.question.get_untracked();
        let Some(from) = source.get_untracked() else {
            return;
        };
        let typed = dock.ping_target.get_untracked();
        let target = lab.peek(|document| address_of(document, from, &typed));
        let port = port_text.get_untracked();
        let port = match port.trim().parse::<u16>().ok().filter(|port| *port != 0) {
            Some(port) => Ok(port),
            None if !question.has_port() => Ok(0),
            None => Err(format!("`{}` is no port: 1 to 65535", port.trim())),
        };
        match target.and_then(|target| Ok((target, port?))) {
            Ok((target, port)) => {
                error.set(None);
                ask(
                    lab,
                    from,
                    question.probe(target, port, &method.get_untracked()),
                );
            }
            Err(why) => error.set(Some(why)),
        }
    };
    view! {
        <form class="panel-bar" on:submit=submit>
            <select
                aria-label="What to ask"
                data-testid=testids::PROBE_KIND
                on:change=move |event| {
                    let key = event_target_value(&event);
                    let found = Question::ALL.into_iter().find(|one| one.key() == key);
                    error.set(None);
                    method.set(String::new());
                    if let Some(question) = found {
                        dock.question.set(question);
                    }
                }
            >
                {Question::ALL
                    .map(|question| {
                        view! {
                            <option
                                value=question.key()
                                selected=move || dock.question.get() == question
                            >
                                {question.name()}
                            </option>
                        }
                    })
                    .into_iter()
                    .collect_view()}
            </select>
            <label for="probe-source">"from"</label>
            <SourceSelect id="probe-source" />
            <label for="probe-target">"to"</label>
            <TargetField id="probe-target" error=error />
            <Show when=move || dock.question.get().has_port()>
                <label for="probe-port">"port"</label>
                <input
                    id="probe-port"
                    class="mono port"
                    inputmode="numeric"
                    autocomplete="off"
                    data-testid=testids::PROBE_PORT
                    prop:value=move || port_text.get()
                    on:input=move |event| {
                        error.set(None);
                        port_text.set(event_target_value(&event));
                    }
                />
            </Show>
            <Show when=move || !dock.question.get().methods().is_empty()>
                <label for="probe-method">"by"</label>
                <select
                    id="probe-method"
                    on:change=move |event| method.set(event_target_value(&event))
                >
                    {move || {
                        let methods = dock.question.get().methods().iter();
                        methods
                            .map(|(key, name)| view! { <option value=*key>{*name}</option> })
                            .collect_view()
                    }}
                </select>
            </Show>
            <button
                class="primary"
                type="submit"
                data-testid=testids::PROBE_START
                disabled=move || !lab.is_live()
            >
                {icon(Icon::Play)}
                "Ask"
            </button>
            <span class="field-error" role="alert">
                {move || error.get()}
            </span>
        </form>
    }
}

/// Asks, and keeps the answer.
pub(crate) fn ask(lab: Lab, source: NamespaceId, probe: Probe) {
    let id = lab.token();
    let row = ProbeRow {
        id,
        source,
        source_name: lab.peek(|document| document.describe_namespace(source)),
        probe: probe.clone(),
        answer: None,
    };
    lab.probes.update(|all| {
        all.insert(0, row);
        all.truncate(KEPT);
    });
    spawn_local(async move {
        let answer = lab.ask_probe(source, &probe).await;
        if let Ok(Probed::Traceroute(traced)) = &answer {
            let target = probe_words::target(&probe);
            let failed = (!traced.reached).then(|| "no answer from here on".to_owned());
            let hops = lab.peek(|document| hops(document, traced));
            lab.show_way(source, target, failed, hops);
        }
        lab.probes.try_update(|all| {
            if let Some(row) = all.iter_mut().find(|row| row.id == id) {
                row.answer = Some(answer);
            }
        });
    });
}

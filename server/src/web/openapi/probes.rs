//! The schemas of `protocol::reach` and `protocol::probe`; tests compare them with what is really
//! sent and taken.

use serde_json::{Value, json};

use super::{object, reference, variant};

/// The words of `protocol::ping::Reason`.
const REASONS: [&str; 14] = [
    "interface_down",
    "no_address",
    "not_ready",
    "duplicate_address",
    "no_route",
    "not_forwarded",
    "no_neighbour",
    "reverse_path",
    "loop",
    "rejected",
    "too_big",
    "filtered",
    "timeout",
    "other",
];

pub(super) fn schemas() -> Value {
    let text = || json!({ "type": "string" });
    let maybe_text = || json!({ "type": ["string", "null"] });
    let count = || json!({ "type": "integer", "minimum": 0 });
    let maybe_count = || json!({ "type": ["integer", "null"], "minimum": 0 });
    let is = || json!({ "type": "boolean" });
    let list = |of: &str| json!({ "type": "array", "items": reference(of) });
    let nanoseconds = || json!({ "type": "integer", "minimum": 0, "description": "Nanoseconds." });
    let took = || object(json!({ "took_ns": nanoseconds() }));
    let port = || {
        json!({
            "type": "object",
            "properties": { "target": text(), "port": count(), "timeout_ms": count() },
            "required": ["target", "port"],
        })
    };
    let asked = |properties: Value| json!({ "type": "object", "properties": properties, "required": ["target"] });
    json!({
        "Reason": { "enum": REASONS },
        "Finding": object(json!({
            "reason": reference("Reason"), "namespace": maybe_count(), "interface": maybe_count(),
            "text": text(),
        })),
        "ReachOptions": {
            "type": "object",
            "properties": { "timeout_ms": { "type": "integer", "minimum": 10, "maximum": 10000 } },
        },
        "Reachability": object(json!({
            "sources": list("ReachSource"), "targets": list("ReachTarget"),
            "pairs": list("ReachPair"), "took_ns": nanoseconds(), "limits": list("NeighbourLimit"),
        })),
        "ReachSource": object(json!({ "namespace": count(), "name": text() })),
        "ReachTarget": object(json!({
            "namespace": count(), "name": text(), "interface": maybe_count(),
            "interface_name": text(), "address": text(),
        })),
        "ReachPair": object(json!({
            "source": { "type": "integer", "description": "Place in sources, from 0." },
            "target": { "type": "integer", "description": "Place in targets, from 0." },
            "result": { "oneOf": [
                variant("reachable", object(json!({ "rtt_ns": nanoseconds(), "ttl": maybe_count() }))),
                variant("unreachable", reference("Unreachable")),
            ] },
        })),
        "Unreachable": object(json!({
            "reason": reference("Reason"), "text": text(), "by": maybe_text(),
            "findings": list("Finding"),
        })),
        "NeighbourLimit": object(json!({
            "family": { "enum": ["ipv4", "ipv6"] }, "gc_thresh3": count(), "in_use": count(),
            "wanted": count(), "waves": count(),
        })),
        "Probe": { "oneOf": [
            variant("tcp", port()),
            variant("udp", port()),
            variant("traceroute", asked(json!({
                "target": text(), "method": { "enum": ["icmp", "udp", "tcp"] }, "port": maybe_count(),
                "first_hop": count(), "most_hops": count(), "queries": count(), "timeout_ms": count(),
            }))),
            variant("path_mtu", asked(json!({ "target": text(), "timeout_ms": count() }))),
            variant("lookup", asked(json!({
                "target": text(), "from": maybe_text(), "arrived_by": maybe_text(),
                "mark": maybe_count(),
            }))),
            variant("throughput", asked(json!({
                "target": text(), "transport": { "enum": ["tcp", "udp"] }, "duration_ms": count(),
                "rate": maybe_count(), "size": count(),
            }))),
            variant("way", asked(json!({ "target": text() }))),
        ] },
        "Probed": { "oneOf": [
            variant("tcp", json!({ "oneOf": [
                variant("open", took()),
                variant("refused", object(json!({ "by": text(), "took_ns": nanoseconds() }))),
                variant("rejected", reference("IcmpRefusal")),
                variant("not_sent", reference("NotSent")),
                variant("silent", reference("Silence")),
            ] })),
            variant("udp", json!({ "oneOf": [
                variant("answered", object(json!({ "bytes": count(), "took_ns": nanoseconds() }))),
                variant("rejected", reference("IcmpRefusal")),
                variant("not_sent", reference("NotSent")),
                variant("silent", reference("Silence")),
            ] })),
            variant("traceroute", object(json!({ "hops": list("TraceHop"), "reached": is() }))),
            variant("path_mtu", object(json!({
                "mtu": count(), "first": count(),
                "limits": { "type": "array", "items": object(json!({ "by": text(), "mtu": count() })) },
                "black_hole": is(),
            }))),
            variant("lookup", object(json!({
                "route": { "oneOf": [{ "type": "null" }, reference("RouteFound")] },
                "error": maybe_text(), "rule": maybe_text(),
                "neighbour": { "oneOf": [{ "type": "null" }, reference("NeighbourFound")] },
            }))),
            variant("throughput", object(json!({
                "sent_bytes": count(), "received_bytes": count(), "took_ns": nanoseconds(),
                "bits_per_second": count(),
                "datagrams": { "oneOf": [{ "type": "null" }, object(json!({
                    "sent": count(), "received": count(), "out_of_order": count(),
                }))] },
                "retransmits": maybe_count(),
            }))),
            variant("way", object(json!({
                "places": list("WayPlace"), "arrives": is(), "findings": list("Finding"),
            }))),
        ] },
        "WayPlace": object(json!({
            "namespace": count(), "interface": maybe_count(), "name": text(),
        })),
        "IcmpRefusal": object(json!({
            "by": text(), "reason": reference("Reason"), "kind": count(), "code": count(),
            "meaning": text(), "took_ns": nanoseconds(),
        })),
        "NotSent": object(json!({
            "reason": reference("Reason"), "error": text(), "findings": list("Finding"),
        })),
        "Silence": object(json!({ "reason": reference("Reason"), "findings": list("Finding") })),
        "TraceHop": object(json!({
            "ttl": count(),
            "answers": { "type": "array", "items": { "oneOf": [
                { "type": "null" },
                object(json!({ "from": text(), "rtt_ns": nanoseconds(), "error": maybe_text() })),
            ] } },
        })),
        "RouteFound": object(json!({
            "kind": text(), "destination": maybe_text(), "table": maybe_count(),
            "gateway": maybe_text(), "interface": maybe_text(), "source": maybe_text(),
        })),
        "NeighbourFound": object(json!({
            "address": text(), "state": text(), "link_address": maybe_text(),
        })),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use protocol::ping::{PingFinding, Reason};
    use protocol::probe::{
        Datagrams, IcmpRefusal, LookedUp, MtuLimit, NeighbourFound, NotSent, PathMtuProbed, Probe,
        Probed, RouteFound, Silence, TcpProbed, ThroughputProbed, TraceAnswer, TraceHop, Traced,
        UdpProbed, WayFound, WayPlace,
    };
    use protocol::reach::{
        NeighbourLimit, ReachPair, ReachResult, ReachSource, ReachTarget, Reachability, Unreachable,
    };
    use topology::NamespaceId;
    use topology::address::Family;

    use super::super::tests::{keys, same};
    use super::*;

    fn address() -> std::net::IpAddr {
        "10.0.0.1".parse().unwrap()
    }

    fn unreachable() -> Unreachable {
        Unreachable {
            reason: Reason::Timeout,
            text: String::new(),
            by: None,
            findings: Vec::new(),
        }
    }

    #[test]
    fn a_matrix_is_as_it_is_sent() {
        let schemas = schemas();
        let namespace = NamespaceId::HOST;
        let name = String::new;
        same(
            &schemas["ReachSource"],
            ReachSource {
                namespace,
                name: name(),
            },
        );
        same(
            &schemas["ReachTarget"],
            ReachTarget {
                namespace,
                name: name(),
                interface: None,
                interface_name: name(),
                address: address(),
            },
        );
        let results = [
            ReachResult::Reachable {
                rtt_ns: 1,
                ttl: None,
            },
            ReachResult::Unreachable(Box::new(unreachable())),
        ];
        for (place, result) in results.into_iter().enumerate() {
            same(
                &schemas["ReachPair"]["properties"]["result"]["oneOf"][place],
                &result,
            );
            same(
                &schemas["ReachPair"],
                ReachPair {
                    source: 0,
                    target: 0,
                    result,
                },
            );
        }
        same(&schemas["Unreachable"], unreachable());
        let finding = PingFinding {
            reason: Reason::Other,
            namespace: None,
            interface: None,
            text: name(),
        };
        same(&schemas["Finding"], finding);
        let limit = NeighbourLimit {
            family: Family::Ipv4,
            gc_thresh3: 1024,
            in_use: 0,
            wanted: 0,
            waves: 0,
        };
        same(&schemas["NeighbourLimit"], limit);
        let none = Reachability {
            sources: Vec::new(),
            targets: Vec::new(),
            pairs: Vec::new(),
            took_ns: 0,
            limits: Vec::new(),
        };
        same(&schemas["Reachability"], none);
        for word in REASONS {
            serde_json::from_value::<Reason>(word.into()).unwrap();
        }
    }

    /// What the schema says can be asked is taken, with each of its keys and with as few as can be.
    #[test]
    fn probes_are_taken_as_they_are_described() {
        let schemas = schemas();
        let example = |name: &str| match name {
            "target" | "from" => json!("10.0.0.1"),
            "arrived_by" => json!("eth0"),
            "method" | "transport" => json!("udp"),
            _ => json!(20),
        };
        for schema in schemas["Probe"]["oneOf"].as_array().unwrap() {
            let name = &keys(&schema["properties"])[0];
            let inner = &schema["properties"][name];
            let all = keys(&inner["properties"]);
            let required = inner["required"].as_array().unwrap();
            let required = required.iter().map(|key| key.as_str().unwrap().to_owned());
            for wanted in [all.clone(), required.collect()] {
                let filled: serde_json::Map<_, _> = wanted
                    .iter()
                    .map(|key| (key.clone(), example(key)))
                    .collect();
                let probe: Probe = serde_json::from_value(json!({ name: filled })).unwrap();
                let written = serde_json::to_value(probe).unwrap();
                assert_eq!(keys(&written[name]), all);
            }
            let unknown = json!({ name: { "target": "10.0.0.1", "port": 1, "colour": 1 } });
            assert!(serde_json::from_value::<Probe>(unknown).is_err());
        }
    }

    #[test]
    fn what_was_found_out_is_as_it_is_sent() {
        let schemas = schemas();
        let (by, reason, error) = (address(), Reason::Other, String::new);
        let refusal = IcmpRefusal {
            by,
            reason,
            kind: 3,
            code: 3,
            meaning: error(),
            took_ns: 1,
        };
        let not_sent = NotSent {
            reason,
            error: error(),
            findings: Vec::new(),
        };
        let silence = Silence {
            reason,
            findings: Vec::new(),
        };
        same(&schemas["IcmpRefusal"], &refusal);
        same(&schemas["NotSent"], &not_sent);
        same(&schemas["Silence"], &silence);
        let hop = TraceHop {
            ttl: 1,
            answers: vec![Some(TraceAnswer {
                from: by,
                rtt_ns: 1,
                error: None,
            })],
        };
        same(&schemas["TraceHop"], &hop);
        let route = RouteFound {
            kind: error(),
            destination: None,
            table: None,
            gateway: None,
            interface: None,
            source: None,
        };
        same(&schemas["RouteFound"], &route);
        let neighbour = NeighbourFound {
            address: by,
            state: error(),
            link_address: None,
        };
        same(&schemas["NeighbourFound"], &neighbour);
        let tcp = [
            TcpProbed::Open { took_ns: 1 },
            TcpProbed::Refused { by, took_ns: 1 },
            TcpProbed::Rejected(refusal.clone()),
            TcpProbed::NotSent(not_sent.clone()),
            TcpProbed::Silent(silence.clone()),
        ];
        let probed = &schemas["Probed"]["oneOf"];
        for (place, answer) in tcp.into_iter().enumerate() {
            same(&probed[0]["properties"]["tcp"]["oneOf"][place], &answer);
            same(&probed[0], Probed::Tcp(answer));
        }
        let udp = [
            UdpProbed::Answered {
                bytes: 1,
                took_ns: 1,
            },
            UdpProbed::Rejected(refusal),
            UdpProbed::NotSent(not_sent),
            UdpProbed::Silent(silence),
        ];
        for (place, answer) in udp.into_iter().enumerate() {
            same(&probed[1]["properties"]["udp"]["oneOf"][place], &answer);
            same(&probed[1], Probed::Udp(answer));
        }
        let traced = Traced {
            hops: vec![hop],
            reached: true,
        };
        let path = PathMtuProbed {
            mtu: 1,
            first: 1,
            limits: vec![MtuLimit { by, mtu: 1 }],
            black_hole: false,
        };
        let looked = LookedUp {
            route: Some(route),
            error: None,
            rule: None,
            neighbour: Some(neighbour),
        };
        let through = ThroughputProbed {
            sent_bytes: 1,
            received_bytes: 1,
            took_ns: 1,
            bits_per_second: 1,
            datagrams: Some(Datagrams {
                sent: 1,
                received: 1,
                out_of_order: 0,
            }),
            retransmits: None,
        };
        same(&probed[2]["properties"]["traceroute"], &traced);
        same(&probed[3]["properties"]["path_mtu"], &path);
        same(&probed[4]["properties"]["lookup"], &looked);
        same(&probed[5]["properties"]["throughput"], &through);
        let place = WayPlace {
            namespace: NamespaceId(1),
            interface: None,
            name: "red/eth0".to_owned(),
        };
        same(&schemas["WayPlace"], &place);
        let way = WayFound {
            places: vec![place],
            arrives: true,
            findings: Vec::new(),
        };
        same(&probed[6]["properties"]["way"], &way);
    }
}

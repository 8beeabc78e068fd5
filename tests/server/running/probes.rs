//! Probes over the HTTP API, in a lab that runs.

use protocol::ping::Reason;
use protocol::probe::{Probed, TcpProbed};
use protocol::reach::{ReachResult, Reachability};
use serde_json::json;
use support::Yard;

use super::View;

#[tokio::test]
async fn who_reaches_whom_and_why_not() {
    let yard = Yard::start("reachability");
    let lab = yard.create_example("article");
    let mut view = View::open(&yard, &lab).await;
    view.start().await;
    let path = format!("/api/v1/labs/{}/reachability", lab.0);
    let found: Reachability = serde_json::from_str(&yard.post(&path, &json!({}))).unwrap();
    let place = |name: &str| found.sources.iter().position(|s| s.name == name);
    let target = |address: &str| {
        let address: std::net::IpAddr = address.parse().unwrap();
        found.targets.iter().position(|t| t.address == address)
    };
    let pair = |from: &str, to: &str| {
        let (from, to) = (place(from).unwrap() as u32, target(to).unwrap() as u32);
        let mut all = found.pairs.iter();
        let pair = all.find(|p| p.source == from && p.target == to);
        &pair.unwrap().result
    };
    // Red and blue are on one cable, and ping each other there, as the article shows.
    let blue = found.targets.iter().find(|t| t.name == "blue").unwrap();
    let reached = pair("red", &blue.address.to_string());
    assert!(
        matches!(reached, ReachResult::Reachable { .. }),
        "{reached:?}"
    );

    let probes = |namespace: &str| format!("/api/v1/labs/{}/namespaces/{namespace}/probes", lab.0);
    let tcp = json!({ "tcp": { "target": blue.address, "port": 80 } });
    let answer: Probed = serde_json::from_str(&yard.post(&probes("red"), &tcp)).unwrap();
    let Probed::Tcp(TcpProbed::Refused { by, .. }) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(by, blue.address);
    let nowhere = json!({ "tcp": { "target": "192.0.2.1", "port": 80 } });
    let answer: Probed = serde_json::from_str(&yard.post(&probes("red"), &nowhere)).unwrap();
    let Probed::Tcp(TcpProbed::NotSent(why)) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(why.reason, Reason::NoRoute);
}

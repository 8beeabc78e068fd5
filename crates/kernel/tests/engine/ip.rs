//! What `ip` says, and what it does.

use std::process::{Command, Output};

use kernel::Namespace;
use serde_json::Value;

/// Runs a command in a namespace and returns its output.
pub(crate) fn run(namespace: &Namespace, words: &str) -> Output {
    let mut words = words.split_whitespace();
    let mut command = Command::new(words.next().unwrap());
    command.args(words);
    namespace.run(|| command.output()).unwrap().unwrap()
}

/// Runs a command in a namespace that must succeed.
pub(crate) fn must(namespace: &Namespace, words: &str) -> String {
    let output = run(namespace, words);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

/// What an `ip -j` command says.
pub(crate) fn json(namespace: &Namespace, words: &str) -> Vec<Value> {
    let text = must(namespace, words);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{words}: {error}: {text}"))
}

/// One interface, as `ip` shows it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shown {
    pub(crate) name: String,
    pub(crate) up: bool,
    pub(crate) mtu: u64,
    pub(crate) master: Option<String>,
    /// Without link-local and loopback ones; in the kernel's order.
    pub(crate) addresses: Vec<String>,
}

/// All interfaces of a namespace but `lo`, by name.
pub(crate) fn interfaces(namespace: &Namespace) -> Vec<Shown> {
    let shown = json(namespace, "ip -j addr show");
    let mut all: Vec<Shown> = shown
        .iter()
        .filter(|link| link["ifname"] != "lo")
        .map(|link| Shown {
            name: link["ifname"].as_str().unwrap().to_owned(),
            up: link["flags"]
                .as_array()
                .unwrap()
                .iter()
                .any(|flag| flag == "UP"),
            mtu: link["mtu"].as_u64().unwrap(),
            master: link["master"].as_str().map(str::to_owned),
            addresses: link["addr_info"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(address)
                .collect(),
        })
        .collect();
    all.sort();
    all
}

fn address(info: &Value) -> Option<String> {
    let global = info["scope"] == "global";
    let text = format!("{}/{}", info["local"].as_str()?, info["prefixlen"]);
    global.then_some(text)
}

/// The routes of a family that the kernel has not made itself.
pub(crate) fn routes(namespace: &Namespace, family: &str) -> Vec<String> {
    let shown = json(namespace, &format!("ip -j {family} route show"));
    shown
        .iter()
        .filter(|route| route["protocol"] != "kernel")
        .map(|route| {
            let word = |key: &str| route[key].as_str().unwrap_or("-").to_owned();
            format!(
                "{} via {} dev {}",
                word("dst"),
                word("gateway"),
                word("dev")
            )
        })
        .collect()
}

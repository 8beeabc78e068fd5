//! A lab that runs, for tests of what is sent through it.

#![allow(dead_code, reason = "each test program uses a part of it")]

#[path = "../engine/ip.rs"]
pub(crate) mod ip;
#[path = "../engine/labs.rs"]
pub(crate) mod labs;

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kernel::{Engine, Namespace};
use tokio::runtime::Runtime;
use topology::{Document, NamespaceId};

/// An engine with a document applied, and a runtime as the agent has it.
pub(crate) struct Lab {
    pub(crate) engine: Arc<Engine>,
    pub(crate) runtime: Runtime,
}

impl Lab {
    pub(crate) fn start(document: &Document) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let engine = Engine::start().unwrap();
        runtime.block_on(engine.apply(document)).unwrap();
        let lab = Self {
            engine: Arc::new(engine),
            runtime,
        };
        lab.settle();
        lab
    }

    pub(crate) fn namespace(&self, id: NamespaceId) -> Namespace {
        self.engine.namespace(id).unwrap()
    }

    /// Runs a command in a namespace, which must succeed, and waits until what it did is observed.
    pub(crate) fn must(&self, id: NamespaceId, words: &str) -> String {
        let text = ip::must(&self.namespace(id), words);
        self.settle();
        text
    }

    /// Waits until all is observed and every IPv6 address may be used.
    pub(crate) fn settle(&self) {
        let begin = Instant::now();
        let mut last = self.engine.observed();
        let mut since = Instant::now();
        loop {
            std::thread::sleep(Duration::from_millis(5));
            let now = self.engine.observed();
            let tentative = now
                .namespaces
                .values()
                .flat_map(|n| n.interfaces.values())
                .filter(|i| i.up && i.carrier)
                .flat_map(|i| &i.addresses)
                .any(|a| a.tentative);
            if now != last || tentative {
                since = Instant::now();
                last = now;
            }
            if since.elapsed() > Duration::from_millis(50) {
                return;
            }
            assert!(begin.elapsed() < super::PATIENCE, "it does not settle");
        }
    }
}

/// The open descriptors of this process, by what they are.
pub(crate) fn descriptors() -> Vec<String> {
    let numbers = fs::read_dir("/proc/self/fd").unwrap();
    let mut all: Vec<String> = numbers
        .filter_map(|entry| fs::read_link(entry.unwrap().path()).ok())
        .map(|target| target.display().to_string())
        .filter(|target| !target.starts_with("/proc/"))
        // Their numbers differ: how many there are counts.
        .map(|target| target.split(":[").next().unwrap_or_default().to_owned())
        .collect();
    all.sort();
    all
}

/// The names of this process's threads.
pub(crate) fn threads() -> BTreeSet<String> {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    tasks
        .filter_map(|task| fs::read_to_string(task.unwrap().path().join("comm")).ok())
        .map(|name| name.trim().to_owned())
        .collect()
}

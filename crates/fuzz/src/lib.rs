//! Fuzz targets: every parser that takes bytes from the network, the socket or a file.
//!
//! A target is a function of this crate that takes any bytes and panics if something is wrong: the
//! parser panicked, what it says is not printable, or what was read, written and read again is not
//! the same. One program, `fuzz_targets/any.rs`, has them all, since linking one for each would take
//! longer than running them; libFuzzer drives it, and CONTRIBUTING.md says how to run it. `corpus/`
//! has the inputs that are kept, a folder for each target.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::OnceLock;

#[cfg(fuzzing)]
pub mod agent;
pub mod capture;
#[cfg(fuzzing)]
pub mod kernel;
pub mod lab;
pub mod messages;
pub mod packets;
mod parts;
pub mod texts;

/// The variable that names the target.
pub const VARIABLE: &str = "NETYARD_FUZZ";

/// A target.
pub type Target = fn(&[u8]);

/// All targets, by the names of their folders in `corpus/`.
pub const TARGETS: &[(&str, Target)] = &[
    ("packet", packets::one),
    ("packets", packets::several),
    ("display_filter", packets::filter),
    ("capture_file", capture::file),
    ("capture_export", capture::export),
    ("client_message", messages::from_client),
    ("server_message", messages::from_server),
    ("document", lab::document),
    ("script", lab::script),
    ("containerlab", lab::containerlab),
    ("compose", lab::compose),
    ("netplan", lab::netplan),
    ("miniedit", lab::miniedit),
    ("graph", lab::graph),
    ("kathara", lab::kathara),
    ("archive", lab::archive),
    ("value", texts::value),
    ("ruleset", texts::ruleset),
    #[cfg(fuzzing)]
    ("netlink", kernel::netlink),
    #[cfg(fuzzing)]
    ("probe_answer", kernel::probe),
    #[cfg(fuzzing)]
    ("http_request", kernel::http),
    #[cfg(fuzzing)]
    ("solicitation", kernel::solicitation),
    #[cfg(fuzzing)]
    ("agent_frames", agent::frames),
];

/// The target that [`VARIABLE`] names.
///
/// # Panics
/// If it names none: it says which there are.
pub fn chosen() -> Target {
    static CHOSEN: OnceLock<Target> = OnceLock::new();
    *CHOSEN.get_or_init(|| {
        let name = std::env::var(VARIABLE).unwrap_or_default();
        let found = TARGETS.iter().find(|(known, _)| *known == name);
        let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
        found
            .unwrap_or_else(|| panic!("{VARIABLE} is `{name}`: one of {}", names.join(", ")))
            .1
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::TARGETS;

    /// The stage `fuzz` runs what has a folder.
    #[test]
    fn every_target_has_inputs() {
        let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
        let folders = std::fs::read_dir(corpus).unwrap().map(Result::unwrap);
        let folders: BTreeSet<String> = folders
            .inspect(|folder| assert!(folder.path().read_dir().unwrap().next().is_some()))
            .map(|folder| folder.file_name().into_string().unwrap())
            .collect();
        let names = TARGETS.iter().map(|(name, _)| (*name).to_owned());
        // These are compiled for libFuzzer only.
        let compiled = [
            "agent_frames",
            "http_request",
            "netlink",
            "probe_answer",
            "solicitation",
        ];
        let compiled = compiled.map(str::to_owned);
        assert_eq!(folders, names.chain(compiled).collect());
    }
}

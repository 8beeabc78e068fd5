//! The formats of others on the command line: told apart by content, with an account of what was taken.

use std::path::Path;

use serde_json::Value;
use support::netyard;
use support::program::root;

/// A file of each format, and what the account calls it.
const FILES: [(&str, &str); 7] = [
    ("lab.clab.yml", "containerlab"),
    ("kathara", "kathara"),
    ("compose.yml", "compose"),
    ("netplan.yaml", "netplan"),
    ("miniedit.mn", "miniedit"),
    ("graph.dot", "graphviz"),
    ("flowchart.mmd", "mermaid"),
];

/// Those of the library's tests.
fn fixture(name: &str) -> String {
    let folder = root().join("crates/topology/tests/import");
    folder.join(name).to_str().unwrap().to_owned()
}

fn printed(arguments: &[&str]) -> String {
    let output = netyard(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn each_format_is_read_by_every_command_with_its_account() {
    for (name, format) in FILES {
        let path = fixture(name);
        // Problems are no reason that it is not read: its exit code says whether there are any.
        let checked = netyard(&["check", &path, "--json"]).output().unwrap();
        let checked: Value = serde_json::from_slice(&checked.stdout).unwrap();
        let planned: Value = serde_json::from_str(&printed(&["plan", &path, "--json"])).unwrap();
        for (command, answer) in [("check", &checked), ("plan", &planned)] {
            let report = &answer["report"];
            assert_eq!(report["format"], format, "{command} {name}: {report}");
            let remarks = [&report["changed"], &report["left_out"]];
            let remarks = remarks.into_iter().flat_map(|all| all.as_array().unwrap());
            let mut count = 0;
            for remark in remarks {
                count += 1;
                let file = remark["file"].as_str().unwrap();
                assert!(
                    Path::new(&path).join(file).exists() || path.ends_with(file),
                    "{remark}"
                );
                assert!(
                    remark["line"].is_u64() && remark["text"].is_string(),
                    "{remark}"
                );
            }
            assert!(count > 0, "{command} {name}: {report}");
        }
        assert!(
            !planned["steps"].as_array().unwrap().is_empty(),
            "{planned}"
        );
        let yaml = printed(&["convert", &path, "--to", "yaml"]);
        assert!(yaml.starts_with("netyard: 1"), "{name}: {yaml}");
    }
}

/// In a sandbox, from the file as it is: those that need nothing that some kernels lack. Of containerlab's and
/// Kathará's what comes up is compared with their own commands (`formats.rs`).
#[test]
fn what_every_kernel_has_comes_up() {
    let every = ["compose.yml", "graph.dot", "flowchart.mmd"];
    for name in every {
        let names = printed(&["run", &fixture(name), "--", "ip", "netns"]);
        assert!(!names.trim().is_empty(), "{name}");
    }
}

/// As text it stands on standard error, each remark with its file and line.
#[test]
fn an_account_is_told_as_text() {
    let path = fixture("compose.yml");
    let output = netyard(&["check", &path]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("read as a Compose file"), "{said}");
    let place = said
        .split_once("left out: compose.yml:")
        .map(|(_, rest)| rest);
    let line = place.and_then(|rest| rest.split(':').next()?.parse::<u32>().ok());
    assert!(line.is_some(), "{said}");
}

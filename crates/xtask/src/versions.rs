//! Which tools a test run used.

use std::path::Path;
use std::process::Command;

use crate::prerequisites::{BROWSERS, DRIVERS};
use crate::system::{find_any_program, find_program};
use crate::wasm_toolchain::Toolchain;
use crate::workspace::Workspace;

/// Prints the version of everything that takes part in the tests.
pub(crate) fn print(workspace: &Workspace, wasm: Option<&Toolchain>) {
    println!("Tools:");
    let line = |name: &str, version: &str| println!("  {name:<14} {version}");
    line(
        "kernel",
        std::fs::read_to_string("/proc/sys/kernel/osrelease")
            .unwrap_or_default()
            .trim(),
    );
    let os = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = os
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="));
    line("system", name.unwrap_or("unknown").trim_matches('"'));
    line(
        "rustc",
        &first_line(workspace.command("rustc").arg("--version")),
    );
    line("cargo", &first_line(workspace.cargo().arg("--version")));
    if let Some(toolchain) = wasm {
        line("wasm", &toolchain.describe());
    }
    line(
        "nextest",
        &first_line(workspace.cargo().args(["nextest", "--version"])),
    );
    let browser = find_any_program(BROWSERS);
    line("browser", &version_of(browser.as_deref(), "--version"));
    line(
        "chromedriver",
        &version_of(find_any_program(DRIVERS).as_deref(), "--version"),
    );
    for (name, option) in [
        ("ip", "-V"),
        ("nft", "--version"),
        ("tcpdump", "--version"),
        ("tshark", "--version"),
        ("ping", "-V"),
    ] {
        line(name, &version_of(find_program(name).as_deref(), option));
    }
    println!();
}

fn version_of(program: Option<&Path>, option: &str) -> String {
    program.map_or_else(
        || "not installed".to_owned(),
        |program| {
            format!(
                "{} ({})",
                first_line(Command::new(program).arg(option)),
                program.display()
            )
        },
    )
}

/// The first line that a program prints, on either stream.
fn first_line(command: &mut Command) -> String {
    let Ok(output) = command.output() else {
        return "not installed".to_owned();
    };
    let text = if output.stdout.is_empty() && output.status.success() {
        output.stderr
    } else {
        output.stdout
    };
    match String::from_utf8_lossy(&text).lines().next() {
        Some(line) if output.status.success() => line.to_owned(),
        _ => "not installed".to_owned(),
    }
}

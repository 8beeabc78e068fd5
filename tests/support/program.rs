//! The program under test.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::NamedTempFile;

/// The root of what the tests may read: the checkout, or a copy that an ordinary user can read.
pub fn root() -> PathBuf {
    match std::env::var_os("NETYARD_ROOT") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .unwrap()
            .to_owned(),
    }
}

/// Where the built program is: `NETYARD_BIN`, or where `cargo xtask build` leaves it.
pub fn path() -> PathBuf {
    let path = match std::env::var_os("NETYARD_BIN") {
        Some(path) => PathBuf::from(path),
        None => root().join("target/release/netyard"),
    };
    assert!(
        path.exists(),
        "{} is not there: `cargo xtask build` makes it",
        path.display()
    );
    path
}

/// The program with these arguments.
pub fn netyard(arguments: &[&str]) -> Command {
    let mut command = Command::new(path());
    command.args(arguments);
    command
}

/// The path of an example lab or script of public/labs.
pub fn example(name: &str) -> String {
    let path = root().join("public/labs").join(name);
    assert!(path.exists(), "{} is not there", path.display());
    path.to_str().unwrap().to_owned()
}

/// What a shell script prints in a namespace of a lab that is made for it; it must succeed.
pub fn printed(lab: &str, namespace: &str, script: &str) -> String {
    let output = netyard(&["run", lab, "--in", namespace, "--", "sh", "-ec", script])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{lab}: {text}{errors}");
    text
}

/// A file with that text, removed when dropped.
pub fn text_file(text: &str) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

/// Where screenshots and the like are left for a person to look at.
pub fn artifacts() -> PathBuf {
    let folder = match std::env::var_os("NETYARD_ARTIFACTS") {
        Some(folder) => PathBuf::from(folder),
        None => root().join("artifacts"),
    };
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

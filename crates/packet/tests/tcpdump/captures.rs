//! Capture files that are not in the repository.

use std::path::PathBuf;

use packet::pcapng::Reader;

use crate::compare::{difference, variants};

/// Compares all files of a directory and counts: `NETYARD_CAPTURES=DIR cargo test -p packet --test tcpdump
/// -- --ignored --nocapture`. Fails if a file differs that holds nothing but protocols dissected here, which
/// only its reader can know; so it prints what differs and demands that something was compared.
#[test]
#[ignore = "needs NETYARD_CAPTURES, a directory with capture files"]
fn captures_from_elsewhere() {
    let directory = std::env::var("NETYARD_CAPTURES").expect("NETYARD_CAPTURES names a directory");
    let variant: usize = std::env::var("NETYARD_VARIANT").map_or(0, |text| text.parse().unwrap());
    let mut files: Vec<PathBuf> = std::fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let (arguments, options) = variants().swap_remove(variant);
    let (mut equal, mut unreadable) = (0, 0);
    let mut report = String::new();
    for path in &files {
        let bytes = std::fs::read(path).unwrap();
        if !path.to_string_lossy().contains(".pcap") || Reader::new(&bytes).is_err() {
            unreadable += 1;
            continue;
        }
        match difference(&bytes, arguments, &options) {
            None => equal += 1,
            Some(difference) => report += &format!("== {}\n{difference}\n", path.display()),
        }
    }
    eprintln!(
        "{report}{equal} equal, {unreadable} are no captures, of {}",
        files.len()
    );
    assert!(equal > 0, "nothing in {directory} could be compared");
}

//! `netyard decode` beside `tcpdump -r`.

use std::process::{Command, Stdio};

use packet::pcapng::{Interface, Writer};
use packet::{LinkType, Record, Timestamp};
use support::netyard;
use tempfile::NamedTempFile;

/// An Ethernet frame with an ICMP echo from 10.0.0.1 to 10.0.0.2.
fn echo(sequence: u8) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
    frame.extend([0x45, 0, 0, 32, 0, 1, 0, 0, 64, 1, 0x66, 0xd8]);
    frame.extend([10, 0, 0, 1, 10, 0, 0, 2]);
    frame.extend([8, 0, 0, 0, 0, 7, 0, sequence, 0, 0, 0, 0]);
    frame
}

/// An Ethernet frame with an ARP request for 10.0.0.2.
fn request() -> Vec<u8> {
    let mut frame = vec![255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 8, 6];
    frame.extend([0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1]);
    frame.extend([0, 0, 0, 0, 0, 0, 10, 0, 0, 2]);
    frame
}

fn capture() -> NamedTempFile {
    let mut bytes = Vec::new();
    let mut writer = Writer::new("netyard's tests", &mut bytes);
    let interface = writer.interface(&Interface::new("red", LinkType::Ethernet), &mut bytes);
    for (number, data) in [request(), echo(1), echo(2)].into_iter().enumerate() {
        let record = Record {
            at: Timestamp::new(1_700_000_000 + number as u64, 5_000),
            length: data.len() as u32,
            data,
        };
        writer.packet(interface, &record, None, &mut bytes);
    }
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    file
}

fn decoded(file: &NamedTempFile, options: &[&str]) -> String {
    let mut arguments = vec!["decode", "-"];
    arguments.extend(options);
    let output = netyard(&arguments)
        .env("TZ", "UTC0")
        .stdin(Stdio::from(file.reopen().unwrap()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn options_print_what_tcpdump_prints_with_them() {
    let file = capture();
    let ways: [&[&str]; 7] = [
        &[],
        &["-e", "-vv", "-x"],
        &["-v", "-X"],
        &["-xx", "-t"],
        &["-XX"],
        &["-tt"],
        &["-tttt", "-nn"],
    ];
    for options in ways {
        let theirs = Command::new("tcpdump")
            .args(["-nn", "-r", "-"])
            .args(options)
            .env("TZ", "UTC0")
            .stdin(Stdio::from(file.reopen().unwrap()))
            .output()
            .unwrap();
        let theirs = String::from_utf8(theirs.stdout).unwrap();
        assert!(theirs.contains("10.0.0.2"), "{theirs}");
        assert_eq!(decoded(&file, options), theirs, "{options:?}");
    }
}

#[test]
fn a_display_filter_leaves_out_the_rest() {
    let file = capture();
    let only = decoded(&file, &["-t", "-Y", "icmp.seq == 2 or frame.number == 1"]);
    let lines: Vec<&str> = only.lines().collect();
    assert!(
        matches!(lines[..], [first, second] if first.starts_with("ARP, ") && second.contains("seq 2")),
        "{only}"
    );
    let path = file.path().display().to_string();
    let wrong = netyard(&[
        "decode",
        &path,
        "-Y",
        "icmp.seq == 2 and ip.adr == 10.0.0.1",
    ]);
    let wrong = { wrong }.output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    let text = String::from_utf8(wrong.stderr).unwrap();
    assert!(text.contains("did you mean ip.addr?"), "{text}");
    assert!(text.contains("\n                    ^^^^^^\n"), "{text}");
}

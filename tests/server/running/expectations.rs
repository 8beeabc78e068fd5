//! Labs from files, what they expect while they run, and the forms that they are given away in.

use protocol::expect::Verdict;
use protocol::lab::{Created, NewFile, NewLab};
use serde_json::json;
use support::Yard;

use super::View;

/// A script of two namespaces that pings.
const SCRIPT: &str = "ip netns add red\nip netns add blue\n\
    ip link add veth-red netns red type veth peer name veth-blue netns blue\n\
    ip -n red addr add 10.0.0.1/24 dev veth-red\nip -n blue addr add 10.0.0.2/24 dev veth-blue\n\
    ip -n red link set veth-red up\nip -n blue link set veth-blue up\n\
    ip netns exec red ping -c 1 10.0.0.2\n";

#[tokio::test]
async fn a_lab_of_files_is_accounted_for_and_given_away_again() {
    let yard = Yard::start("files");
    let file = NewFile {
        path: "two.sh".into(),
        base64: base64(SCRIPT.as_bytes()),
    };
    let new = NewLab::Files { files: vec![file] };
    let made: Created = serde_json::from_str(&yard.post("/api/v1/labs", &new)).unwrap();
    let report = made.report.unwrap();
    assert_eq!(report.taken.links, 1);
    let offer = &report.offered[0];
    assert_eq!((offer.file.as_str(), offer.line), ("two.sh", 8));
    assert_eq!(offer.sentence, "red can ping 10.0.0.2");

    let path = format!("/api/v1/labs/{}/export", made.id.0);
    let svg = yard.bytes(&format!("{path}/svg"));
    assert!(svg.starts_with(b"<svg "));
    let zip = yard.bytes(&format!("{path}/kathara"));
    let again = NewLab::Files {
        files: vec![NewFile {
            path: "lab.zip".into(),
            base64: base64(&zip),
        }],
    };
    let again: Created = serde_json::from_str(&yard.post("/api/v1/labs", &again)).unwrap();
    assert_eq!(again.report.unwrap().taken.namespaces, 2);
}

#[tokio::test]
async fn what_a_running_lab_expects_is_tried_in_it() {
    let yard = Yard::start("expectations");
    let lab = yard.create_example("article");
    let mut view = View::open(&yard, &lab).await;
    view.start().await;
    let path = format!("/api/v1/labs/{}/expectations/check", lab.0);
    let check =
        || -> Vec<Verdict> { serde_json::from_str(&yard.post(&path, &json!(null))).unwrap() };
    let verdicts = check();
    assert_eq!(verdicts.len(), 4);
    assert!(verdicts.iter().all(|v| v.holds), "{verdicts:#?}");

    // Somebody pulls the plug: it says so.
    let down = ["ip", "link", "set", "veth-blue", "down"];
    assert!(yard.exec(&lab, "blue", &down).status().unwrap().success());
    let verdicts = check();
    let failed: Vec<_> = verdicts.iter().filter(|v| !v.holds).collect();
    let said: Vec<_> = failed.iter().map(|v| v.expectation.as_str()).collect();
    assert_eq!(said, ["red can ping 10.0.0.2", "blue can ping red"]);
    assert!(
        failed[0].observed.starts_with("no answer from 10.0.0.2: "),
        "{failed:#?}"
    );
}

/// RFC 4648, 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place > chunk.len() {
                '='
            } else {
                char::from(digit)
            });
        }
    }
    text
}

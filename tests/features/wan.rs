//! Link quality through the whole program.

use support::{example, printed};

/// The least and the average round trip in ms, and how many were lost, of what `ping` printed.
fn statistics(text: &str) -> (f64, f64, u32) {
    let (_, times) = text.rsplit_once("min/avg/max/mdev = ").unwrap();
    let mut times = times.split('/').map(|time| time.parse().unwrap());
    let (least, average) = (times.next().unwrap(), times.next().unwrap());
    let line = text
        .lines()
        .find(|line| line.contains(" received"))
        .unwrap();
    let mut counts = line.split(' ').filter_map(|word| word.parse::<u32>().ok());
    let (sent, received) = (counts.next().unwrap(), counts.next().unwrap());
    (least, average, sent - received)
}

/// 80 ms and 1 % each way: of 500 some ten are lost.
pub(crate) fn is_slow_and_lossy() {
    let ping = "ping -q -c 500 -i 0.01 -W 3 192.168.2.10";
    let text = printed(&example("wan.yaml"), "laptop", ping);
    let (least, average, lost) = statistics(&text);
    assert!(least >= 139.0, "two jitters of 10 ms below 160 ms");
    assert!((155.0..400.0).contains(&average), "{text}");
    assert!((1..60).contains(&lost), "{lost}");
}

/// What the example expects is so.
pub(crate) fn holds() {
    let output = support::netyard(&["test", &support::example("wan.yaml")])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
}

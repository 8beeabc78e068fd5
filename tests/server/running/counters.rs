//! Live counters come while somebody watches, and only then.

use std::collections::BTreeMap;
use std::time::Duration;

use protocol::ClientMessage;
use protocol::counters::Counters;
use support::Yard;
use topology::InterfaceId;

use super::View;

impl View {
    /// Takes in what comes in that time.
    async fn listen(&mut self, time: Duration) {
        let end = tokio::time::Instant::now() + time;
        while let Ok(message) = tokio::time::timeout_at(end, self.socket.next()).await {
            self.take(&message.expect("the server has hung up"));
        }
    }
}

/// What all batches together say.
fn known(view: &View) -> BTreeMap<InterfaceId, Counters> {
    let batches = view.socket.counters.iter();
    batches.flat_map(|batch| batch.rows.clone()).collect()
}

#[tokio::test]
async fn they_come_while_somebody_watches() {
    let yard = Yard::start("counters");
    let lab = yard.create_example("article");
    let mut view = View::open(&yard, &lab).await;
    // Asked for before the start: they come with it.
    let watch = |on| ClientMessage::WatchCounters { on };
    view.socket.send(&watch(true)).await;
    view.start().await;
    view.listen(Duration::from_millis(1200)).await;
    let red = view.interface("red", "veth-red");
    let before = known(&view)[&red];
    let ping = ["ping", "-c20", "-i0.01", "-s1000", "10.0.0.2"];
    let output = yard.exec(&lab, "red", &ping).output().unwrap();
    assert!(output.status.success());
    view.listen(Duration::from_millis(1200)).await;
    let rise = known(&view)[&red].sent.bytes - before.sent.bytes;
    // 20 frames of 1,042 bytes, and little besides.
    assert!((20_840..24_000).contains(&rise), "{rise}");
    let times: Vec<u64> = view.socket.counters.iter().map(|batch| batch.at).collect();
    let gaps: Vec<u64> = times.windows(2).map(|two| two[1] - two[0]).collect();
    assert!(
        gaps.iter().all(|gap| (300_000..1_000_000).contains(gap)),
        "{gaps:?}"
    );

    // One who comes later has everything in the first batch.
    let mut other = View::open(&yard, &lab).await;
    other.socket.send(&watch(true)).await;
    other.listen(Duration::from_millis(300)).await;
    let first = &other.socket.counters[0];
    assert!(first.rows.iter().any(|(id, _)| *id == red), "{first:?}");

    view.socket.send(&watch(false)).await;
    view.listen(Duration::from_millis(100)).await;
    view.socket.counters.clear();
    view.listen(Duration::from_millis(1200)).await;
    assert_eq!(view.socket.counters, []);
    // The other still watches.
    let had = other.socket.counters.len();
    other.listen(Duration::from_millis(300)).await;
    assert!(had < other.socket.counters.len());
}

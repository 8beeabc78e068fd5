//! Queueing disciplines: those that somebody put there.

use topology::quality::qdisc::{Qdisc, Qdiscs};

use crate::netlink::{LinkRow, QdiscRow};

/// What the kernel puts on interfaces that do not queue, and on those that were never up.
const NOT_QUEUEING: [&str; 3] = ["", "noqueue", "noop"];

/// Whether an interface queues: of a lab's own most do not, and then nothing more is asked.
pub(super) fn is_queueing(row: &LinkRow) -> bool {
    !NOT_QUEUEING.contains(&row.qdisc.as_str())
}

/// What somebody made on an interface. The kernel's own have no handle (`qdisc_create_dflt`), but
/// for `mq`'s, which are below it.
pub(super) fn of(index: u32, rows: &[QdiscRow]) -> Qdiscs {
    let mut qdiscs = Qdiscs::default();
    let mut made = rows
        .iter()
        .filter(|row| row.index == index && row.handle != 0);
    let Some(root) = made.clone().find(|row| row.is_root()) else {
        return qdiscs;
    };
    if NOT_QUEUEING.contains(&root.qdisc.kind()) {
        return qdiscs;
    }
    let below = made.find(|row| row.is_below(root));
    qdiscs.root = Some(root.qdisc.clone());
    match (&root.qdisc, below) {
        (Qdisc::Netem(_), below) => qdiscs.child = below.map(|row| row.qdisc.clone()),
        (Qdisc::Tbf(_), Some(below)) => {
            // No quality has something below a `tbf`.
            qdiscs.root = Some(Qdisc::Other(format!("tbf with {}", below.qdisc.kind())));
        }
        _ => {}
    }
    qdiscs
}

//! Queueing disciplines.

use super::{Refused, interface_mut};
use crate::observed::{Observed, ObservedInterface};
use crate::quality::qdisc::{Level, Qdisc, Qdiscs};
use crate::step::{At, Step};

/// A root of another kind takes what is below it along.
pub(super) fn set(
    state: &mut Observed,
    at: &At,
    level: Level,
    to: Option<&Qdisc>,
) -> Result<Vec<Step>, Refused> {
    let found = &mut interface_mut(state, at)?.qdiscs;
    let before = found.clone();
    let is = match level {
        Level::Root => &mut found.root,
        Level::Child if matches!(found.root, Some(Qdisc::Netem(_))) => &mut found.child,
        Level::Child => return Err(Refused(format!("{} has no netem", at.name))),
    };
    if to.is_none() && is.is_none() {
        // `tc_get_qdisc`: the kernel's own has no handle.
        return Err(Refused(
            "Cannot delete qdisc with handle of zero".to_owned(),
        ));
    }
    *is = to.cloned();
    let kind = |qdisc: &Option<Qdisc>| qdisc.as_ref().map(|qdisc| qdisc.kind().to_owned());
    if level == Level::Root && kind(&before.root) != kind(&found.root) {
        found.child = None;
    }
    let after = found.clone();
    Ok(steps(at, &after, &before))
}

/// The steps that give a new interface the queueing disciplines of this one.
pub(super) fn again(at: &At, interface: &ObservedInterface) -> Vec<Step> {
    steps(at, &Qdiscs::default(), &interface.qdiscs)
}

/// The steps from one state to another; what no step can make is left out, for there is no more
/// known of it than its kind.
pub(crate) fn steps(at: &At, from: &Qdiscs, to: &Qdiscs) -> Vec<Step> {
    let makeable = |qdisc: &&Qdisc| !matches!(qdisc, Qdisc::Other(_));
    let mut steps = Vec::new();
    let mut step = |level, from: Option<&Qdisc>, to: Option<&Qdisc>| {
        steps.push(Step::SetQdisc {
            at: at.clone(),
            level,
            from: from.cloned(),
            to: to.cloned(),
        });
    };
    let mut child = from.child.as_ref();
    let [wanted, wanted_child] = [&to.root, &to.child].map(|q| q.as_ref().filter(makeable));
    // One that is as wanted stays, also one of which only the kind is known.
    let differs = |is: Option<&Qdisc>, wanted: &Option<Qdisc>| match (is, wanted) {
        (Some(is), Some(wanted)) => !wanted.is_same(is),
        (is, wanted) => is.is_some() || wanted.is_some(),
    };
    let root_differs = differs(from.root.as_ref(), &to.root);
    if root_differs {
        let mut is = from.root.as_ref();
        let is_strange = matches!(is, Some(Qdisc::Other(_)));
        if is.is_some() && (wanted.is_none() || is_strange) {
            step(Level::Root, is, None);
            is = None;
        }
        if wanted.is_some() {
            step(Level::Root, is, wanted);
        }
        let kept = is.is_some() && is.map(Qdisc::kind) == wanted.map(Qdisc::kind);
        child = child.filter(|_| kept);
    }
    let root_is = if root_differs {
        wanted
    } else {
        from.root.as_ref()
    };
    if matches!(root_is, Some(Qdisc::Netem(_))) && differs(child, &to.child) {
        let is_strange = matches!(child, Some(Qdisc::Other(_)));
        let mut is = child;
        if is.is_some() && (wanted_child.is_none() || is_strange) {
            step(Level::Child, is, None);
            is = None;
        }
        if wanted_child.is_some() {
            step(Level::Child, is, wanted_child);
        }
    }
    steps
}

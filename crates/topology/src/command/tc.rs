//! `tc qdisc`.

use super::action::Action;
use super::words::{Words, abbreviated, refused};
use super::{Command, Names, join};
use crate::id::NamespaceId;
use crate::name::{InterfaceName, NamespaceName};
use crate::quality::qdisc::{Level, Netem, Qdisc, Tbf};
use crate::quality::units::{
    Bare, percent_text, rate_text, read_percent, read_rate, read_size, read_time, size_text,
    time_text,
};
use crate::quality::{USUAL_GAP, USUAL_LATENCY, USUAL_LIMIT, queue_of};
use crate::step::At;

/// The handle of a `netem`: that of a `tbf` is another, for the kernel gives no handle to another
/// kind (`tc_modify_qdisc`).
const NETEM: &str = "1:";
const TBF: &str = "2:";
const BELOW_NETEM: &str = "1:1";
const CHILD: &str = "10:";

/// What `tc qdisc` does.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct QdiscChange {
    pub(crate) verb: Verb,
    pub(crate) interface: InterfaceName,
    pub(crate) parent: Parent,
    /// The first half of the handle.
    pub(crate) handle: Option<u16>,
    /// What is said of it; `None` where it is removed.
    pub(crate) spec: Option<Spec>,
}

/// What to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verb {
    Add,
    Change,
    Replace,
    Delete,
}

/// Where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Parent {
    Root,
    /// Below the one with this handle.
    Handle(u16),
}

/// A queueing discipline as it is said.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Spec {
    Netem {
        netem: Netem,
        /// Whether `corrupt` is said: a change keeps it otherwise (`netem_change`).
        corrupt: bool,
        /// And `rate`.
        rate: bool,
        /// And any correlation of delays, losses and duplicates.
        correlated: bool,
    },
    Tbf(Tbf),
}

impl Names {
    /// `tc`, or `tc -n NAME`.
    fn tc(&self, namespace: NamespaceId) -> Vec<String> {
        match namespace {
            NamespaceId::HOST => super::words(&["tc"]),
            other => vec!["tc".to_owned(), "-n".to_owned(), self.name(other)],
        }
    }
}

pub(super) fn write(
    names: &Names,
    at: &At,
    level: Level,
    from: Option<&Qdisc>,
    to: Option<&Qdisc>,
) -> Command {
    let verb = match (from, to) {
        (_, None) => "del",
        (None, Some(_)) => "add",
        (Some(from), Some(to)) if from.kind() == to.kind() => "change",
        (Some(_), Some(_)) => "replace",
    };
    let mut argv = join(names.tc(at.namespace), &["qdisc", verb]);
    argv = join(argv, &["dev", at.name.as_str()]);
    let handle = match (level, to) {
        (Level::Root, Some(Qdisc::Netem(_))) => NETEM,
        (Level::Root, _) => TBF,
        (Level::Child, _) => CHILD,
    };
    argv = match level {
        Level::Root => join(argv, &["root"]),
        Level::Child => join(argv, &["parent", BELOW_NETEM]),
    };
    let Some(to) = to else {
        return Command::new(argv);
    };
    argv = join(argv, &["handle", handle, to.kind()]);
    match to {
        Qdisc::Netem(netem) => {
            let before = match from {
                Some(Qdisc::Netem(before)) => *before,
                _ => Netem::default(),
            };
            argv.extend(netem_words(netem, &before));
        }
        Qdisc::Tbf(tbf) => argv.extend(tbf_words(tbf)),
        Qdisc::Other(_) => {}
    }
    Command::new(argv)
}

/// What a change leaves as it is when it is not said is said.
fn netem_words(netem: &Netem, before: &Netem) -> Vec<String> {
    let mut words = Vec::new();
    let mut say = |name: &str, text: String| words.extend([name.to_owned(), text]);
    if netem.limit != USUAL_LIMIT {
        say("limit", netem.limit.to_string());
    }
    if netem.delay != 0 || netem.jitter != 0 {
        say("delay", time_text(netem.delay));
    }
    if netem.jitter != 0 {
        words.push(time_text(netem.jitter));
        if netem.delay_correlation != 0 {
            words.push(percent_text(netem.delay_correlation));
        }
    }
    let none = [0; 3];
    let is_reset = netem.correlations() == none && before.correlations() != none;
    for (name, is, was, correlation) in [
        // Whoever says one of these three correlations says the others, too.
        (
            "loss",
            netem.loss,
            u64::from(is_reset),
            netem.loss_correlation,
        ),
        ("duplicate", netem.duplicate, 0, netem.duplicate_correlation),
        (
            "corrupt",
            netem.corrupt,
            before.corrupt,
            netem.corrupt_correlation,
        ),
        ("reorder", netem.reorder, 0, netem.reorder_correlation),
    ] {
        if is != 0 || was != 0 {
            words.extend([name.to_owned(), percent_text(is)]);
        }
        if correlation != 0 || (name == "loss" && is_reset) {
            words.push(percent_text(correlation));
        }
    }
    if netem.gap > USUAL_GAP {
        words.extend(["gap".to_owned(), netem.gap.to_string()]);
    }
    let mut say = |name: &str, text: String| words.extend([name.to_owned(), text]);
    if netem.rate != 0 || before.rate != 0 {
        say("rate", rate_text(netem.rate.saturating_mul(8)));
    }
    words
}

fn tbf_words(tbf: &Tbf) -> Vec<String> {
    let rate = rate_text(tbf.rate.saturating_mul(8));
    let mut words = super::words(&["rate", &rate, "burst", &size_text(tbf.burst)]);
    words.extend(
        match tbf.limit == queue_of(tbf.rate, tbf.burst, USUAL_LATENCY) {
            true => ["latency".to_owned(), time_text(USUAL_LATENCY)],
            false => ["limit".to_owned(), size_text(tbf.limit)],
        },
    );
    words
}

/// Options of `tc` that change only how things are printed; the first letters are enough.
const DISPLAY: [&str; 16] = [
    "statistics",
    "details",
    "raw",
    "pretty",
    "graph",
    "timestamp",
    "tshort",
    "iec",
    "oneline",
    "json",
    "color",
    "color=auto",
    "color=never",
    "color=always",
    "Numeric",
    "names",
];

/// The order in which iproute2 tries them (tc/tc.c).
const OBJECTS: [&str; 8] = [
    "qdisc", "class", "filter", "chain", "actions", "monitor", "exec", "help",
];

/// The order in which iproute2 tries them (tc/tc_qdisc.c); `ls` is `list`.
const VERBS: [&str; 9] = [
    "add", "change", "replace", "link", "delete", "show", "list", "lst", "help",
];

/// `tc [OPTIONS] OBJECT …`.
pub(crate) fn read(words: &mut Words<'_>) -> Result<Action, String> {
    while let Some(option) = words.peek().and_then(|word| word.strip_prefix('-')) {
        words.next();
        match option.strip_prefix('-').unwrap_or(option) {
            "n" | "ne" | "net" | "netn" | "netns" => {
                let namespace: NamespaceName = words.parsed("-n")?;
                let mut argv = vec!["tc".to_owned()];
                argv.extend_from_slice(words.rest());
                return Ok(Action::Inside { namespace, argv });
            }
            "V" | "Version" | "h" | "help" => return Ok(Action::Look),
            other if abbreviated(other, &DISPLAY).is_some() => {}
            other => return Err(format!("the option `-{other}` of tc is not supported")),
        }
    }
    let Some(object) = words.next() else {
        return Ok(Action::Look);
    };
    let Some(known) = abbreviated(object, &OBJECTS) else {
        return Err(format!("tc has no object `{object}`"));
    };
    let Some(verb) = words.next() else {
        return Ok(Action::Look);
    };
    let known_verb = match verb {
        "ls" => Some("list"),
        verb => abbreviated(verb, &VERBS),
    };
    let verb = match known_verb {
        _ if matches!(known, "monitor" | "help") => return Ok(Action::Look),
        Some("show" | "list" | "lst" | "help") => return Ok(Action::Look),
        Some("add") => Verb::Add,
        Some("change") => Verb::Change,
        Some("replace") => Verb::Replace,
        Some("delete") => Verb::Delete,
        _ => return Err(format!("`tc {known} {verb}` is not supported")),
    };
    match known {
        "qdisc" => qdisc(verb, words),
        _ => Err(format!(
            "`tc {known}` is not supported yet: only qdiscs are"
        )),
    }
}

fn qdisc(verb: Verb, words: &mut Words<'_>) -> Result<Action, String> {
    let (mut interface, mut parent, mut handle) = (None, None, None);
    let mut spec = None;
    while let Some(word) = words.next() {
        match word {
            "dev" => interface = Some(words.parsed(word)?),
            "root" => parent = Some(Parent::Root),
            "parent" => parent = Some(Parent::Handle(major(words.value(word)?)?)),
            "handle" => handle = Some(major(words.value(word)?)?),
            "netem" => spec = Some(netem(words)?),
            "tbf" => spec = Some(tbf(words)?),
            "ingress" | "clsact" => return Err(format!("`{word}` is not supported yet")),
            other => {
                return Err(format!(
                    "`{other}` is not understood here: of queueing disciplines only netem and tbf \
                     are supported"
                ));
            }
        }
    }
    let interface: InterfaceName = interface.ok_or("`tc qdisc` needs `dev` and an interface")?;
    let parent = parent.ok_or("`tc qdisc` needs `root` or `parent`")?;
    if spec.is_none() && verb != Verb::Delete {
        return Err("`tc qdisc` needs a kind: netem or tbf".to_owned());
    }
    Ok(Action::SetQdisc(QdiscChange {
        verb,
        interface,
        parent,
        handle,
        spec,
    }))
}

/// `10:` or `1:1`, in hexadecimal: the part before the colon.
fn major(text: &str) -> Result<u16, String> {
    let part = text.split_once(':').map(|(major, _)| major);
    part.and_then(|major| u16::from_str_radix(major, 16).ok())
        .ok_or_else(|| format!("`{text}` is no handle: write it like 1: or 1:1"))
}

/// In the order in which iproute2 tries them (tc/q_netem.c).
const NETEM_WORDS: [&str; 14] = [
    "limit",
    "latency",
    "delay",
    "loss",
    "drop",
    "ecn",
    "reorder",
    "corrupt",
    "gap",
    "duplicate",
    "distribution",
    "rate",
    "slot",
    "seed",
];

fn netem(words: &mut Words<'_>) -> Result<Spec, String> {
    let mut netem = Netem::default();
    let (mut corrupt, mut rate, mut correlated) = (false, false, false);
    while let Some(word) = words.next() {
        // The second is `None` if it is not said.
        let correlation = |words: &mut Words<'_>| match next_is_number(words) {
            true => read_percent(words.value(word)?, Bare::AsTc).map(Some),
            false => Ok(None),
        };
        let percent = |words: &mut Words<'_>| -> Result<(u64, Option<u64>), String> {
            let probability = read_percent(words.value(word)?, Bare::AsTc)?;
            Ok((probability, correlation(words)?))
        };
        match abbreviated(word, &NETEM_WORDS) {
            Some("limit") => netem.limit = words.parsed(word)?,
            Some("delay" | "latency") => {
                netem.delay = read_time(words.value(word)?, Bare::AsTc)?;
                if next_is_number(words) {
                    netem.jitter = read_time(words.value(word)?, Bare::AsTc)?;
                }
                if let Some(said) = correlation(words)? {
                    netem.delay_correlation = said;
                    correlated = true;
                }
            }
            Some("loss" | "drop") => {
                words.skip("random");
                let (loss, said) = percent(words)?;
                (netem.loss, netem.loss_correlation) = (loss, said.unwrap_or_default());
                correlated |= said.is_some();
            }
            Some("duplicate") => {
                let (duplicate, said) = percent(words)?;
                netem.duplicate = duplicate;
                netem.duplicate_correlation = said.unwrap_or_default();
                correlated |= said.is_some();
            }
            Some("corrupt") => {
                let (probability, said) = percent(words)?;
                (netem.corrupt, netem.corrupt_correlation) =
                    (probability, said.unwrap_or_default());
                corrupt = true;
            }
            Some("reorder") => {
                let (probability, said) = percent(words)?;
                (netem.reorder, netem.reorder_correlation) =
                    (probability, said.unwrap_or_default());
            }
            Some("gap") => netem.gap = words.parsed(word)?,
            Some("rate") => {
                netem.rate = read_rate(words.value(word)?, Bare::AsTc)? / 8;
                rate = true;
                if next_is_number(words) {
                    return Err("`rate` with an overhead or cells is not supported".to_owned());
                }
            }
            _ => return Err(refused(word, &NETEM_WORDS)),
        }
    }
    if netem.reorder != 0 && netem.delay == 0 {
        return Err("reordering not possible without specifying some delay".to_owned());
    }
    netem.gap = match (netem.reorder, netem.gap) {
        (0, 0) => 0,
        (0, _) => return Err("`gap` without `reorder` does nothing".to_owned()),
        (_, gap) => gap.max(USUAL_GAP),
    };
    Ok(Spec::Netem {
        netem,
        corrupt,
        rate,
        correlated,
    })
}

fn next_is_number(words: &Words<'_>) -> bool {
    let next = words.peek().and_then(|word| word.chars().next());
    next.is_some_and(|first| first.is_ascii_digit() || first == '.')
}

/// In the order in which iproute2 tries them (tc/q_tbf.c).
const TBF_WORDS: [&str; 11] = [
    "limit", "latency", "burst", "buffer", "maxburst", "mtu", "minburst", "mpu", "rate",
    "peakrate", "overhead",
];

fn tbf(words: &mut Words<'_>) -> Result<Spec, String> {
    let (mut rate, mut burst, mut limit, mut latency) = (None, None, None, None);
    while let Some(word) = words.next() {
        match abbreviated(word, &TBF_WORDS) {
            Some("limit") => limit = Some(read_size(words.value(word)?)?),
            Some("latency") => latency = Some(read_time(words.value(word)?, Bare::AsTc)?),
            Some("burst" | "buffer" | "maxburst") => burst = Some(read_size(words.value(word)?)?),
            Some("rate") => rate = Some(read_rate(words.value(word)?, Bare::AsTc)? / 8),
            _ => return Err(refused(word, &TBF_WORDS)),
        }
    }
    let (Some(rate), Some(burst)) = (rate, burst) else {
        return Err("both `rate` and `burst` are required".to_owned());
    };
    let limit = match (limit, latency) {
        (Some(_), Some(_)) => return Err("either `limit` or `latency`, not both".to_owned()),
        (Some(limit), None) => limit,
        (None, Some(latency)) => queue_of(rate, burst, latency),
        (None, None) => return Err("either `limit` or `latency` is required".to_owned()),
    };
    Ok(Spec::Tbf(Tbf { rate, burst, limit }))
}

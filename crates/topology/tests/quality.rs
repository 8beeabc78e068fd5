//! What is done to the frames that leave an interface: texts, commands, edits, plans.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod steps;

use steps::commands;
use topology::document::Document;
use topology::edit::{Edit, Field, Place, apply};
use topology::feature::{self, Feature, Missing};
use topology::observed::Observed;
use topology::quality::Quality;
use topology::quality::qdisc::{Qdisc, Qdiscs};
use topology::status::{Status, statuses};
use topology::{InterfaceId, model, plan, script, yaml};

fn lab(quality: &str) -> Document {
    let text = format!(
        "netyard: 1\nnamespaces:\n  red: {{}}\n  blue: {{}}\nlinks:\n  - red/eth0: {{{quality}addresses: [10.0.0.1/24]}}\n    blue/eth0: {{}}\n"
    );
    yaml::read(&text).unwrap()
}

fn eth0(document: &Document) -> InterfaceId {
    let red = document.namespace_named("red").unwrap();
    document.interface_named(red, "eth0").unwrap()
}

fn quality(text: &str) -> Option<Quality> {
    let document = lab(&format!("quality: {text}, "));
    document.interfaces[&eth0(&document)].quality
}

fn refused(text: &str) -> String {
    let text =
        format!("netyard: 1\nnamespaces:\n  red:\n    bridges:\n      br0: {{quality: {text}}}\n");
    let error = yaml::read(&text).unwrap_err();
    assert_eq!(error.line, 5, "{error}");
    error.to_string()
}

/// The kernel after the steps of a plan.
fn stands(document: &Document) -> Observed {
    let mut state = model::fresh();
    for step in plan::plan(document, &state) {
        model::execute(&mut state, &step).unwrap();
    }
    assert!(plan::plan(document, &state).is_empty());
    state
}

#[test]
fn yaml_says_units_and_asks_for_them() {
    let text = "{delay: 10ms, jitter: 1.5ms, loss: 0.5%, limit: 50, rate: 10mbit, burst: 8kb}";
    let read = quality(text).unwrap();
    assert_eq!(read.delay, Some(10_000_000));
    assert_eq!(read.jitter, Some(1_500_000));
    assert_eq!((read.loss, read.limit), (Some(5_000), Some(50)));
    assert_eq!((read.rate, read.burst), (Some(10_000_000), Some(8_192)));
    let written = yaml::write(&lab(&format!("quality: {text}, ")));
    assert!(written.contains("jitter: 1500us"), "{written}");
    assert_eq!(
        yaml::read(&written).unwrap().canonical(),
        lab(&format!("quality: {text}, ")).canonical()
    );

    assert!(refused("{delay: 10}").contains("10ms"));
    assert!(refused("{loss: 1}").contains("1%"));
    assert!(refused("{loss: 101%}").contains("100%"));
    assert!(refused("{rate: fast}").contains("10mbit"));
    assert!(refused("{latency: 10ms}").contains("unknown key `latency`"));
    assert!(refused("{jitter: 1ms}").contains("without a delay"));
    assert!(refused("{burst: 9kb}").contains("without a rate"));
    assert_eq!(quality("{}"), None);
}

#[test]
fn what_people_write_of_tc_is_read() {
    let of = |tc: &str| {
        let text =
            format!("ip netns add red\nip link add eth0 netns red type veth peer name v\n{tc}\n");
        let read = script::read(&text).unwrap_or_else(|errors| panic!("{errors:#?}"));
        read.document.interfaces[&eth0(&read.document)].quality
    };
    for (tc, same) in [
        (
            "tc -n red qdisc add dev eth0 root netem delay 100ms",
            "{delay: 100ms}",
        ),
        (
            "ip netns exec red tc qdisc add dev eth0 root netem latency 0.1s 10msec loss random 1%",
            "{delay: 100ms, jitter: 10ms, loss: 1%}",
        ),
        (
            "tc -n red q a dev eth0 root handle 1: netem drop 10 dup 1% corr 0.1%",
            "{loss: 10%, duplicate: 1%, corrupt: 0.1%}",
        ),
        (
            "tc -n red qdisc add dev eth0 root netem delay 10ms reorder 25% limit 5000",
            "{delay: 10ms, reorder: 25%, limit: 5000}",
        ),
        // What `netem` itself limits is a rate like any.
        (
            "tc -n red qdisc add dev eth0 root netem delay 10ms rate 1mbit",
            "{delay: 10ms, rate: 1mbit}",
        ),
        (
            "tc -n red qdisc add dev eth0 root tbf rate 10mbit burst 32kbit latency 50ms",
            "{rate: 10mbit, burst: 4kb}",
        ),
        (
            "tc -n red qdisc add dev eth0 root tbf rate 1mbps buffer 1600 limit 3000",
            "{rate: 8mbit, burst: 1600b, queue: 3000b}",
        ),
        (
            "tc -n red qdisc add dev eth0 root handle 1:0 netem delay 100ms\ntc -n red qdisc add dev eth0 parent 1:1 handle 10: tbf rate 256kbit buffer 1600 limit 3000",
            "{delay: 100ms, rate: 256kbit, queue: 3000b}",
        ),
        (
            "tc -n red qdisc add dev eth0 root netem delay 100ms 10ms 25% loss 5% 25% reorder 25 50 gap 5",
            "{delay: 100ms, jitter: 10ms, delay_correlation: 25%, loss: 5%, loss_correlation: 25%, reorder: 25%, reorder_correlation: 50%, gap: 5}",
        ),
        // Who says one correlation says all three of those that go together.
        (
            "tc -n red qdisc add dev eth0 root netem loss 5% 25% duplicate 1%\ntc -n red qdisc change dev eth0 root netem loss 1% duplicate 2%",
            "{loss: 1%, loss_correlation: 25%, duplicate: 2%}",
        ),
        (
            "tc -n red qdisc add dev eth0 root netem loss 5% 25% duplicate 1%\ntc -n red qdisc change dev eth0 root netem loss 1% duplicate 2% 10%",
            "{loss: 1%, duplicate: 2%, duplicate_correlation: 10%}",
        ),
        // A change in place leaves what is not said of some options as it was.
        (
            "tc -n red qdisc add dev eth0 root netem corrupt 1% loss 1%\ntc -n red qdisc change dev eth0 root netem delay 5ms",
            "{delay: 5ms, corrupt: 1%}",
        ),
        (
            "tc -n red qdisc add dev eth0 root netem corrupt 1%\ntc -n red qdisc replace dev eth0 root handle 5: netem delay 5ms",
            "{delay: 5ms}",
        ),
        (
            "tc -n red qdisc add dev eth0 root netem loss 1%\ntc -n red qdisc del dev eth0 root\ntc -n red -s qdisc show dev eth0; tc monitor",
            "{}",
        ),
    ] {
        let wanted = quality(same).map(Quality::without_usual);
        assert_eq!(of(tc), wanted, "{tc}");
    }
}

#[test]
fn what_tc_would_refuse_is_refused() {
    let refused = |tc: &str| {
        let text = format!("ip link add eth0 type veth peer name v\n{tc}\n");
        let errors = script::read(&text).unwrap_err();
        errors.last().unwrap().reason.clone()
    };
    let netem = "tc qdisc add dev eth0 root handle 1: netem delay 1ms";
    for (tc, word) in [
        (
            "tc qdisc add dev eth0 root netem reorder 25%".to_owned(),
            "without specifying some delay",
        ),
        (
            "tc qdisc add dev eth0 root netem delay 1ms gap 5".to_owned(),
            "`gap` without `reorder`",
        ),
        (
            "tc qdisc add dev eth0 root netem delay 1ms distribution normal".to_owned(),
            "`distribution` is not supported",
        ),
        (
            "tc qdisc add dev eth0 root tbf rate 1mbit latency 50ms".to_owned(),
            "burst",
        ),
        (
            "tc qdisc add dev eth0 root tbf rate 1mbit burst 2kb".to_owned(),
            "latency",
        ),
        (
            "tc qdisc add dev eth0 root pfifo".to_owned(),
            "netem and tbf",
        ),
        (
            "tc qdisc add dev nope root netem loss 1%".to_owned(),
            "no interface nope",
        ),
        ("tc qdisc del dev eth0 root".to_owned(), "handle of zero"),
        (
            "tc qdisc change dev eth0 root netem loss 1%".to_owned(),
            "none to change",
        ),
        (format!("{netem}\n{netem}"), "Exclusivity"),
        (
            format!(
                "{netem}\ntc qdisc replace dev eth0 root handle 1: tbf rate 1mbit burst 2kb latency 50ms"
            ),
            "must match",
        ),
        (
            format!(
                "{netem}\ntc qdisc add dev eth0 parent 2:1 tbf rate 1mbit burst 2kb latency 50ms"
            ),
            "Failed to find",
        ),
        (
            "tc filter add dev eth0 parent 1: u32".to_owned(),
            "only qdiscs",
        ),
        (
            "tc qdisc add dev eth0 root tbf rate 1mbit burst 100 latency 50ms".to_owned(),
            "1514",
        ),
    ] {
        let reason = refused(&tc);
        assert!(reason.contains(word), "{tc}: {reason}");
    }
}

#[test]
fn an_edit_is_one_step_in_place_and_its_inverse_another() {
    let mut document = lab("");
    let id = eth0(&document);
    let mut state = stands(&document);
    let mut said = Vec::new();
    let texts = [
        "{delay: 20ms}",
        "{delay: 30ms, corrupt: 1%}",
        "{delay: 30ms, rate: 1mbit}",
        "{delay: 30ms, rate: 2mbit}",
        "{delay: 40ms}",
        "{rate: 2mbit}",
        "{}",
    ];
    for text in texts {
        let before = document.clone();
        let edit = Edit::SetQuality {
            interface: id,
            quality: quality(text),
        };
        let inverse = apply(&mut document, edit).unwrap();
        let steps = plan::plan_edit(&before, &document, &state);
        said.extend(commands(&document, &steps));
        for step in &steps {
            let undone = state.clone();
            let undo = model::execute(&mut state, step).unwrap();
            let mut again = state.clone();
            for step in undo {
                model::execute(&mut again, &step).unwrap();
            }
            assert_eq!(again, undone, "{text}");
        }
        let mut back = document.clone();
        apply(&mut back, inverse).unwrap();
        assert_eq!(back, before);
    }
    let red = "tc -n red qdisc";
    let (root, below) = ("dev eth0 root handle 1: netem", "dev eth0 parent 1:1");
    assert_eq!(
        said,
        [
            format!("{red} add {root} delay 20ms"),
            format!("{red} change {root} delay 30ms corrupt 1%"),
            // What is not said would stay.
            format!("{red} change {root} delay 30ms corrupt 0%"),
            format!("{red} add {below} handle 10: tbf rate 1mbit burst 1600b latency 50ms"),
            format!("{red} change {below} handle 10: tbf rate 2mbit burst 1600b latency 50ms"),
            format!("{red} change {root} delay 40ms"),
            format!("{red} del {below}"),
            format!(
                "{red} replace dev eth0 root handle 2: tbf rate 2mbit burst 1600b latency 50ms"
            ),
            format!("{red} del dev eth0 root"),
        ]
    );
}

#[test]
fn an_mtu_into_which_the_burst_does_not_fit_is_refused() {
    let mut document = lab("quality: {rate: 1mbit}, ");
    let id = eth0(&document);
    let edit = Edit::SetMtu {
        interface: id,
        mtu: Some(9_000),
    };
    let before = document.clone();
    let error = apply(&mut document, edit.clone()).unwrap_err();
    assert_eq!(error.place, Place::Interface(id, Some(Field::Quality)));
    assert!(error.to_string().contains("9014"), "{error}");
    assert_eq!(document, before);
    let burst = Edit::SetQuality {
        interface: id,
        quality: quality("{rate: 1mbit, burst: 10kb}"),
    };
    apply(&mut document, burst).unwrap();
    apply(&mut document, edit).unwrap();
}

#[test]
fn what_somebody_else_put_there_is_drift() {
    let document = lab("quality: {delay: 20ms, rate: 1mbit}, ");
    let id = eth0(&document);
    let mut state = stands(&document);
    let drift = |state: &Observed| match &statuses(&document, Some(state)).interfaces[&id] {
        Status::Drifted(differences) => {
            let texts = differences.iter();
            let texts = texts.map(|d| format!("{}: {} / {}", d.what, d.wanted, d.observed));
            texts.collect()
        }
        _ => Vec::new(),
    };
    assert_eq!(drift(&state), Vec::<String>::new());
    let red = document.namespace_named("red").unwrap();
    let (index, _) = state.interface_named(red, "eth0").unwrap();
    let mut set = |qdiscs| {
        let inside = state.namespaces.get_mut(&red).unwrap();
        inside.interfaces.get_mut(&index).unwrap().qdiscs = qdiscs;
        state.clone()
    };
    let htb = Qdiscs {
        root: Some(Qdisc::Other("htb".to_owned())),
        child: None,
    };
    let cases = [
        (htb, "quality: delay 20ms, rate 1mbit / htb", 3),
        (Qdiscs::default(), "delay: 20ms / ", 2),
        (
            quality("{delay: 21ms, rate: 1mbit}").unwrap().qdiscs(),
            "delay: 20ms / 21ms",
            1,
        ),
        (
            quality("{delay: 20ms}").unwrap().qdiscs(),
            "rate: 1mbit / ",
            1,
        ),
        (
            quality("{rate: 1mbit}").unwrap().qdiscs(),
            "delay: 20ms / ",
            2,
        ),
    ];
    for (qdiscs, text, steps) in cases {
        let state = set(qdiscs);
        assert_eq!(drift(&state).first().map(String::as_str), Some(text));
        let steps_back = plan::plan(&document, &state);
        assert_eq!(steps_back.len(), steps, "{steps_back:#?}");
        let mut back = state;
        for step in steps_back {
            model::execute(&mut back, &step).unwrap();
        }
        assert!(plan::plan(&document, &back).is_empty());
    }
}

#[test]
fn a_kernel_without_netem_still_limits_rates() {
    let said = "Specified qdisc kind is unknown (ENOENT)".to_owned();
    let missing = [Missing::new(Feature::Netem, said)];
    let rate = lab("quality: {rate: 1mbit}, ");
    assert!(feature::problems(&rate, &missing).is_empty());
    let delay = lab("quality: {rate: 1mbit, delay: 1ms}, ");
    let problems = feature::problems(&delay, &missing);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    let place = Place::Interface(eth0(&delay), Some(Field::Quality));
    assert_eq!(problems[0].place, place);
    assert!(problems[0].text.contains("netem"), "{problems:#?}");
}

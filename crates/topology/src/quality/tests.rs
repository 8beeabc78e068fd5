use super::qdisc::{Netem, Qdisc, Qdiscs, Tbf};
use super::*;

fn slow() -> Quality {
    Quality {
        rate: Some(10_000_000),
        ..Quality::default()
    }
}

#[test]
fn what_is_usual_is_that_of_tc() {
    // `tc … tbf rate 10mbit burst 5000b latency 50ms` sets limit 67500.
    assert_eq!(slow().burst(), 5_000);
    assert_eq!(slow().queue(), 67_500);
    let slower = Quality {
        rate: Some(64_000),
        ..Quality::default()
    };
    assert_eq!(slower.burst(), LEAST_USUAL_BURST);
}

#[test]
fn without_a_delay_or_a_rate_nothing_is_done() {
    let without = [
        Quality {
            jitter: Some(1),
            ..Quality::default()
        },
        Quality {
            reorder: Some(1),
            ..Quality::default()
        },
        Quality {
            burst: Some(2_000),
            ..Quality::default()
        },
        Quality::default(),
    ];
    for quality in without {
        assert!(quality.check().is_err(), "{quality:?}");
    }
    assert_eq!(slow().check(), Ok(()));
}

#[test]
fn what_needs_another_goes_with_it() {
    let all = Quality {
        delay: Some(5),
        jitter: Some(1),
        burst: Some(9_000),
        ..slow()
    };
    let without = all.with(Measure::Delay, None).unwrap();
    assert_eq!((without.delay, without.jitter), (None, None));
    assert_eq!(without.with(Measure::Rate, Some(0)), None);
    assert_eq!(all.with(Measure::Jitter, Some(2)).unwrap().jitter, Some(2));
}

#[test]
fn what_the_kernel_cannot_hold_is_refused() {
    let odd = Quality {
        rate: Some(1_001),
        ..Quality::default()
    };
    assert!(odd.check().is_err());
    let long = Quality {
        rate: Some(8),
        burst: Some(300),
        ..Quality::default()
    };
    assert!(long.check().is_err());
    let often = Quality {
        loss: Some(CERTAIN + 1),
        ..Quality::default()
    };
    assert!(often.check().is_err());
}

#[test]
fn a_burst_takes_a_whole_frame() {
    assert!(slow().check_mtu(1_500).is_ok());
    let (measure, why) = slow().check_mtu(9_000).unwrap_err();
    assert_eq!(measure, Measure::Burst);
    assert!(why.contains("9014"), "{why}");
    let short = Quality {
        queue: Some(1_000),
        ..slow()
    };
    assert_eq!(
        short.check_mtu(1_500).map_err(|(m, _)| m),
        Err(Measure::Queue)
    );
}

#[test]
fn a_quality_is_read_from_what_makes_it() {
    let all = Quality {
        delay: Some(10_000_000),
        jitter: Some(2_000_000),
        loss: Some(10_000),
        duplicate: Some(1),
        corrupt: Some(2),
        reorder: Some(3),
        delay_correlation: Some(4),
        loss_correlation: Some(5),
        duplicate_correlation: Some(6),
        corrupt_correlation: Some(7),
        reorder_correlation: Some(8),
        gap: Some(9),
        limit: Some(17),
        rate: Some(8_000_000),
        burst: Some(3_000),
        queue: Some(40_000),
    };
    for quality in [all, slow()] {
        assert_eq!(quality.qdiscs().quality(), Some(quality));
    }
}

#[test]
fn a_burst_cut_to_ticks_is_the_same() {
    for rate in [1, 8_000, 1_250_000, 125_000_000, 12_500_000_000] {
        let wanted = Tbf {
            rate,
            burst: 1_600,
            limit: 9_000,
        };
        let ticks = 1_600_u128 * 1_000_000_000 / u128::from(rate) / u128::from(TICK);
        let Ok(ticks) = u32::try_from(ticks) else {
            continue;
        };
        let burst = Tbf::burst_of(rate, ticks);
        let is = Qdisc::Tbf(Tbf { burst, ..wanted });
        assert!(Qdisc::Tbf(wanted).is_same(&is), "{rate}: {burst}");
        let other = Qdisc::Tbf(Tbf {
            burst: 3_000,
            ..wanted
        });
        if rate < 1_000_000_000 {
            assert!(!Qdisc::Tbf(wanted).is_same(&other), "{rate}");
        }
    }
}

#[test]
fn somebody_elses_way_to_a_rate_differs() {
    let netem = Netem {
        rate: 1_250_000,
        ..Netem::default()
    };
    let is = Qdiscs {
        root: Some(Qdisc::Netem(netem)),
        child: None,
    };
    assert_eq!(is.quality(), Some(slow()));
    let differences = qdisc::differences(Some(&slow()), &is);
    let text = "rate 10mbit, netem rate 10mbit".to_owned();
    assert_eq!(differences, [("quality", "rate 10mbit".to_owned(), text)]);
    assert!(qdisc::differences(Some(&slow()), &slow().qdiscs()).is_empty());
}

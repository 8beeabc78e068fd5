//! Common qualities of links, to choose from: one direction each.

use topology::quality::{Measure, Quality};

/// A quality with a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Preset {
    /// What people call it.
    pub(crate) name: &'static str,
    /// Where its numbers come from.
    pub(crate) source: &'static str,
    /// The numbers.
    pub(crate) quality: Quality,
}

const MILLISECOND: u64 = 1_000_000;
const KBIT: u64 = 1_000;
const PERCENT: u64 = 10_000;

/// The profiles of webpagetest.org (www/settings/connectivity.ini.sample), half of the round trip
/// in each direction.
const WEB_PAGE_TEST: &str = "as WebPageTest has it, half of the round trip each way";
const TYPICAL: &str = "typical";

const NOTHING: Quality = Quality {
    delay: None,
    jitter: None,
    loss: None,
    duplicate: None,
    corrupt: None,
    reorder: None,
    limit: None,
    rate: None,
    burst: None,
    delay_correlation: None,
    loss_correlation: None,
    duplicate_correlation: None,
    corrupt_correlation: None,
    reorder_correlation: None,
    gap: None,
    queue: None,
};

const fn line(name: &'static str, source: &'static str, kbit: u64, milliseconds: u64) -> Preset {
    Preset {
        name,
        source,
        quality: Quality {
            rate: Some(kbit * KBIT),
            delay: Some(milliseconds * MILLISECOND),
            ..NOTHING
        },
    }
}

/// What there is to choose from.
pub(crate) const PRESETS: [Preset; 10] = [
    line("DSL, downstream", WEB_PAGE_TEST, 1_500, 25),
    line("DSL, upstream", WEB_PAGE_TEST, 384, 25),
    line("TV cable, downstream", WEB_PAGE_TEST, 5_000, 14),
    line("TV cable, upstream", WEB_PAGE_TEST, 1_000, 14),
    line("3G", WEB_PAGE_TEST, 1_600, 150),
    line("4G", WEB_PAGE_TEST, 9_000, 85),
    line("LTE", WEB_PAGE_TEST, 12_000, 35),
    line(
        "geostationary satellite",
        "240 ms up and down (RFC 2488, 2); the rate is typical",
        20_000,
        240,
    ),
    Preset {
        name: "lossy Wi-Fi",
        source: TYPICAL,
        quality: Quality {
            delay: Some(3 * MILLISECOND),
            jitter: Some(2 * MILLISECOND),
            loss: Some(2 * PERCENT),
            rate: Some(30_000 * KBIT),
            ..NOTHING
        },
    },
    Preset {
        name: "slow lossy WAN",
        source: TYPICAL,
        quality: Quality {
            delay: Some(80 * MILLISECOND),
            jitter: Some(10 * MILLISECOND),
            loss: Some(PERCENT),
            rate: Some(2_000 * KBIT),
            ..NOTHING
        },
    },
];

/// What of a quality can be had; nothing if none of it can.
pub(crate) fn fit(quality: Quality, can: impl Fn(Measure) -> bool) -> Option<Quality> {
    let mut fit = Quality::default();
    for (measure, number) in quality.said().filter(|(measure, _)| can(*measure)) {
        measure.set(&mut fit, Some(number));
    }
    (!fit.is_empty()).then_some(fit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_can_be_set_also_without_netem() {
        for preset in PRESETS {
            let rate_only = fit(preset.quality, |measure| !measure.is_netem()).unwrap();
            for quality in [preset.quality, rate_only] {
                assert_eq!(quality.check(), Ok(()), "{}", preset.name);
                assert!(quality.check_mtu(1_500).is_ok(), "{}", preset.name);
            }
            assert_eq!(fit(preset.quality, |_| false), None);
        }
    }
}

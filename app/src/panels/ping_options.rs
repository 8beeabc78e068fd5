//! How the next ping is done, as iputils' options have it.

use std::net::IpAddr;

use leptos::prelude::*;
use protocol::ping::{MOST_DATA, PingOptions, SHORTEST_INTERVAL_MS};

use super::dock::Dock;
use crate::testids;

/// What is typed; empty is what is usual.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Typed {
    interval: String,
    size: String,
    ttl: String,
    source: String,
    count: String,
    whole: bool,
    flood: bool,
}

impl Typed {
    /// The options, or what is wrong with one of them.
    pub(crate) fn options(&self) -> Result<PingOptions, String> {
        let usual = PingOptions::default();
        Ok(PingOptions {
            interval_ms: number(
                "interval",
                &self.interval,
                SHORTEST_INTERVAL_MS..=3_600_000,
                "ms",
            )?
            .unwrap_or(usual.interval_ms),
            size: number("size", &self.size, 0..=MOST_DATA, "bytes")?.unwrap_or(usual.size),
            ttl: number("TTL", &self.ttl, 1..=255, "hops")?,
            source: match self.source.trim() {
                "" => None,
                text => Some(
                    text.parse::<IpAddr>()
                        .map_err(|_| format!("`{text}` is not an address"))?,
                ),
            },
            count: number("count", &self.count, 1..=u64::MAX, "requests")?,
            dont_fragment: self.whole,
            flood: self.flood,
            ..usual
        })
    }
}

fn number<T: std::str::FromStr + PartialOrd + std::fmt::Display>(
    name: &str,
    text: &str,
    range: std::ops::RangeInclusive<T>,
    unit: &str,
) -> Result<Option<T>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let found = text.parse().ok().filter(|number| range.contains(number));
    found.map(Some).ok_or_else(|| {
        let least = range.start();
        format!("The {name} is a number of {unit}, at least {least}: not `{text}`")
    })
}

/// The fields.
#[component]
pub(crate) fn PingOptionFields() -> impl IntoView {
    let dock = Dock::of_page();
    let field = move |label: &'static str,
                      usual: &'static str,
                      get: fn(&Typed) -> &String,
                      set: fn(&mut Typed) -> &mut String| {
        let class = if label == "Source" {
            "mono"
        } else {
            "mono port"
        };
        view! {
            <label class="option">
                {label}
                <input
                    class=class
                    placeholder=usual
                    autocomplete="off"
                    spellcheck="false"
                    data-testid=testids::ping_option(label)
                    prop:value=move || dock.ping_options.with(|typed| get(typed).clone())
                    on:input=move |event| {
                        let text = event_target_value(&event);
                        dock.ping_options.update(|typed| *set(typed) = text);
                    }
                />
            </label>
        }
    };
    let check = move |label: &'static str,
                      title: &'static str,
                      get: fn(&Typed) -> bool,
                      set: fn(&mut Typed) -> &mut bool| {
        view! {
            <label class="check" title=title>
                <input
                    type="checkbox"
                    prop:checked=move || dock.ping_options.with(get)
                    on:change=move |event| {
                        let on = event_target_checked(&event);
                        dock.ping_options.update(|typed| *set(typed) = on);
                    }
                />
                {label}
            </label>
        }
    };
    view! {
        <div class="panel-bar options">
            {field("Interval ms", "1000", |t| &t.interval, |t| &mut t.interval)}
            {field("Size", "56", |t| &t.size, |t| &mut t.size)}
            {field("TTL", "64", |t| &t.ttl, |t| &mut t.ttl)}
            {field("Count", "endless", |t| &t.count, |t| &mut t.count)}
            {field("Source", "as routed", |t| &t.source, |t| &mut t.source)}
            {check(
                "Don't fragment",
                "Larger than the path takes is an error (ping -M do)",
                |t| t.whole,
                |t| &mut t.whole,
            )}
            {check(
                "Flood",
                "As fast as answers come, 5,000 a second at most (ping -f)",
                |t| t.flood,
                |t| &mut t.flood,
            )}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_becomes_options() {
        let usual = Typed::default().options();
        assert_eq!(usual, Ok(PingOptions::default()));
        let typed = Typed {
            interval: "2".into(),
            size: " 1472 ".into(),
            ttl: "1".into(),
            source: "fd00::1".into(),
            count: "3".into(),
            whole: true,
            flood: false,
        };
        let options = typed.options().unwrap();
        assert_eq!((options.interval_ms, options.size), (2, 1472));
        assert_eq!((options.ttl, options.count), (Some(1), Some(3)));
        assert!(options.dont_fragment && options.source.is_some());
        for wrong in [
            Typed {
                interval: "1".into(),
                ..Typed::default()
            },
            Typed {
                ttl: "0".into(),
                ..Typed::default()
            },
            Typed {
                size: "65508".into(),
                ..Typed::default()
            },
            Typed {
                source: "red".into(),
                ..Typed::default()
            },
        ] {
            assert!(wrong.options().is_err(), "{wrong:?}");
        }
    }
}

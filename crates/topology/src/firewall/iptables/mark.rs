//! Targets that change packets and connections, and matches of what they set: what the tables
//! `mangle` and `raw` are for.

use crate::address::Family;

/// The options that these targets take without a value.
pub(super) const FLAGS: [&str; 4] = [
    "--clamp-mss-to-pmtu",
    "--save-mark",
    "--restore-mark",
    "--notrack",
];

/// Those that they take with one.
pub(super) const OPTIONS: [&str; 10] = [
    "--set-mark",
    "--set-xmark",
    "--and-mark",
    "--or-mark",
    "--xor-mark",
    "--set-mss",
    "--set-dscp",
    "--set-dscp-class",
    "--ttl-set",
    "--hl-set",
];

/// The statement of a target, as `iptables-translate` writes it; `None` for one that is none of
/// these. `option` gives the value of an option and takes it away; of a flag it is empty.
pub(super) fn statement(
    name: &str,
    family: Family,
    mut option: impl FnMut(&str) -> Option<String>,
) -> Option<Result<String, String>> {
    let needs = |what: &str| Err(format!("the target {name} needs {what}"));
    let said = match name {
        "MARK" => match change(&mut option) {
            Some(change) => {
                change.map(|change| format!("meta mark set {}", change.of("meta mark")))
            }
            None => needs("`--set-mark`"),
        },
        "CONNMARK" => match (option("--save-mark"), option("--restore-mark")) {
            (Some(_), _) => Ok("ct mark set meta mark".to_owned()),
            (None, Some(_)) => Ok("meta mark set ct mark".to_owned()),
            (None, None) => match change(&mut option) {
                Some(change) => {
                    change.map(|change| format!("ct mark set {}", change.of("ct mark")))
                }
                None => needs("`--set-mark`, `--save-mark` or `--restore-mark`"),
            },
        },
        "TCPMSS" => match (option("--clamp-mss-to-pmtu"), option("--set-mss")) {
            (Some(_), _) => Ok("tcp option maxseg size set rt mtu".to_owned()),
            (None, Some(size)) => {
                number(&size).map(|size| format!("tcp option maxseg size set {size}"))
            }
            (None, None) => needs("`--clamp-mss-to-pmtu` or `--set-mss`"),
        },
        "DSCP" => {
            let ip = match family {
                Family::Ipv4 => "ip",
                Family::Ipv6 => "ip6",
            };
            match (option("--set-dscp"), option("--set-dscp-class")) {
                (Some(value), _) => {
                    number(&value).map(|value| format!("{ip} dscp set {value:#04x}"))
                }
                (None, Some(class)) => {
                    class_name(&class).map(|class| format!("{ip} dscp set {class}"))
                }
                (None, None) => needs("`--set-dscp` or `--set-dscp-class`"),
            }
        }
        "TTL" => match option("--ttl-set") {
            Some(hops) => number(&hops).map(|hops| format!("ip ttl set {hops}")),
            None => needs("`--ttl-set`: nft does not count them up or down"),
        },
        "HL" => match option("--hl-set") {
            Some(hops) => number(&hops).map(|hops| format!("ip6 hoplimit set {hops}")),
            None => needs("`--hl-set`: nft does not count them up or down"),
        },
        "NOTRACK" => Ok("notrack".to_owned()),
        "CT" => match option("--notrack") {
            Some(_) => Ok("notrack".to_owned()),
            None => needs("`--notrack`: nothing else of it is supported"),
        },
        _ => return None,
    };
    Some(said)
}

/// What a mark becomes: its bits of `keep` stay, those of `flip` are turned over.
struct Change {
    keep: u32,
    flip: u32,
}

impl Change {
    fn of(&self, mark: &str) -> String {
        let Self { keep, flip } = *self;
        match (keep, flip) {
            (0, value) => format!("{value:#x}"),
            (u32::MAX, flip) => format!("{mark} xor {flip:#x}"),
            (keep, 0) => format!("{mark} and {keep:#x}"),
            (keep, flip) => format!("{mark} and {keep:#x} xor {flip:#x}"),
        }
    }
}

/// As iptables-extensions(8) says of MARK.
fn change(option: &mut impl FnMut(&str) -> Option<String>) -> Option<Result<Change, String>> {
    let all = |flip| Change { keep: 0, flip };
    if let Some(text) = option("--set-xmark") {
        return Some(with_mask(&text).map(|(value, mask)| Change {
            keep: !mask,
            flip: value,
        }));
    }
    if let Some(text) = option("--set-mark") {
        return Some(with_mask(&text).map(|(value, mask)| Change {
            keep: !(mask | value),
            flip: value,
        }));
    }
    if let Some(text) = option("--and-mark") {
        return Some(number(&text).map(|keep| Change { keep, flip: 0 }));
    }
    if let Some(text) = option("--or-mark") {
        return Some(number(&text).map(|bits| match bits {
            u32::MAX => all(bits),
            bits => Change {
                keep: !bits,
                flip: bits,
            },
        }));
    }
    let text = option("--xor-mark")?;
    Some(number(&text).map(|flip| Change {
        keep: u32::MAX,
        flip,
    }))
}

/// A match of a mark: `--mark VALUE[/MASK]`.
pub(super) fn matched(mark: &str, not: bool, text: &str) -> Result<String, String> {
    let (value, mask) = with_mask(text)?;
    let (is, unless) = match not {
        true => ("!= ", "!= "),
        false => ("== ", ""),
    };
    Ok(match mask {
        u32::MAX => format!("{mark} {unless}{value:#x}"),
        mask => format!("{mark} and {mask:#x} {is}{value:#x}"),
    })
}

/// A match of TCP's flags: those that are looked at, and those of them that are set.
pub(super) fn flags(not: bool, looked_at: &str, set: &str) -> Result<String, String> {
    const ALL: [&str; 6] = ["fin", "syn", "rst", "psh", "ack", "urg"];
    let list = |text: &str| -> Result<Vec<&str>, String> {
        match text {
            "ALL" => Ok(ALL.to_vec()),
            "NONE" => Ok(Vec::new()),
            text => text
                .split(',')
                .map(|flag| {
                    let known = ALL.iter().find(|known| flag.eq_ignore_ascii_case(known));
                    known
                        .copied()
                        .ok_or_else(|| format!("the flag `{flag}` is not understood"))
                })
                .collect(),
        }
    };
    let (looked_at, set) = (list(looked_at)?, list(set)?);
    if looked_at.is_empty() {
        return Err("`--tcp-flags` looks at none".to_owned());
    }
    let set = match set.as_slice() {
        [] => "0x0".to_owned(),
        set => set.join("|"),
    };
    let is = if not { "!=" } else { "==" };
    Ok(format!("tcp flags & ({}) {is} {set}", looked_at.join("|")))
}

fn with_mask(text: &str) -> Result<(u32, u32), String> {
    match text.split_once('/') {
        None => Ok((number(text)?, u32::MAX)),
        Some((value, mask)) => Ok((number(value)?, number(mask)?)),
    }
}

fn number(text: &str) -> Result<u32, String> {
    let read = match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => text.parse(),
    };
    read.map_err(|_| format!("`{text}` is no number"))
}

/// `EF`, `AF11`, `CS1`, …: nft has them in small letters.
fn class_name(text: &str) -> Result<String, String> {
    let name = text.to_ascii_lowercase();
    let is_word = name.chars().all(|c| c.is_ascii_alphanumeric()) && !name.is_empty();
    match is_word {
        true => Ok(name),
        false => Err(format!("the class `{text}` is not understood")),
    }
}

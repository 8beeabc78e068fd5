//! One rule: matches, then a target.

use std::net::IpAddr;

use ipnet::IpNet;

use super::mark;
use super::statistic::Statistic;
use super::{Target, Translated, chain_name};
use crate::address::Family;
use crate::command::words::Words;

/// What was read so far.
#[derive(Default)]
struct Rule {
    /// Expressions of nft, in the order of `iptables-translate`: interfaces, addresses, then the
    /// matches as they come.
    interfaces: Vec<String>,
    addresses: Vec<String>,
    matches: Vec<String>,
    /// The protocol, not yet said by a match of its own.
    protocol: Option<(String, bool)>,
    /// Whether a match of the protocol's ports or types says it.
    protocol_said: bool,
    comment: Option<String>,
    target: Option<String>,
    /// Options of the target.
    options: Vec<(String, String)>,
    limit: Option<(String, Option<String>)>,
    statistic: Statistic,
    /// The last module: two of them have a match of one name.
    module: Option<String>,
}

/// Reads the words after the chain.
pub(super) fn read(
    target: &Target,
    chain: &str,
    verb: &str,
    words: &mut Words<'_>,
) -> Result<Translated, String> {
    let mut rule = Rule::default();
    let mut not = false;
    while let Some(word) = words.next() {
        if word == "!" {
            not = true;
            continue;
        }
        rule.word(target, word, std::mem::take(&mut not), words)?;
    }
    if not {
        return Err("`!` needs a match after it".to_owned());
    }
    let text = rule.text(target)?;
    let table = target.table();
    Ok(Translated {
        declared: target.declares(chain)?,
        lines: vec![format!("{verb} rule {table} {chain} {text}")],
        only_with: None,
    })
}

/// `!= ` or nothing.
fn unless(not: bool) -> &'static str {
    if not { "!= " } else { "" }
}

impl Rule {
    fn word(
        &mut self,
        target: &Target,
        word: &str,
        not: bool,
        words: &mut Words<'_>,
    ) -> Result<(), String> {
        let may_be_not = [
            "-s",
            "--source",
            "--src",
            "-d",
            "--destination",
            "--dst",
            "-i",
            "--in-interface",
            "-o",
            "--out-interface",
            "-p",
            "--protocol",
            "--proto",
            "--sport",
            "--source-port",
            "--dport",
            "--destination-port",
            "--sports",
            "--source-ports",
            "--dports",
            "--destination-ports",
            "--state",
            "--ctstate",
            "--syn",
            "--tcp-flags",
            "--mark",
            "--icmp-type",
            "--icmpv6-type",
        ];
        if not && !may_be_not.contains(&word) {
            return Err(format!("`!` before `{word}` is not understood"));
        }
        match word {
            "-t" | "--table" => {
                words.next();
            }
            "-w" | "--wait" | "-v" | "--verbose" => {}
            "-s" | "--source" | "--src" => {
                self.address(target, "saddr", not, words.value(word)?)?
            }
            "-d" | "--destination" | "--dst" => {
                self.address(target, "daddr", not, words.value(word)?)?;
            }
            "-i" | "--in-interface" => self.interface("iifname", not, words.value(word)?)?,
            "-o" | "--out-interface" => self.interface("oifname", not, words.value(word)?)?,
            "-p" | "--protocol" | "--proto" => self.protocol(not, words.value(word)?)?,
            "-m" | "--match" => {
                let name = words.value(word)?;
                module(name)?;
                self.module = Some(name.to_owned());
            }
            "--sport" | "--source-port" => self.ports("sport", not, false, words.value(word)?)?,
            "--dport" | "--destination-port" => {
                self.ports("dport", not, false, words.value(word)?)?;
            }
            "--sports" | "--source-ports" => self.ports("sport", not, true, words.value(word)?)?,
            "--dports" | "--destination-ports" => {
                self.ports("dport", not, true, words.value(word)?)?;
            }
            "--syn" => {
                self.only("tcp", word)?;
                let flags = format!("tcp flags & (fin|syn|rst|ack) {}syn", equals(not));
                self.matches.push(flags);
            }
            "--tcp-flags" => {
                self.only("tcp", word)?;
                let looked_at = words.value(word)?;
                let flags = mark::flags(not, looked_at, words.value(word)?)?;
                self.matches.push(flags);
            }
            "--mark" => {
                let of = match self.module.as_deref() {
                    Some("connmark") => "ct mark",
                    _ => "meta mark",
                };
                self.matches
                    .push(mark::matched(of, not, words.value(word)?)?);
            }
            "--icmp-type" | "--icmpv6-type" => self.icmp(target, not, words.value(word)?)?,
            "--state" | "--ctstate" => self.state(not, words.value(word)?)?,
            "--comment" => self.comment = Some(string(words.value(word)?)?),
            "--limit" => {
                let rate = rate(words.value(word)?)?;
                let burst = self.limit.take().and_then(|(_, burst)| burst);
                self.limit = Some((rate, burst));
            }
            "--limit-burst" => {
                let burst: u32 = words.parsed(word)?;
                let rate = self.limit.take().map(|(rate, _)| rate);
                // The default of iptables-extensions(8).
                let rate = rate.unwrap_or_else(|| "3/hour".to_owned());
                self.limit = Some((rate, Some(burst.to_string())));
            }
            "-j" | "--jump" => self.target = Some(words.value(word)?.to_owned()),
            "--to-ports" | "--to-source" | "--to-destination" | "--reject-with"
            | "--log-prefix" | "--log-level" => {
                let value = words.value(word)?.to_owned();
                self.options.push((word.to_owned(), value));
            }
            flag if mark::FLAGS.contains(&flag) => {
                self.options.push((flag.to_owned(), String::new()));
            }
            option if mark::OPTIONS.contains(&option) => {
                let value = words.value(option)?.to_owned();
                self.options.push((option.to_owned(), value));
            }
            "-g" | "--goto" | "-f" | "--fragment" | "-c" | "--set-counters" => {
                return Err(format!("`{word}` is not supported"));
            }
            "--mode" | "--probability" | "--every" | "--packet" => {
                self.statistic.take(word, words.value(word)?);
            }
            other => return Err(format!("`{other}` is not understood here")),
        }
        Ok(())
    }

    fn address(
        &mut self,
        target: &Target,
        side: &str,
        not: bool,
        text: &str,
    ) -> Result<(), String> {
        let family = target.family;
        let one = |text: &str| -> Result<String, String> {
            let net = text.parse::<IpNet>().ok().or_else(|| {
                let address: IpAddr = text.parse().ok()?;
                Some(IpNet::from(address))
            });
            let net = net.filter(|net| Family::of(net.addr()) == family);
            let net = net.ok_or_else(|| format!("`{text}` is no address of this family"))?;
            // The kernel masks what iptables is given.
            Ok(match net.prefix_len() == net.max_prefix_len() {
                true => net.addr().to_string(),
                false => net.trunc().to_string(),
            })
        };
        let all: Vec<String> = text.split(',').map(one).collect::<Result<_, _>>()?;
        let ip = match family {
            Family::Ipv4 => "ip",
            Family::Ipv6 => "ip6",
        };
        self.addresses
            .push(format!("{ip} {side} {}{}", unless(not), set(&all)));
        Ok(())
    }

    fn interface(&mut self, side: &str, not: bool, text: &str) -> Result<(), String> {
        let name = match text.strip_suffix('+') {
            Some(beginning) => format!("{beginning}*"),
            None => text.to_owned(),
        };
        let name = string(&name)?;
        self.interfaces
            .push(format!("{side} {}{name}", unless(not)));
        Ok(())
    }

    fn protocol(&mut self, not: bool, text: &str) -> Result<(), String> {
        let name = match text {
            "all" | "0" => return Ok(()),
            "6" => "tcp",
            "17" => "udp",
            "1" => "icmp",
            "58" | "icmpv6" | "ipv6-icmp" => "ipv6-icmp",
            "tcp" | "udp" | "icmp" | "sctp" | "udplite" | "dccp" | "esp" | "ah" | "gre" => text,
            other => return Err(format!("the protocol `{other}` is not understood")),
        };
        self.protocol = Some((name.to_owned(), not));
        Ok(())
    }

    /// Refuses a match that needs another protocol.
    fn only(&mut self, wanted: &str, word: &str) -> Result<(), String> {
        match &self.protocol {
            Some((name, false)) if name == wanted => {
                self.protocol_said = true;
                Ok(())
            }
            _ => Err(format!("`{word}` needs `-p {wanted}` before it")),
        }
    }

    fn ports(&mut self, side: &str, not: bool, several: bool, text: &str) -> Result<(), String> {
        let protocol = match &self.protocol {
            Some((name, false)) if matches!(name.as_str(), "tcp" | "udp" | "sctp" | "dccp") => {
                name.clone()
            }
            _ => return Err("ports need `-p tcp` or `-p udp` before them".to_owned()),
        };
        let one = |text: &str| -> Result<String, String> {
            match text.split_once(':') {
                None => port(text),
                Some((from, to)) => {
                    let from = if from.is_empty() { "0" } else { from };
                    let to = if to.is_empty() { "65535" } else { to };
                    Ok(format!("{}-{}", port(from)?, port(to)?))
                }
            }
        };
        let all: Vec<String> = match several {
            true => text.split(',').map(one).collect::<Result<_, _>>()?,
            false => vec![one(text)?],
        };
        self.matches
            .push(format!("{protocol} {side} {}{}", unless(not), set(&all)));
        self.protocol_said = true;
        Ok(())
    }

    fn icmp(&mut self, target: &Target, not: bool, text: &str) -> Result<(), String> {
        let (protocol, word) = match target.family {
            Family::Ipv4 => ("icmp", "icmp"),
            Family::Ipv6 => ("ipv6-icmp", "icmpv6"),
        };
        self.only(protocol, "--icmp-type")?;
        let name = match (target.family, text) {
            (_, "any") => return Ok(()),
            (_, "ping") => "echo-request",
            (_, "pong") => "echo-reply",
            (Family::Ipv4, "ttl-exceeded") => "time-exceeded",
            (_, text) => text,
        };
        let fine = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if name.is_empty() || !name.chars().all(fine) {
            return Err(format!("the ICMP type `{text}` is not understood"));
        }
        self.matches
            .push(format!("{word} type {}{name}", unless(not)));
        Ok(())
    }

    fn state(&mut self, not: bool, text: &str) -> Result<(), String> {
        let one = |state: &str| match state {
            "NEW" => Ok("new"),
            "ESTABLISHED" => Ok("established"),
            "RELATED" => Ok("related"),
            "INVALID" => Ok("invalid"),
            "UNTRACKED" => Ok("untracked"),
            other => Err(format!("the state `{other}` is not understood")),
        };
        let states: Vec<&str> = text.split(',').map(one).collect::<Result<_, _>>()?;
        let states = states.join(",");
        self.matches
            .push(format!("ct state {}{states}", unless(not)));
        Ok(())
    }

    fn text(mut self, target: &Target) -> Result<String, String> {
        let mut words = std::mem::take(&mut self.interfaces);
        if let Some((name, not)) = self.protocol.as_ref().filter(|_| !self.protocol_said) {
            words.push(match target.family {
                Family::Ipv4 => format!("ip protocol {}{name}", unless(*not)),
                // There may be headers between.
                Family::Ipv6 => format!("meta l4proto {}{name}", unless(*not)),
            });
        }
        words.append(&mut self.addresses);
        words.append(&mut self.matches);
        words.extend(self.statistic.text()?);
        if let Some((rate, burst)) = self.limit.take() {
            let burst = burst.unwrap_or_else(|| "5".to_owned());
            words.push(format!("limit rate {rate} burst {burst} packets"));
        }
        words.push("counter".to_owned());
        words.extend(self.verdict(target)?);
        if let Some(comment) = self.comment.take() {
            words.push(format!("comment {comment}"));
        }
        Ok(words.join(" "))
    }

    fn option(&mut self, name: &str) -> Option<String> {
        let place = self.options.iter().position(|(known, _)| known == name)?;
        Some(self.options.swap_remove(place).1)
    }

    fn verdict(&mut self, target: &Target) -> Result<Option<String>, String> {
        let Some(name) = self.target.clone() else {
            return match self.options.first() {
                Some((option, _)) => Err(format!("`{option}` needs a target that takes it")),
                None => Ok(None),
            };
        };
        let verdict = match name.as_str() {
            "ACCEPT" => "accept".to_owned(),
            "DROP" => "drop".to_owned(),
            "RETURN" => "return".to_owned(),
            "REJECT" => match self.option("--reject-with") {
                None => "reject".to_owned(),
                Some(with) => format!("reject with {}", reject(target.family, &with)?),
            },
            "MASQUERADE" => match self.option("--to-ports") {
                None => "masquerade".to_owned(),
                Some(ports) => format!("masquerade to :{}", ports_of_target(&ports)?),
            },
            "REDIRECT" => match self.option("--to-ports") {
                None => "redirect".to_owned(),
                Some(ports) => format!("redirect to :{}", ports_of_target(&ports)?),
            },
            "SNAT" => format!("snat to {}", self.place(target, "--to-source", &name)?),
            "DNAT" => format!("dnat to {}", self.place(target, "--to-destination", &name)?),
            "LOG" => {
                let prefix = self.option("--log-prefix");
                // How loud it is means nothing where no kernel log is.
                let _level = self.option("--log-level");
                match prefix {
                    None => "log".to_owned(),
                    Some(prefix) => format!("log prefix {}", string(&prefix)?),
                }
            }
            "NFLOG" | "NFQUEUE" | "QUEUE" | "TOS" | "CLASSIFY" | "SET" | "TPROXY" | "NETMAP"
            | "TEE" | "AUDIT" | "CHECKSUM" | "ULOG" => {
                return Err(format!("the target `{name}` is not supported"));
            }
            other => match mark::statement(other, target.family, |option| self.option(option)) {
                Some(statement) => statement?,
                None => {
                    chain_name(other)?;
                    format!("jump {other}")
                }
            },
        };
        match self.options.first() {
            Some((option, _)) => Err(format!("`{option}` is none of the target {name}")),
            None => Ok(Some(verdict)),
        }
    }

    /// An address, a port, or both, as `--to-destination` has them.
    fn place(&mut self, target: &Target, option: &str, name: &str) -> Result<String, String> {
        let text = self.option(option);
        let text = text.ok_or_else(|| format!("the target {name} needs `{option}`"))?;
        let wrong = || format!("`{option} {text}` is no address of this family");
        let is_own = |address: &IpAddr| Family::of(*address) == target.family;
        let address = |text: &str| text.parse::<IpAddr>().ok().filter(is_own);
        let range = |text: &str| -> Option<String> {
            match text.split_once('-') {
                None => address(text).map(|a| a.to_string()),
                Some((from, to)) => Some(format!("{}-{}", address(from)?, address(to)?)),
            }
        };
        let (host, ports) = match (target.family, text.strip_prefix('[')) {
            (Family::Ipv6, Some(rest)) => {
                let (host, rest) = rest.split_once(']').ok_or_else(wrong)?;
                (host, rest.strip_prefix(':'))
            }
            (Family::Ipv6, None) => (text.as_str(), None),
            (Family::Ipv4, _) => match text.split_once(':') {
                Some((host, ports)) => (host, Some(ports)),
                None => (text.as_str(), None),
            },
        };
        let ports = ports.map(ports_of_target).transpose()?;
        let host = match host {
            "" => String::new(),
            host => range(host).ok_or_else(wrong)?,
        };
        Ok(match (target.family, ports, host.as_str()) {
            (_, None, "") => return Err(wrong()),
            (_, None, host) => host.to_owned(),
            (_, Some(ports), "") => format!(":{ports}"),
            (Family::Ipv4, Some(ports), host) => format!("{host}:{ports}"),
            (Family::Ipv6, Some(ports), host) => format!("[{host}]:{ports}"),
        })
    }
}

fn equals(not: bool) -> &'static str {
    if not { "!= " } else { "== " }
}

/// Modules whose matches are understood.
fn module(name: &str) -> Result<(), String> {
    let known = [
        "tcp",
        "udp",
        "icmp",
        "icmp6",
        "icmpv6",
        "ipv6-icmp",
        "sctp",
        "state",
        "conntrack",
        "multiport",
        "comment",
        "limit",
        "statistic",
        "mark",
        "connmark",
    ];
    match known.contains(&name) {
        true => Ok(()),
        false => Err(format!("the match `{name}` is not supported")),
    }
}

fn set(all: &[String]) -> String {
    match all {
        [only] => only.clone(),
        several => format!("{{ {} }}", several.join(", ")),
    }
}

/// A port by number or by its name in services(5), which nft knows, too.
fn port(text: &str) -> Result<String, String> {
    let is_name = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    match text.parse::<u16>() {
        Ok(number) => Ok(number.to_string()),
        Err(_) if is_name => Ok(text.to_owned()),
        Err(_) => Err(format!("`{text}` is no port")),
    }
}

fn ports_of_target(text: &str) -> Result<String, String> {
    let number = |text: &str| {
        text.parse::<u16>()
            .map_err(|_| format!("`{text}` is no port"))
    };
    Ok(match text.split_once('-') {
        None => number(text)?.to_string(),
        Some((from, to)) => format!("{}-{}", number(from)?, number(to)?),
    })
}

/// `5/min`, as nft writes rates.
fn rate(text: &str) -> Result<String, String> {
    let wrong = || format!("`--limit {text}`: write it like 5/minute");
    let (number, unit) = text.split_once('/').unwrap_or((text, "second"));
    let number: u32 = number.parse().map_err(|_| wrong())?;
    let units = ["second", "minute", "hour", "day"];
    let unit = units
        .iter()
        .find(|known| !unit.is_empty() && known.starts_with(unit));
    Ok(format!("{number}/{}", unit.ok_or_else(wrong)?))
}

fn reject(family: Family, with: &str) -> Result<String, String> {
    let (word, name) = match (family, with) {
        (_, "tcp-reset") => return Ok("tcp reset".to_owned()),
        (Family::Ipv4, with) => (
            "icmp",
            match with {
                "icmp-net-unreachable" | "net-unreach" => "net-unreachable",
                "icmp-host-unreachable" | "host-unreach" => "host-unreachable",
                "icmp-port-unreachable" | "port-unreach" => "port-unreachable",
                "icmp-proto-unreachable" | "proto-unreach" => "prot-unreachable",
                "icmp-net-prohibited" | "net-prohib" => "net-prohibited",
                "icmp-host-prohibited" | "host-prohib" => "host-prohibited",
                "icmp-admin-prohibited" | "admin-prohib" => "admin-prohibited",
                _ => "",
            },
        ),
        (Family::Ipv6, with) => (
            "icmpv6",
            match with {
                "icmp6-no-route" | "no-route" => "no-route",
                "icmp6-adm-prohibited" | "adm-prohibited" => "admin-prohibited",
                "icmp6-addr-unreachable" | "addr-unreach" => "addr-unreachable",
                "icmp6-port-unreachable" | "port-unreach" => "port-unreachable",
                _ => "",
            },
        ),
    };
    match name {
        "" => Err(format!("`--reject-with {with}` is not understood")),
        name => Ok(format!("{word} type {name}")),
    }
}

/// A string of nft, which knows no escapes.
fn string(text: &str) -> Result<String, String> {
    let is_bad = |c: char| c.is_control() || c == '"';
    match text.is_empty() || text.contains(is_bad) {
        true => Err(format!("`{text}` cannot be written for nft")),
        false => Ok(format!("\"{text}\"")),
    }
}

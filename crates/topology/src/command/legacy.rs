//! `brctl`, `ifconfig` and `route`, as old tutorials have them: in the words of `ip`.

use std::net::Ipv4Addr;

use super::words::Words;

/// A command in the words of `ip`, without `ip` itself.
pub(crate) type IpWords = Vec<String>;

fn said(words: &[&str]) -> IpWords {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// `brctl`; nothing if it only looks.
pub(crate) fn brctl(words: &mut Words<'_>) -> Result<Vec<IpWords>, String> {
    let verb = words.next().unwrap_or("show");
    if matches!(verb, "show" | "showmacs" | "showstp" | "--version" | "-V") {
        return Ok(Vec::new());
    }
    let bridge = words.value(verb)?;
    let set = |parameter: &str, value: &str| {
        said(&[
            "link", "set", "dev", bridge, "type", "bridge", parameter, value,
        ])
    };
    let commands = match verb {
        "addbr" => vec![said(&["link", "add", "name", bridge, "type", "bridge"])],
        "delbr" => vec![said(&["link", "delete", "dev", bridge])],
        "addif" | "delif" => {
            let mut commands = Vec::new();
            while let Some(port) = words.next() {
                commands.push(match verb {
                    "addif" => said(&["link", "set", "dev", port, "master", bridge]),
                    _ => said(&["link", "set", "dev", port, "nomaster"]),
                });
            }
            if commands.is_empty() {
                return Err(format!("`brctl {verb} {bridge}` needs an interface"));
            }
            commands
        }
        "stp" => {
            let on = match words.value("stp")? {
                "on" | "yes" | "1" => "1",
                "off" | "no" | "0" => "0",
                other => return Err(format!("`brctl stp {bridge} {other}`: on or off")),
            };
            vec![set("stp_state", on)]
        }
        "setageing" | "setfd" | "sethello" | "setmaxage" => {
            let seconds = words.value(verb)?;
            let parsed: f64 = seconds
                .parse()
                .map_err(|_| format!("`{seconds}` is no number of seconds"))?;
            // `ip` takes hundredths of a second, as the kernel does.
            let hundredths = format!("{:.0}", parsed * 100.0);
            let parameter = match verb {
                "setageing" => "ageing_time",
                "setfd" => "forward_delay",
                "sethello" => "hello_time",
                _ => "max_age",
            };
            vec![set(parameter, &hundredths)]
        }
        "setbridgeprio" => vec![set("priority", words.value(verb)?)],
        "setpathcost" | "setportprio" | "hairpin" => {
            let port = words.value(verb)?;
            let value = words.value(verb)?;
            let (parameter, value) = match verb {
                "setpathcost" => ("cost", value),
                "setportprio" => ("priority", value),
                _ => ("hairpin", value),
            };
            vec![said(&[
                "link",
                "set",
                "dev",
                port,
                "type",
                "bridge_slave",
                parameter,
                value,
            ])]
        }
        other => return Err(format!("`brctl {other}` is not supported")),
    };
    words.end()?;
    Ok(commands)
}

/// `ifconfig`; nothing if it only looks.
pub(crate) fn ifconfig(words: &mut Words<'_>) -> Result<Vec<IpWords>, String> {
    let interface = match words.next() {
        None | Some("-a" | "-s" | "-v") => return Ok(Vec::new()),
        Some(interface) => interface,
    };
    if words.peek().is_none() {
        return Ok(Vec::new());
    }
    if interface.contains(':') {
        return Err(
            "an alias such as `eth0:1` is not supported: give the interface the address".to_owned(),
        );
    }
    let set = |what: &[&str]| {
        let mut command = said(&["link", "set", "dev", interface]);
        command.extend(said(what));
        command
    };
    let mut commands = Vec::new();
    let mut address: Option<&str> = None;
    let mut netmask: Option<&str> = None;
    let mut goes_up = true;
    while let Some(word) = words.next() {
        match word {
            "up" => commands.push(set(&["up"])),
            "down" => {
                goes_up = false;
                commands.push(set(&["down"]));
            }
            "mtu" => commands.push(set(&["mtu", words.value(word)?])),
            "hw" => {
                let class = words.value(word)?;
                let mac = match class {
                    "ether" => words.value(class)?,
                    mac => mac,
                };
                commands.push(set(&["address", mac]));
            }
            "netmask" => netmask = Some(words.value(word)?),
            // Only says whom not to answer, as `broadcast` of `ip addr` does.
            "broadcast" => drop(words.value(word)?),
            "inet" | "promisc" | "-promisc" | "multicast" => {}
            "inet6" | "add" => {
                let verb = match words.peek() {
                    Some("add" | "del") => words.next().unwrap_or("add"),
                    _ => "add",
                };
                let address = words.value(word)?;
                commands.push(said(&["address", verb, address, "dev", interface]));
            }
            "del" => {
                let address = words.value(word)?;
                commands.push(said(&["address", "delete", address, "dev", interface]));
            }
            "0" | "0.0.0.0" => commands.push(said(&["-4", "address", "flush", "dev", interface])),
            text if address.is_none() && text.starts_with(|c: char| c.is_ascii_digit()) => {
                address = Some(text);
            }
            other => return Err(format!("`ifconfig {interface} {other}` is not supported")),
        }
    }
    if let Some(address) = address {
        let with_length = match (address.contains('/'), netmask) {
            (true, _) => address.to_owned(),
            (false, netmask) => format!("{address}/{}", prefix_length(address, netmask)?),
        };
        commands.insert(0, said(&["-4", "address", "flush", "dev", interface]));
        commands.insert(1, said(&["address", "add", &with_length, "dev", interface]));
        // An address brings the interface up (SIOCSIFADDR by ifconfig sets IFF_UP).
        if goes_up {
            commands.push(set(&["up"]));
        }
    }
    Ok(commands)
}

/// Of a netmask; without one by the class of the address, as `ifconfig` has it.
fn prefix_length(address: &str, netmask: Option<&str>) -> Result<u32, String> {
    let parsed = |text: &str| -> Result<u32, String> {
        let address: Ipv4Addr = text
            .parse()
            .map_err(|_| format!("`{text}` is no IPv4 address"))?;
        Ok(address.to_bits())
    };
    match netmask {
        Some(text) => {
            let mask = parsed(text)?;
            match mask.leading_ones() + mask.trailing_zeros() == 32 || mask == 0 {
                true => Ok(mask.leading_ones()),
                false => Err(format!("`{text}` is no netmask")),
            }
        }
        None => Ok(match parsed(address)? >> 28 {
            0..=7 => 8,
            8..=11 => 16,
            _ => 24,
        }),
    }
}

/// `route`; nothing if it only looks.
pub(crate) fn route(words: &mut Words<'_>) -> Result<Vec<IpWords>, String> {
    let mut family = "-4";
    let verb = loop {
        match words.next() {
            None => return Ok(Vec::new()),
            Some("-A") => {
                family = match words.value("-A")? {
                    "inet6" => "-6",
                    _ => "-4",
                }
            }
            Some("-6" | "--inet6") => family = "-6",
            Some("-4" | "-n" | "-e" | "-v" | "-ee") => {}
            Some(verb @ ("add" | "del" | "delete")) => break verb,
            Some(other) => return Err(format!("`route {other}` is not supported")),
        }
    };
    let mut destination: Option<String> = None;
    let mut is_host = false;
    let mut netmask = None;
    let mut rest = Vec::new();
    while let Some(word) = words.next() {
        match word {
            "-net" => {}
            "-host" => is_host = true,
            "netmask" => netmask = Some(words.value(word)?),
            "gw" | "gateway" => rest.extend(["via".to_owned(), words.value(word)?.to_owned()]),
            "dev" => rest.extend(["dev".to_owned(), words.value(word)?.to_owned()]),
            "metric" => {
                // The kernel counts one less than `route` says (RTF metric + 1).
                rest.extend(["metric".to_owned(), words.value(word)?.to_owned()]);
            }
            "mss" | "window" | "irtt" => drop(words.value(word)?),
            "reject" => {
                return Err(
                    "`route … reject` is not supported: use `ip route add unreachable`".to_owned(),
                );
            }
            text if destination.is_none() => destination = Some(text.to_owned()),
            // The interface may stand without `dev`.
            text => rest.extend(["dev".to_owned(), text.to_owned()]),
        }
    }
    let destination = destination.ok_or_else(|| format!("`route {verb}` needs a destination"))?;
    let to = match destination.as_str() {
        "default" | "0.0.0.0" | "::/0" => "default".to_owned(),
        text if text.contains('/') || text.contains(':') => text.to_owned(),
        text if is_host => format!("{text}/32"),
        text => match netmask {
            Some(_) => format!("{text}/{}", prefix_length(text, netmask)?),
            // A host, or a net by its class if nothing follows its net part.
            None => {
                let length = prefix_length(text, None)?;
                let bits = text.parse::<Ipv4Addr>().map_or(0, Ipv4Addr::to_bits);
                let is_net = bits.checked_shl(length).unwrap_or(0) == 0;
                format!("{text}/{}", if is_net { length } else { 32 })
            }
        },
    };
    let verb = if verb == "add" { "add" } else { "delete" };
    let mut command = said(&[family, "route", verb, &to]);
    command.extend(rest);
    Ok(vec![command])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(
        of: impl Fn(&mut Words<'_>) -> Result<Vec<IpWords>, String>,
        text: &str,
    ) -> Vec<String> {
        let words = said(&text.split(' ').collect::<Vec<_>>());
        let commands = of(&mut Words::new(&words)).unwrap();
        commands.iter().map(|command| command.join(" ")).collect()
    }

    #[test]
    fn says_in_the_words_of_ip() {
        assert_eq!(read(brctl, "addbr br0"), ["link add name br0 type bridge"]);
        assert_eq!(
            read(brctl, "addif br0 a b"),
            ["link set dev a master br0", "link set dev b master br0"]
        );
        assert_eq!(
            read(ifconfig, "eth0 10.0.0.1 netmask 255.255.255.0 up"),
            [
                "-4 address flush dev eth0",
                "address add 10.0.0.1/24 dev eth0",
                "link set dev eth0 up",
                "link set dev eth0 up",
            ]
        );
        assert_eq!(
            read(ifconfig, "eth0 172.16.0.1")[1],
            "address add 172.16.0.1/16 dev eth0"
        );
        assert_eq!(
            read(route, "add default gw 10.0.0.1"),
            ["-4 route add default via 10.0.0.1"]
        );
        assert_eq!(
            read(
                route,
                "add -net 10.2.0.0 netmask 255.255.0.0 gw 10.0.0.1 dev eth0"
            ),
            ["-4 route add 10.2.0.0/16 via 10.0.0.1 dev eth0"]
        );
        assert_eq!(
            read(route, "del -host 10.2.0.7 eth0"),
            ["-4 route delete 10.2.0.7/32 dev eth0"]
        );
        assert!(read(brctl, "show").is_empty());
    }
}

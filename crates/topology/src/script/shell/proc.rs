//! Settings of the kernel, written to their files: `echo 1 > /proc/sys/net/…`, and through `tee`.

/// Where the files are.
const FILES: &str = "/proc/sys/";

/// The command of sysctl(8) that does the same as this text, if that is all that it does.
pub(super) fn as_sysctl(text: &str) -> Option<Vec<String>> {
    // In quotes they would be something else.
    if text.contains(['\'', '\\', '$', '`', '&', ';', '\n']) {
        return None;
    }
    let text = text.replace('"', "");
    let (written, rest) = text.split_once(['>', '|'])?;
    let is_pipe = text.as_bytes().get(written.len()) == Some(&b'|');
    let mut said = written.split_whitespace().peekable();
    said.next_if_eq(&"sudo");
    said.next_if_eq(&"echo")?;
    said.next_if_eq(&"-n");
    let value: Vec<&str> = said.collect();
    let [value] = value.as_slice() else {
        return None;
    };
    let rest = match is_pipe {
        true => rest,
        // `>>` is the same to such a file.
        false => rest.strip_prefix('>').unwrap_or(rest),
    };
    let mut words: Vec<&str> = rest.split_whitespace().collect();
    let mut argv = Vec::new();
    if is_pipe {
        // What `tee` prints is nothing to the network.
        if let [.., ">", "/dev/null"] | [.., ">/dev/null"] = words.as_slice() {
            words.pop();
            if words.last() == Some(&">") {
                words.pop();
            }
        }
        let place = words.iter().position(|word| *word == "tee")?;
        let (before, after) = words.split_at(place);
        // In a namespace, perhaps.
        argv.extend(before.iter().map(|word| (*word).to_owned()));
        words = after.iter().skip(1).copied().collect();
        words.retain(|word| *word != "-a");
    }
    let [file] = words.as_slice() else {
        return None;
    };
    let key = file.strip_prefix(FILES)?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/_.-@:".contains(c);
    if key.is_empty() || !key.chars().all(is_plain) {
        return None;
    }
    argv.extend([
        "sysctl".to_owned(),
        "-w".to_owned(),
        format!("{key}={value}"),
    ]);
    Some(argv)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_written_in_several_ways() {
        for (text, said) in [
            (
                "echo 1 > /proc/sys/net/ipv4/ip_forward",
                "sysctl -w net/ipv4/ip_forward=1",
            ),
            (
                "echo -n 1 >/proc/sys/net/ipv4/ip_forward",
                "sysctl -w net/ipv4/ip_forward=1",
            ),
            (
                "echo 2 >> /proc/sys/net/ipv4/conf/eth0.10/rp_filter",
                "sysctl -w net/ipv4/conf/eth0.10/rp_filter=2",
            ),
            (
                "echo 1 | sudo tee /proc/sys/net/ipv4/ip_forward > /dev/null",
                "sudo sysctl -w net/ipv4/ip_forward=1",
            ),
            (
                "echo \"1\" | ip netns exec red tee /proc/sys/net/ipv4/ip_forward",
                "ip netns exec red sysctl -w net/ipv4/ip_forward=1",
            ),
        ] {
            let argv = as_sysctl(text).map(|argv| argv.join(" "));
            assert_eq!(argv.as_deref(), Some(said), "{text}");
        }
        for text in [
            "echo 1 > /etc/passwd",
            "echo 1 > /proc/sys/",
            "echo 1 2 > /proc/sys/net/ipv4/ip_forward",
            "echo > /proc/sys/net/ipv4/ip_forward",
            "cat x > /proc/sys/net/ipv4/ip_forward",
            "ip netns exec red echo 1 > /proc/sys/net/ipv4/ip_forward",
            "echo '1 > /proc/sys/net/ipv4/ip_forward",
            "echo 1 | tee /proc/sys/net/ipv4/ip_forward /tmp/x",
            "echo 1 | tee /proc/sys/net/ipv4/ip_forward > /etc/x",
            "echo 1 | tee /proc/sys/net/ipv4/*",
            "echo $x > /proc/sys/net/ipv4/ip_forward",
        ] {
            assert_eq!(as_sysctl(text), None, "{text}");
        }
    }
}

//! `arp`, which `ip neighbour` does today.

use super::input_output::Io;
use super::{Failure, Flow, Shell};

impl Shell {
    /// `arp -s ADDRESS MAC` and `arp -d ADDRESS` are `ip neighbour`, on the interface in whose
    /// network the address is.
    pub(super) fn arp(&mut self, argv: &[String], io: &mut Io) -> Flow {
        let mut interface = None;
        let mut flags = String::new();
        let mut rest = Vec::new();
        let mut words = argv.iter().skip(1);
        while let Some(word) = words.next() {
            match word.as_str() {
                "-i" => interface = words.next().cloned(),
                "-H" | "-t" => {
                    words.next();
                }
                word if word.starts_with('-') => flags.push_str(word),
                _ => rest.push(word.clone()),
            }
        }
        let address = rest.first().and_then(|text| text.parse().ok());
        let found = address.and_then(|address| self.world.interface_towards(self.here, address));
        let interface = interface.or(found);
        let command = match (flags.contains('s'), flags.contains('d'), rest.as_slice()) {
            (false, false, _) => {
                self.looks(argv, io);
                return Flow::Next;
            }
            (true, _, [address, mac, ..]) => vec!["replace", address, "lladdr", mac],
            (_, true, [address, ..]) => vec!["del", address],
            _ => {
                self.fail(argv, "it needs an address".into());
                return Flow::Next;
            }
        };
        let Some(interface) = interface else {
            let reason = "no interface here has a network with this address".to_owned();
            self.fail(argv, Failure::Fails(reason));
            return Flow::Next;
        };
        let mut words = vec!["ip", "neighbour"];
        words.extend(command);
        words.extend(["dev", &interface]);
        if flags.contains('s') {
            words.extend(["nud", "permanent"]);
        }
        let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        self.network(&words, None, io)
    }
}

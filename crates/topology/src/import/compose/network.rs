//! Networks of a Compose file: their subnets, gateways and addresses.

use super::{BTreeMap, BTreeSet, Builder, Entry, IndexMap, IpAddr, IpNet, NamespaceId, Tree};

/// A network.
#[derive(Clone, Debug, Default)]
pub(super) struct Network {
    pub(super) bridge: String,
    pub(super) is_internal: bool,
    line: usize,
    subnets: Vec<Subnet>,
    wants_ipv4: bool,
    is_used: bool,
}

#[derive(Clone, Debug)]
struct Subnet {
    net: IpNet,
    gateway: Option<IpAddr>,
    used: BTreeSet<IpAddr>,
    /// The last address that was given.
    last: u128,
}

/// All of a file, by name.
#[derive(Debug, Default)]
pub(super) struct Networks {
    all: IndexMap<String, Network>,
}

/// The subnets that Docker gives of itself, `docker0`'s left out
/// (daemon/libnetwork/ipamutils: `localScopeDefaultNetworks`).
fn pools() -> impl Iterator<Item = String> {
    let large = (18..32).map(|second| format!("172.{second}.0.0/16"));
    let small = (0..16).map(|part| format!("192.168.{}.0/20", part * 16));
    large.chain(small)
}

impl Networks {
    pub(super) fn read(builder: &mut Builder, tree: &Tree, services: &[&Entry]) -> Self {
        let mut networks = Self::default();
        for entry in tree.get("networks").map(Tree::entries).unwrap_or_default() {
            builder.at(entry.line);
            let network = network(builder, entry);
            networks.all.insert(entry.key.clone(), network);
        }
        // It is there for whoever names no other, and may be named too.
        let is_default = |service: &&&Entry| match service.value.get("networks") {
            None => service.value.get("network_mode").is_none(),
            Some(named) => {
                named
                    .items()
                    .iter()
                    .any(|item| item.text() == Some("default"))
                    || named.entries().iter().any(|entry| entry.key == "default")
            }
        };
        if services.iter().any(|service| is_default(&service)) {
            networks.all.entry("default".to_owned()).or_insert(Network {
                wants_ipv4: true,
                ..Network::default()
            });
        }
        networks
    }

    /// The network that containers have without Compose.
    pub(super) fn docker0(&mut self) {
        let subnet = "172.17.0.0/16".parse().ok();
        self.all.entry("docker0".to_owned()).or_insert(Network {
            subnets: subnet
                .map(|net| Subnet::new(net, None))
                .into_iter()
                .collect(),
            ..Network::default()
        });
    }

    pub(super) fn peek(&self, name: &str) -> Option<&Network> {
        self.all.get(name)
    }

    pub(super) fn get(&mut self, name: &str) -> Option<&mut Network> {
        self.all.get_mut(name)
    }

    pub(super) fn reserve(&mut self, name: &str, addresses: &[IpAddr]) {
        let Some(network) = self.all.get_mut(name) else {
            return;
        };
        network.is_used = true;
        for subnet in &mut network.subnets {
            let own = addresses
                .iter()
                .filter(|address| subnet.net.contains(*address));
            subnet.used.extend(own);
        }
    }

    /// Makes the bridges, with their gateways.
    pub(super) fn make(&mut self, builder: &mut Builder) {
        let taken: Vec<IpNet> = self
            .all
            .values()
            .flat_map(|network| network.subnets.iter().map(|subnet| subnet.net))
            .collect();
        let overlaps = |net: &IpNet| {
            let is_in = |other: &IpNet| other.contains(net) || net.contains(other);
            taken.iter().any(is_in)
        };
        let mut free = pools()
            .filter_map(|pool| pool.parse::<IpNet>().ok())
            .filter(|net| !overlaps(net));
        for (name, network) in &mut self.all {
            builder.at(network.line);
            if network.wants_ipv4 {
                let Some(net) = free.next() else {
                    builder.refuse(
                        format!("network {name}"),
                        "Docker's pools have no more subnets: say one under `ipam`",
                    );
                    continue;
                };
                builder.changed(format!(
                    "the network {name} says no subnet: it has {net}, as Docker gives them by order"
                ));
                network.subnets.insert(0, Subnet::new(net, None));
            }
            network.bridge = builder.bridge(name);
            for subnet in &network.subnets {
                if let Some(gateway) = subnet.gateway {
                    let address = format!("{gateway}/{}", subnet.net.prefix_len());
                    let argv = ["ip", "address", "add", &address, "dev", &network.bridge];
                    builder.run(NamespaceId::HOST, &argv);
                }
            }
        }
    }
}

fn network(builder: &mut Builder, entry: &Entry) -> Network {
    let (name, tree) = (&entry.key, &entry.value);
    let is = |key: &str| tree.get(key).is_some_and(Tree::is_true);
    let is_external = is("external") || tree.path(&["external", "name"]).is_some();
    if is_external {
        builder.changed(format!(
            "the network {name} is made elsewhere (`external`): it is one of the lab's own here"
        ));
    }
    match tree.text_of("driver") {
        None | Some("bridge" | "default") => {}
        Some(other) => builder.changed(format!(
            "the network {name} of the driver {other} is a Linux bridge"
        )),
    }
    let mut network = Network {
        is_internal: is("internal"),
        line: entry.line,
        ..Network::default()
    };
    let configs = tree.path(&["ipam", "config"]);
    for config in configs.map(Tree::items).unwrap_or_default() {
        builder.at(config.line);
        let Some(text) = config.text_of("subnet") else {
            continue;
        };
        let Ok(net) = text.parse::<IpNet>() else {
            builder.refuse("subnet", format!("`{text}` is no network"));
            continue;
        };
        let gateway = match config.text_of("gateway") {
            None => None,
            Some(text) => match text.parse::<IpAddr>() {
                Ok(gateway) if net.contains(&gateway) => Some(gateway),
                _ => {
                    builder.refuse("gateway", format!("`{text}` is no address of {net}"));
                    continue;
                }
            },
        };
        if let Some(range) = config.text_of("ip_range") {
            builder.left_out(format!(
                "ip_range {range}: addresses are given from the whole of {net}"
            ));
        }
        network.subnets.push(Subnet::new(net.trunc(), gateway));
    }
    network.wants_ipv4 = !network
        .subnets
        .iter()
        .any(|subnet| matches!(subnet.net, IpNet::V4(_)));
    network
}

impl Subnet {
    fn new(net: IpNet, gateway: Option<IpAddr>) -> Self {
        let first = net.hosts().find(|address| *address != net.network());
        let gateway = gateway.or(first);
        let used = gateway.into_iter().collect();
        Self {
            net,
            gateway,
            used,
            last: 0,
        }
    }

    /// The next address that nobody has.
    fn next(&mut self) -> Option<IpAddr> {
        let bits = u32::from(self.net.max_prefix_len() - self.net.prefix_len());
        let size = 1_u128.checked_shl(bits).unwrap_or(u128::MAX);
        while self.last + 1 < size {
            self.last += 1;
            let address = match self.net.network() {
                IpAddr::V4(base) => {
                    let number = u32::try_from(self.last).ok()?;
                    IpAddr::V4((u32::from(base).checked_add(number)?).into())
                }
                IpAddr::V6(base) => IpAddr::V6((u128::from(base).checked_add(self.last)?).into()),
            };
            let is_broadcast = matches!(self.net, IpNet::V4(_)) && address == self.net.broadcast();
            if !is_broadcast && self.used.insert(address) {
                return Some(address);
            }
        }
        None
    }
}

impl Network {
    pub(super) fn gateways(&self) -> impl Iterator<Item = IpAddr> {
        self.subnets.iter().filter_map(|subnet| subnet.gateway)
    }

    /// An address of each subnet: the one that is asked for, or the next.
    pub(super) fn addresses(&mut self, asked: &[IpAddr]) -> Vec<Result<IpNet, String>> {
        let mut given = Vec::new();
        for address in asked {
            if !self
                .subnets
                .iter()
                .any(|subnet| subnet.net.contains(address))
            {
                given.push(Err(format!("{address} is in no subnet of its network")));
            }
        }
        let mut families: BTreeMap<bool, usize> = BTreeMap::new();
        for subnet in &mut self.subnets {
            let is_ipv4 = matches!(subnet.net, IpNet::V4(_));
            let own = asked.iter().find(|address| subnet.net.contains(*address));
            let others_asked = asked.iter().any(|address| address.is_ipv4() == is_ipv4);
            let address = match own {
                Some(own) => *own,
                // One of each family.
                None if others_asked || families.contains_key(&is_ipv4) => continue,
                None => match subnet.next() {
                    Some(next) => next,
                    None => {
                        given.push(Err(format!("{} has no more addresses", subnet.net)));
                        continue;
                    }
                },
            };
            *families.entry(is_ipv4).or_default() += 1;
            given.push(
                IpNet::new(address, subnet.net.prefix_len()).map_err(|error| error.to_string()),
            );
        }
        given
    }
}

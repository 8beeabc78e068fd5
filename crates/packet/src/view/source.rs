//! Where packets of a viewer were taken.

use crate::LinkType;

/// Where packets were taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The interface, as people say it: `red/veth-red`.
    pub name: String,
    /// What it belongs to, for the way of a packet: `red`.
    pub short: String,
    /// How its packets begin.
    pub link: LinkType,
    /// What interfaces are called by their index, where packets carry it ([`LinkType::LinuxSll2`]).
    pub names: Vec<(u32, String)>,
}

impl Source {
    /// What people call the place of a packet whose interface has this index: of a source that hears several
    /// `red/veth-red` instead of `red/any`, if its name is known.
    pub(super) fn name_at(&self, index: Option<u32>) -> String {
        let mut known = self.names.iter();
        let known = known.find(|(known, _)| Some(*known) == index);
        match (known, self.name.rsplit_once('/')) {
            (Some((_, name)), Some((namespace, _))) => format!("{namespace}/{name}"),
            (Some((_, name)), None) => name.clone(),
            (None, _) => self.name.clone(),
        }
    }
}

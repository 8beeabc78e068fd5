//! The VLANs of a bridge and of its ports: what `bridge vlan` shows.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::document::{Document, Interface};
use crate::kind::Parameters;

/// The highest VLAN (`VLAN_N_VID` less the reserved one, linux/if_vlan.h).
pub const MAX_VLAN: u16 = 4094;

/// Which VLANs an interface is in, how frames of each leave by it, and in which those without a tag
/// come in. They count while the bridge filters (`vlan_filtering`).
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Vlans {
    /// The VLAN of frames that come in without a tag; one of the members.
    pub pvid: Option<u16>,
    /// Each VLAN, and whether its frames leave without a tag.
    pub members: BTreeMap<u16, bool>,
}

/// VLANs one after the other, both ends included.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct VlanRange {
    /// The lowest.
    pub first: u16,
    /// The highest.
    pub last: u16,
}

/// VLANs to which an interface is added in one go, as `bridge vlan add` does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VlanChange {
    /// Which; only one if it is the PVID.
    pub range: VlanRange,
    /// Whether it becomes the PVID; one that was it and is added without is it no more.
    pub pvid: bool,
    /// Whether its frames leave without a tag.
    pub untagged: bool,
}

impl VlanRange {
    /// One VLAN.
    pub fn one(vlan: u16) -> Self {
        Self {
            first: vlan,
            last: vlan,
        }
    }

    /// Each VLAN of it.
    pub fn iter(self) -> impl Iterator<Item = u16> {
        self.first..=self.last
    }
}

impl Vlans {
    /// The VLANs of a new port of a bridge with these parameters, and of the bridge itself: its
    /// default PVID, without a tag (`br_vlan_init`, `nbp_vlan_init` in net/bridge/br_vlan.c).
    pub fn usual<R>(bridge: &Parameters<R>) -> Self {
        let usual = bridge.number("vlan_default_pvid").unwrap_or(1);
        match u16::try_from(usual) {
            Ok(pvid @ 1..=MAX_VLAN) => Self {
                pvid: Some(pvid),
                members: BTreeMap::from([(pvid, true)]),
            },
            _ => Self::default(),
        }
    }

    /// What `bridge vlan add` does (`__vlan_add_flags`).
    pub fn add(&mut self, change: VlanChange) {
        for vlan in change.range.iter() {
            self.members.insert(vlan, change.untagged);
            if change.pvid {
                self.pvid = Some(vlan);
            } else if self.pvid == Some(vlan) {
                self.pvid = None;
            }
        }
    }

    /// What `bridge vlan del` does.
    pub fn remove(&mut self, range: VlanRange) {
        self.members
            .retain(|vlan, _| !(range.first..=range.last).contains(vlan));
        self.pvid = self.pvid.filter(|pvid| self.members.contains_key(pvid));
    }

    /// What a bridge's new default PVID does to these, which are its own or a port's
    /// (`__br_vlan_set_default_pvid`): only what is as the old one made it is changed.
    pub fn follow(&mut self, old: &Self, new: &Self) {
        let is_default =
            |pvid: u16| self.pvid == Some(pvid) && self.members.get(&pvid) == Some(&true);
        let gone = old.pvid.filter(|pvid| is_default(*pvid));
        let Some(gone) = gone.filter(|_| old != new) else {
            return;
        };
        match new.pvid {
            // One that was there stays as it is, and the old default too.
            Some(pvid) if self.members.contains_key(&pvid) => {}
            Some(pvid) => {
                self.add(VlanChange {
                    range: VlanRange::one(pvid),
                    pvid: true,
                    untagged: true,
                });
                self.remove(VlanRange::one(gone));
            }
            None => self.remove(VlanRange::one(gone)),
        }
    }

    /// What must be added to come from these to `wanted`. The PVID is first: no frame without a tag
    /// is to be without a VLAN meanwhile.
    pub fn additions(&self, wanted: &Self) -> Vec<VlanChange> {
        let mut changes: Vec<VlanChange> = Vec::new();
        if let Some(pvid) = wanted.pvid {
            let untagged = wanted.members.get(&pvid).copied();
            if self.pvid != Some(pvid) || self.members.get(&pvid).copied() != untagged {
                changes.push(VlanChange {
                    range: VlanRange::one(pvid),
                    pvid: true,
                    untagged: untagged.unwrap_or_default(),
                });
            }
        }
        for (&vlan, &untagged) in &wanted.members {
            let loses_pvid = self.pvid == Some(vlan) && wanted.pvid.is_none();
            let is_there = self.members.get(&vlan) == Some(&untagged) && !loses_pvid;
            if is_there || wanted.pvid == Some(vlan) {
                continue;
            }
            match changes.last_mut() {
                Some(last)
                    if !last.pvid && last.untagged == untagged && last.range.last + 1 == vlan =>
                {
                    last.range.last = vlan;
                }
                _ => changes.push(VlanChange {
                    range: VlanRange::one(vlan),
                    pvid: false,
                    untagged,
                }),
            }
        }
        changes
    }

    /// What must be removed to come from these to `wanted`.
    pub fn removals(&self, wanted: &Self) -> Vec<VlanRange> {
        let gone = self.members.keys();
        ranges(gone.filter(|vlan| !wanted.members.contains_key(vlan)))
    }

    /// Refuses what the kernel has not.
    pub fn check(&self) -> Result<(), String> {
        if let Some(vlan) = self.members.keys().find(|v| !(1..=MAX_VLAN).contains(*v)) {
            return Err(format!("there is no VLAN {vlan}: they are 1 to {MAX_VLAN}"));
        }
        match self.pvid.filter(|pvid| !self.members.contains_key(pvid)) {
            Some(pvid) => Err(format!("{pvid} is the PVID, but not among the VLANs")),
            None => Ok(()),
        }
    }

    /// Those whose frames leave without a tag, or those with one.
    pub fn ranges(&self, untagged: bool) -> Vec<VlanRange> {
        let chosen = self.members.iter().filter(|(_, is)| **is == untagged);
        ranges(chosen.map(|(vlan, _)| vlan))
    }
}

fn ranges<'a>(vlans: impl Iterator<Item = &'a u16>) -> Vec<VlanRange> {
    let mut ranges: Vec<VlanRange> = Vec::new();
    for &vlan in vlans {
        match ranges.last_mut() {
            Some(last) if last.last + 1 == vlan => last.last = vlan,
            _ => ranges.push(VlanRange::one(vlan)),
        }
    }
    ranges
}

impl Document {
    /// The VLANs that an interface is to have: its own, or what is usual on its bridge; `None` if
    /// it is neither a bridge nor a port of one.
    pub fn vlans_of(&self, interface: &Interface) -> Option<Vlans> {
        let bridge = match interface.kind.is_bridge() {
            true => interface,
            false => self.interfaces.get(&interface.master?)?,
        };
        let device = bridge.kind.device().filter(|_| bridge.kind.is_bridge())?;
        let own = interface.vlans.clone();
        Some(own.unwrap_or_else(|| Vlans::usual(&device.parameters)))
    }
}

impl fmt::Display for VlanRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first == self.last {
            true => write!(f, "{}", self.first),
            false => write!(f, "{}-{}", self.first, self.last),
        }
    }
}

impl FromStr for VlanRange {
    type Err = String;

    /// `10` or `10-20`.
    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| {
            let number = text.trim().parse().ok();
            let number = number.filter(|vlan| (1..=MAX_VLAN).contains(vlan));
            number.ok_or_else(|| format!("`{text}` is no VLAN: they are 1 to {MAX_VLAN}"))
        };
        let range = match text.split_once('-') {
            Some((first, last)) => Self {
                first: number(first)?,
                last: number(last)?,
            },
            None => Self::one(number(text)?),
        };
        match range.first <= range.last {
            true => Ok(range),
            false => Err(format!("`{text}` ends before it begins")),
        }
    }
}

impl fmt::Display for Vlans {
    /// As `bridge vlan` says it: `10 pvid untagged, 20, 30-40`; `none` if there is none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.members.is_empty() {
            return f.write_str("none");
        }
        for (number, change) in Self::default().additions(self).iter().enumerate() {
            let comma = if number > 0 { ", " } else { "" };
            let pvid = if change.pvid { " pvid" } else { "" };
            let untagged = if change.untagged { " untagged" } else { "" };
            write!(f, "{comma}{}{pvid}{untagged}", change.range)?;
        }
        Ok(())
    }
}

impl FromStr for Vlans {
    type Err = String;

    /// What [`Display`](fmt::Display) writes.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut vlans = Self::default();
        if text.trim() == "none" {
            return Ok(vlans);
        }
        for part in text.split(',') {
            let mut words = part.split_whitespace();
            let range: VlanRange = words.next().unwrap_or_default().parse()?;
            let mut change = VlanChange {
                range,
                pvid: false,
                untagged: false,
            };
            for word in words {
                match word {
                    "pvid" => change.pvid = true,
                    "untagged" => change.untagged = true,
                    other => {
                        return Err(format!("`{other}`: after a VLAN may be pvid and untagged"));
                    }
                }
            }
            if range.iter().any(|vlan| vlans.members.contains_key(&vlan)) {
                return Err(format!("{range} is there twice"));
            }
            if change.pvid && (vlans.pvid.is_some() || range.first != range.last) {
                return Err("one VLAN is the PVID".to_owned());
            }
            vlans.add(change);
        }
        Ok(vlans)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vlans(text: &str) -> Vlans {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_written_is_read_again() {
        for text in [
            "none",
            "1 pvid untagged",
            "10 pvid untagged, 20, 30-40",
            "7 pvid, 5-6 untagged, 8",
            "2-4094",
        ] {
            assert_eq!(vlans(text).to_string(), text);
        }
        for wrong in [
            "",
            "0",
            "4095",
            "5-4",
            "5 pvid, 6 pvid",
            "5-6 pvid",
            "5, 5",
            "5 tagged",
        ] {
            assert!(wrong.parse::<Vlans>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn changes_lead_from_each_to_each() {
        let all = [
            "none",
            "1 pvid untagged",
            "1, 2 untagged",
            "10 pvid untagged, 20, 30-40",
            "10, 20 pvid, 35-50 untagged",
        ];
        for from in all {
            for to in all {
                let (mut now, wanted) = (vlans(from), vlans(to));
                for change in vlans(from).additions(&wanted) {
                    now.add(change);
                }
                for range in now.clone().removals(&wanted) {
                    now.remove(range);
                }
                assert_eq!(now, wanted, "{from} to {to}");
                assert!(now.additions(&wanted).is_empty());
            }
        }
    }

    #[test]
    fn a_new_default_moves_only_what_the_old_one_made() {
        let follow = |text: &str, old: &str, new: &str| {
            let mut now = vlans(text);
            now.follow(&vlans(old), &vlans(new));
            now.to_string()
        };
        let (one, seven) = ("1 pvid untagged", "7 pvid untagged");
        assert_eq!(follow(one, one, seven), seven);
        assert_eq!(follow("1 pvid untagged, 5", one, "none"), "5");
        assert_eq!(
            follow("5 pvid untagged, 1", one, seven),
            "5 pvid untagged, 1"
        );
        assert_eq!(follow("none", one, seven), "none");
    }
}

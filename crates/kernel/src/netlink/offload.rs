//! What is left to interfaces: what `ethtool -K` does.
//!
//! Through the ioctl, which any socket of the namespace takes: the routing netlink socket is there.
//! Each of them is several features, more of them in newer kernels: they are found by their names.

use topology::offload::Offload;

use super::{Failure, Socket};
use crate::sys;

/// Commands of linux/ethtool.h.
const GSTRINGS: u32 = 0x1b;
const GSSET_INFO: u32 = 0x37;
const GFEATURES: u32 = 0x3a;
const SFEATURES: u32 = 0x3b;
/// `ETH_SS_FEATURES`: the set of the features' names.
const FEATURES: u32 = 4;
/// Bytes of a name (`ETH_GSTRING_LEN`).
const NAME: usize = 32;
/// Features of one block.
const BITS: usize = 32;

/// A feature that can be turned on this interface, or not.
struct Feature {
    place: usize,
    available: bool,
    active: bool,
}

/// Whether a feature is one of those that `ethtool` knows by that name (`off_flag_def`).
fn is_part(offload: Offload, name: &str) -> bool {
    match offload {
        Offload::Tx => name.starts_with("tx-checksum-"),
        Offload::Tso => name.starts_with("tx-tcp") && name.ends_with("-segmentation"),
        Offload::Gso => name == "tx-generic-segmentation",
        Offload::Gro => name == "rx-gro",
    }
}

impl Socket {
    /// Whether any part of it is on.
    pub(crate) fn offload(&self, name: &str, offload: Offload) -> Result<bool, Failure> {
        let (_, features) = self.features(name, offload)?;
        Ok(features.iter().any(|feature| feature.active))
    }

    /// Turns all parts of it on or off that can be turned.
    pub(crate) fn set_offload(
        &self,
        name: &str,
        offload: Offload,
        on: bool,
    ) -> Result<(), Failure> {
        let (blocks, features) = self.features(name, offload)?;
        // Of each block, and the kernel wants all of them, which are meant, and which of these are
        // to be on.
        let mut request = vec![0; 2 + 2 * blocks];
        let mut any = false;
        for feature in features.iter().filter(|feature| feature.available) {
            let block = 2 + 2 * (feature.place / BITS);
            let bit = 1 << (feature.place % BITS);
            if let Some([valid, requested]) = request.get_mut(block..block + 2) {
                *valid |= bit;
                *requested |= if on { bit } else { 0 };
                any = true;
            }
        }
        if any {
            let size = u32::try_from(blocks).unwrap_or_default();
            if let [command, length, ..] = request.as_mut_slice() {
                (*command, *length) = (SFEATURES, size);
            }
            sys::ethtool(self.as_fd(), name, &mut request)?;
        }
        Ok(())
    }

    /// The same, and refuses if it is not so then.
    pub(crate) fn turn_offload(
        &self,
        name: &str,
        offload: Offload,
        on: bool,
    ) -> Result<(), Failure> {
        self.set_offload(name, offload, on)?;
        match self.offload(name, offload)? == on {
            true => Ok(()),
            false => Err(Failure::Broken(format!(
                "this interface does not turn `{offload}`, or it depends on what is set otherwise"
            ))),
        }
    }

    /// How many blocks of features there are, and the parts of one offload.
    fn features(&self, name: &str, offload: Offload) -> Result<(usize, Vec<Feature>), Failure> {
        let names = self.feature_names(name)?;
        let blocks = names.len().div_ceil(BITS);
        let mut answer = vec![0; 2 + 4 * blocks];
        if let [command, size, ..] = answer.as_mut_slice() {
            (*command, *size) = (GFEATURES, u32::try_from(blocks).unwrap_or_default());
        }
        sys::ethtool(self.as_fd(), name, &mut answer)?;
        let parts = names.iter().enumerate();
        let parts = parts.filter(|(_, feature)| is_part(offload, feature));
        let feature = |(place, _)| {
            // available, requested, active, never_changed
            let block = answer.get(2 + 4 * (place / BITS)..)?;
            let is = |word: usize| {
                block
                    .get(word)
                    .is_some_and(|w| w >> (place % BITS) & 1 == 1)
            };
            Some(Feature {
                place,
                available: is(0),
                active: is(2),
            })
        };
        Ok((blocks, parts.filter_map(feature).collect()))
    }

    fn feature_names(&self, name: &str) -> Result<Vec<String>, Failure> {
        // `struct ethtool_sset_info`: a mask of 64 bits, and a number for each bit of it.
        let mut count = [GSSET_INFO, 0, 0, 0, 0];
        let mask = (1_u64 << FEATURES).to_ne_bytes();
        let (low, high) = mask.split_at(4);
        let half = |bytes: &[u8]| bytes.first_chunk().map_or(0, |b| u32::from_ne_bytes(*b));
        (count[2], count[3]) = (half(low), half(high));
        sys::ethtool(self.as_fd(), name, &mut count)?;
        let count = usize::try_from(count[4]).unwrap_or_default();
        // `struct ethtool_gstrings`.
        let mut names = vec![0; 3 + count * NAME / size_of::<u32>()];
        if let [command, set, length, ..] = names.as_mut_slice() {
            let number = u32::try_from(count).unwrap_or_default();
            (*command, *set, *length) = (GSTRINGS, FEATURES, number);
        }
        sys::ethtool(self.as_fd(), name, &mut names)?;
        let bytes: Vec<u8> = names.iter().skip(3).flat_map(|w| w.to_ne_bytes()).collect();
        let text = |name: &[u8]| {
            let text = name.split(|byte| *byte == 0).next().unwrap_or_default();
            String::from_utf8_lossy(text).into_owned()
        };
        Ok(bytes.chunks(NAME).map(text).collect())
    }
}

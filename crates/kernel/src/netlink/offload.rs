//! What is left to interfaces: what `ethtool -K` does.
//!
//! Through the ioctl, which any socket of the namespace takes: the routing netlink socket is there.

use topology::offload::Offload;

use super::{Failure, Socket};
use crate::sys;

/// Commands of linux/ethtool.h: get and set.
fn commands(offload: Offload) -> (u32, u32) {
    match offload {
        // ETHTOOL_GTXCSUM, ETHTOOL_STXCSUM
        Offload::Tx => (0x16, 0x17),
        // ETHTOOL_GTSO, ETHTOOL_STSO
        Offload::Tso => (0x1e, 0x1f),
        // ETHTOOL_GGSO, ETHTOOL_SGSO
        Offload::Gso => (0x23, 0x24),
        // ETHTOOL_GGRO, ETHTOOL_SGRO
        Offload::Gro => (0x2b, 0x2c),
    }
}

impl Socket {
    /// Whether it is on.
    pub(crate) fn offload(&self, name: &str, offload: Offload) -> Result<bool, Failure> {
        let (get, _) = commands(offload);
        Ok(sys::ethtool(self.as_fd(), name, get, 0)? != 0)
    }

    /// Turns it on or off; an interface of which nothing of it can be turned refuses.
    pub(crate) fn set_offload(
        &self,
        name: &str,
        offload: Offload,
        on: bool,
    ) -> Result<(), Failure> {
        let (_, set) = commands(offload);
        sys::ethtool(self.as_fd(), name, set, u32::from(on))?;
        match self.offload(name, offload)? == on {
            true => Ok(()),
            false => Err(Failure::Broken(format!(
                "the kernel takes it and does not do it: {offload} depends on what is set otherwise"
            ))),
        }
    }
}

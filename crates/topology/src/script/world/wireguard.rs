//! `wg`.

use super::World;
use crate::command::wireguard::Change;
use crate::id::NamespaceId;
use crate::kind::DeviceKind;
use crate::name::InterfaceName;
use crate::step::{At, Step};

impl World {
    pub(super) fn set_wireguard(
        &mut self,
        here: NamespaceId,
        interface: InterfaceName,
        change: &Change,
    ) -> Result<(), String> {
        let at = At {
            namespace: here,
            name: interface,
        };
        let kind = DeviceKind::Wireguard;
        let found = self.exists(&at)?.kind.device();
        let found = found.filter(|device| device.kind == kind);
        let device = found.ok_or_else(|| format!("{} is no {kind}", at.name))?;
        let changes = change.applied_to(&device.parameters)?;
        self.step(&Step::SetParameters { at, kind, changes })
    }
}

//! Settings of the kernel.

use super::{Wish, nothing, pick};
use crate::document::Document;
use crate::edit::Edit;
use crate::sysctl::{Owner, Setting, TABLE};

impl Wish {
    /// Sets one, or mostly of those that are set takes one away.
    pub(super) fn set_sysctl(&self, document: &Document) -> Edit {
        if self.c.is_multiple_of(3) {
            return self.unset_sysctl(document);
        }
        let owner = match self.on {
            true => Owner::Namespace(self.namespace(document)),
            false => Owner::Interface(self.interface(document)),
        };
        let named = |setting: &'static Setting| Some((setting, setting.name(!self.on)?));
        let Some((setting, name)) = pick(TABLE.iter().filter_map(named), self.b) else {
            return nothing();
        };
        let (least, most) = setting.range;
        let value = least.saturating_add(i32::from(self.c)).min(most);
        Edit::SetSysctl {
            owner,
            name,
            value: Some(value),
        }
    }

    fn unset_sysctl(&self, document: &Document) -> Edit {
        let of_namespaces = document.namespaces.iter().flat_map(|(id, ns)| {
            let owner = Owner::Namespace(*id);
            ns.sysctls.keys().map(move |name| (owner, name))
        });
        let of_interfaces = document.interfaces.iter().flat_map(|(id, i)| {
            let owner = Owner::Interface(*id);
            i.sysctls.keys().map(move |name| (owner, name))
        });
        match pick(of_namespaces.chain(of_interfaces), self.b) {
            Some((owner, name)) => Edit::SetSysctl {
                owner,
                name: name.clone(),
                value: None,
            },
            None => nothing(),
        }
    }
}

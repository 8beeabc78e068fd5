//! The uplink.

use super::Planner;
use crate::id::NamespaceId;
use crate::step::Step;
use crate::uplink::is_on;

impl Planner<'_> {
    /// Off before anything else, on when all else is there: nobody gets out past a firewall that is
    /// not loaded yet.
    pub(super) fn set_uplink(&mut self, on: bool) {
        let host = self.document.namespaces.get(&NamespaceId::HOST);
        let wanted = host.is_some_and(|host| host.uplink);
        let differs = is_on(&self.state) != wanted;
        if wanted == on && differs && self.covers_namespace(NamespaceId::HOST) {
            self.push(Step::SetUplink { on });
        }
    }
}

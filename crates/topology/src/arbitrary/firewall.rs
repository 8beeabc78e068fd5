//! Rulesets.

use super::{Wish, pick};
use crate::firewall::Ruleset;

/// Rulesets that every kernel with nftables takes, with what text forms might get wrong.
const RULESETS: &[&str] = &[
    "add table inet empty\n",
    "# it's a \"comment\" only, $HOME `id` \\\n",
    "#!/usr/sbin/nft -f\n\nflush ruleset\n\ntable inet filter {\n\tchain input {\n\t\ttype filter hook input priority 0; policy accept;\n\t\tct state established,related counter accept\n\t\ticmp type echo-request accept comment \"it's # ping\"\n\t}\n}\n",
    "  define ports = { 22, 80 }\n  table ip nat {\n    chain post {\n      type nat hook postrouting priority srcnat\n      oifname \"if*\" tcp dport $ports \\\n        counter masquerade\n    }\n  }\n",
    "table ip6 x {\n# EOF\n}\n\n\n# - a: b\nadd chain ip6 x y\nadd rule ip6 x y ip6 saddr fd00::/64 counter drop\n",
    "add table ip \\\nEOF\n",
];

impl Wish {
    pub(super) fn ruleset(&self) -> Option<Ruleset> {
        let text = pick(RULESETS.iter(), self.b).filter(|_| self.on)?;
        Ruleset::new(text).ok()
    }
}

//! What namespaces serve.

use std::num::NonZeroU16;

use super::Wish;
use crate::document::Document;
use crate::edit::Edit;
use crate::expectation::Transport;
use crate::serve::{Answer, Port};

impl Wish {
    pub(super) fn set_service(&self, document: &Document) -> Edit {
        let transport = match self.c.is_multiple_of(3) {
            true => Transport::Udp,
            false => Transport::Tcp,
        };
        let answer = match self.c.is_multiple_of(2) {
            true => Answer::Http,
            false => Answer::Echo,
        };
        Edit::SetService {
            namespace: self.namespace(document),
            port: Port {
                transport,
                number: NonZeroU16::MIN.saturating_add(self.b % 60),
            },
            answer: self.on.then_some(answer),
        }
    }
}

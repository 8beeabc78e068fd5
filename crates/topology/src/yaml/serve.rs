//! What a namespace serves, in the shape of the text: `[tcp/80 http, udp/53]`.

use serde_saphyr::{FlowSeq, Spanned};

use super::YamlError;
use super::form::spanned;
use crate::serve::{Served, Service};

pub(super) fn read(said: &[Spanned<String>]) -> Result<Served, YamlError> {
    let mut served = Served::new();
    for text in said {
        let wrong = |error: String| YamlError::at(text.defined, error);
        let Service { port, answer } = text.value.parse().map_err(wrong)?;
        if served.insert(port, answer).is_some() {
            return Err(wrong(format!("{port} is there twice")));
        }
    }
    Ok(served)
}

pub(super) fn said(served: &Served) -> FlowSeq<Vec<Spanned<String>>> {
    let services = served
        .iter()
        .map(|(&port, &answer)| spanned(Service { port, answer }.to_string()));
    FlowSeq(services.collect())
}

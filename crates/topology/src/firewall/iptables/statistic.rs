//! `-m statistic`: one packet in so many, or so many by chance, as nft's `numgen`.

/// What was read of it so far.
#[derive(Default)]
pub(super) struct Statistic {
    mode: Option<String>,
    probability: Option<String>,
    every: Option<String>,
    packet: Option<String>,
}

/// iptables counts chances in parts of 2³¹ (xt_statistic.c).
const CERTAIN: u32 = 1 << 31;

impl Statistic {
    /// Takes an option of it and its value.
    pub(super) fn take(&mut self, option: &str, value: &str) {
        let place = match option {
            "--mode" => &mut self.mode,
            "--probability" => &mut self.probability,
            "--every" => &mut self.every,
            _ => &mut self.packet,
        };
        *place = Some(value.to_owned());
    }

    /// The expression; `None` if nothing of it was said.
    pub(super) fn text(&self) -> Result<Option<String>, String> {
        let number = |option: &str, text: &Option<String>| -> Result<Option<u32>, String> {
            let wrong = |text: &str| format!("`{option} {text}` is no number");
            let parsed = text
                .as_deref()
                .map(|text| text.parse().map_err(|_| wrong(text)));
            parsed.transpose()
        };
        match self.mode.as_deref() {
            None => {
                let given = [&self.probability, &self.every, &self.packet];
                match given.iter().all(|option| option.is_none()) {
                    true => Ok(None),
                    false => Err("`-m statistic` needs `--mode random` or `--mode nth`".to_owned()),
                }
            }
            Some("random") => {
                let text = self.probability.as_deref().unwrap_or_default();
                let chance: Option<f64> = text.parse().ok();
                let chance = chance.filter(|chance| (0.0..=1.0).contains(chance));
                let chance =
                    chance.ok_or_else(|| format!("`--probability {text}` is not from 0 to 1"))?;
                let parts = (chance * f64::from(CERTAIN)).round() as u32;
                Ok(Some(format!("numgen random mod {CERTAIN} < {parts}")))
            }
            Some("nth") => {
                let every = number("--every", &self.every)?.unwrap_or_default();
                let packet = number("--packet", &self.packet)?.unwrap_or_default();
                if packet >= every {
                    return Err(format!("packet {packet} of every {every}: count from 0"));
                }
                Ok(Some(format!("numgen inc mod {every} {packet}")))
            }
            Some(mode) => Err(format!("`--mode {mode}` is neither random nor nth")),
        }
    }
}

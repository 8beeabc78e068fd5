//! The goals of the budgets, each on one line with its figure and whether it is met.

use std::fmt;

/// A goal and what was measured.
#[derive(Debug)]
pub(crate) struct Goal {
    /// What is measured, beside whom.
    pub(crate) what: String,
    /// What was found.
    pub(crate) figure: f64,
    /// What is wanted.
    pub(crate) bound: Bound,
    /// The unit of both: `ms`, or ` x` of a peer.
    pub(crate) unit: &'static str,
}

/// What is wanted of a figure.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Goal {
    fn is_met(&self) -> bool {
        match self.bound {
            Bound::AtMost(bound) => self.figure <= bound,
            Bound::AtLeast(bound) => self.figure >= bound,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what, figure, unit, ..
        } = self;
        let met = if self.is_met() { "met" } else { "NOT MET" };
        let (word, bound) = match self.bound {
            Bound::AtMost(bound) => ("at most", bound),
            Bound::AtLeast(bound) => ("at least", bound),
        };
        let decimals = if figure.abs() < 100.0 { 2 } else { 0 };
        write!(
            f,
            "{met:<8}{what}: {figure:.decimals$} {unit}, goal {word} {bound} {unit}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_at_its_bound_and_not_past_it() {
        let goal = |figure, bound| {
            let what = "all pairs".to_owned();
            let unit = "x";
            Goal {
                what,
                figure,
                bound,
                unit,
            }
            .to_string()
        };
        assert_eq!(
            goal(1.3, Bound::AtMost(1.3)),
            "met     all pairs: 1.30 x, goal at most 1.3 x"
        );
        assert!(goal(1.31, Bound::AtMost(1.3)).starts_with("NOT MET"));
        assert!(goal(250.0, Bound::AtLeast(20.0)).starts_with("met "));
        // What was not measured is not met.
        assert!(goal(f64::NAN, Bound::AtLeast(20.0)).starts_with("NOT MET"));
    }
}

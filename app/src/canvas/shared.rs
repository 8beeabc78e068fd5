//! Values that many scenes hold: copied and compared by their place in memory first.

use std::ops::Deref;
use std::sync::Arc;

/// A value that is not changed any more. Two of the same place are equal without a look at them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared<T>(Arc<T>);

impl<T> From<T> for Shared<T> {
    fn from(value: T) -> Self {
        Self(Arc::new(value))
    }
}

impl<T: PartialEq> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_by_place_or_by_value() {
        // Not equal to itself by value: only the place can say so.
        let odd = Shared::from(f64::NAN);
        assert_eq!(odd, odd.clone());
        assert_ne!(odd, Shared::from(f64::NAN));
        assert_eq!(Shared::from(1), Shared::from(1));
    }
}

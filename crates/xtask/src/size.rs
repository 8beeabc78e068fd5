//! Sizes for people.

/// 1,234,567 bytes as `1234.6 KB`: a KB is 1,000 bytes, as in the page's budget.
pub(crate) fn bytes(count: u64) -> String {
    let tenths = count.saturating_add(50) / 100;
    format!("{}.{} KB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_rounded_to_a_tenth() {
        assert_eq!(bytes(0), "0.0 KB");
        assert_eq!(bytes(1_234_567), "1234.6 KB");
        assert_eq!(bytes(949), "0.9 KB");
        assert_eq!(bytes(950), "1.0 KB");
    }
}

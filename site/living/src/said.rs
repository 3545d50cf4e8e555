//! Numbers as the book prints them.

/// With so many decimals, and the minus sign of prose.
pub fn fixed(number: f64, decimals: usize) -> String {
    let text = format!("{number:.decimals$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| c == '0' || c == '.') => rest.into(),
        Some(rest) => format!("−{rest}"),
        None => text,
    }
}

/// With so many decimals before its power of ten, where it is small or large.
pub fn power(number: f64, decimals: usize) -> String {
    match number.abs() {
        0.0 => "0".into(),
        size if (0.01..1000.0).contains(&size) => fixed(number, decimals + 1),
        _ => format!("{number:.decimals$e}").replace('-', "−"),
    }
}

pub fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_printed_as_in_the_book() {
        assert_eq!(power(4.139_937_7e-8, 2), "4.14e−8");
        assert_eq!(power(0.25, 2), "0.250");
        assert_eq!(power(0.0, 2), "0");
        assert_eq!((fixed(-0.04, 1), fixed(-2.0, 1)), ("0.0".into(), "−2.0".into()));
        assert_eq!(percent(0.125), "12 %");
    }
}

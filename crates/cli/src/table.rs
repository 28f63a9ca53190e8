//! Words for people: tables and spans of time.

use chrono::TimeDelta;

/// Rows in columns, each as wide as its widest cell.
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
    };
    let widths: Vec<_> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<_> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// `3d 4h`, `1h 20m`, `5m 3s`, `12.4s`.
pub fn span(span: TimeDelta) -> String {
    let seconds = span.num_seconds();
    match (
        seconds / 86_400,
        seconds / 3600 % 24,
        seconds / 60 % 60,
        seconds % 60,
    ) {
        (0, 0, 0, _) => format!("{:.1}s", span.as_seconds_f64()),
        (0, 0, minutes, seconds) => format!("{minutes}m {seconds}s"),
        (0, hours, minutes, _) => format!("{hours}h {minutes}m"),
        (days, hours, ..) => format!("{days}d {hours}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [
            vec!["ID".into(), "STATE".into()],
            vec!["longer".into(), "x".into()],
        ];
        assert_eq!(table(&rows), "ID      STATE\nlonger  x\n");
    }

    #[rstest::rstest]
    #[case(12_400, "12.4s")]
    #[case(303_000, "5m 3s")]
    #[case(4_800_000, "1h 20m")]
    #[case(273_600_000, "3d 4h")]
    fn a_span_is_told_in_its_two_largest_units(#[case] milliseconds: i64, #[case] told: &str) {
        assert_eq!(span(TimeDelta::milliseconds(milliseconds)), told);
    }
}

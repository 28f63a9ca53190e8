//! Days as numbers, and the texts that stand for them.

use super::{number, push};

/// A date at the beginning of a text: `2020-02-29 12:00:00+09`, `2020/02/29`, `20200229`, `0044-03-15 BC`.
pub(super) struct Written<'a> {
    /// Days since 1970-01-01, in the Gregorian calendar, also before it was one.
    pub(super) day: i64,
    /// Between year, month and day.
    separator: Option<char>,
    /// What comes after the date, without `BC`.
    rest: &'a str,
}

impl<'a> Written<'a> {
    /// Reads a text; `None` where it begins with no date that exists.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let (text, before_christ) = match text.strip_suffix(" BC") {
            Some(text) => (text, true),
            None => (text, false),
        };
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let separator = text[digits..]
            .chars()
            .next()
            .filter(|c| matches!(c, '-' | '/' | '.'));
        let (year, month, day, rest) = match separator {
            Some(c) if (4..=7).contains(&digits) => {
                let rest = &text[digits + 1..];
                let (month, rest) = (rest.get(..2)?, rest.get(2..)?.strip_prefix(c)?);
                (&text[..digits], month, rest.get(..2)?, rest.get(2..)?)
            }
            None if digits == 8 => (&text[..4], &text[4..6], &text[6..8], &text[8..]),
            _ => return None,
        };
        if rest.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let year: i64 = year.parse().ok()?;
        let year = if before_christ { 1 - year } else { year };
        Some(Self {
            day: day_of(year, month.parse().ok()?, day.parse().ok()?)?,
            separator,
            rest,
        })
    }

    /// Writes the text with another day.
    pub(super) fn write(&self, day: i64, out: &mut Vec<u8>) {
        let (year, month, day) = date_of(day);
        let shown = if year > 0 { year } else { 1 - year };
        number(shown.unsigned_abs().into(), 4, out);
        for part in [month, day] {
            out.extend(self.separator.map(|c| c as u8));
            number(part.unsigned_abs().into(), 2, out);
        }
        push(self.rest, out);
        if year <= 0 {
            push(" BC", out);
        }
    }
}

/// Whether a year, counted with a year 0, has a 29th of February.
pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days before a month, counted from March, which puts the leap day last.
fn days_before(month_from_march: i64) -> i64 {
    (153 * month_from_march + 2) / 5
}

/// The number of a date; `None` where there is no such day. Month 1 is January; year 0 is 1 BC.
pub(super) fn day_of(year: i64, month: i64, day: i64) -> Option<i64> {
    let days = match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=days).contains(&day) {
        return None;
    }
    let year = if month < 3 { year - 1 } else { year };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // 0000-03-01 is 719,468 days before 1970-01-01.
    Some(year * 365 + leap_days + days_before((month + 9) % 12) + day - 1 - 719_468)
}

/// Year, month and day of a number.
pub(super) fn date_of(day: i64) -> (i64, i64, i64) {
    const DAYS_IN_400_YEARS: i64 = 146_097;
    let day = day + 719_468;
    let (era, day) = (
        day.div_euclid(DAYS_IN_400_YEARS),
        day.rem_euclid(DAYS_IN_400_YEARS),
    );
    // Take the leap days off: one in 1,461 days, but for the last day of a century, and again that of four.
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - days_before(month) + 1;
    let year = year + 400 * era + i64::from(month >= 10);
    (year, (month + 2) % 12 + 1, day)
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike as _, NaiveDate};

    use super::*;

    #[test]
    fn days_are_those_of_chrono_for_two_thousand_years() {
        let mut date = NaiveDate::from_ymd_opt(-500, 1, 1).unwrap();
        let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
        while date.year() < 2500 {
            let parts = (
                i64::from(date.year()),
                i64::from(date.month()),
                i64::from(date.day()),
            );
            let day = (date - epoch).num_days();
            assert_eq!(
                (day_of(parts.0, parts.1, parts.2), date_of(day)),
                (Some(day), parts)
            );
            date = date.succ_opt().unwrap();
        }
    }

    #[test]
    fn what_is_read_is_written_again_and_what_is_no_date_is_not_read() {
        for text in [
            "2020-02-29 12:00:00+09",
            "1999/12/31",
            "20000101",
            "0044-03-15 10:00:00 BC",
            "12345-01-01",
            "2020.01.02T",
        ] {
            let written = Written::read(text).unwrap();
            let mut out = Vec::new();
            written.write(written.day, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
        for text in [
            "2021-02-29",
            "2020-00-00",
            "0000-00-00",
            "202001011",
            "2020-1-1",
            "x",
            "",
            "2020-01-011",
            "２０２０-01-01",
            "2020-é1-01",
        ] {
            assert!(Written::read(text).is_none(), "{text}");
        }
    }
}

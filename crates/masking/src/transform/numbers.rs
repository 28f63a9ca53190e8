//! The numbers that a column's type can hold, read from its name.

use super::{number, push};
use crate::schema::{Column, Kind};

/// The numbers that a type can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Numbers {
    /// The least whole number.
    pub(super) least: i128,
    /// The greatest whole number; of decimals, the greatest whole part.
    pub(super) most: i128,
}

impl Numbers {
    /// Numbers that no type limits.
    pub(super) const ANY: Self = Self {
        least: -i128::MAX,
        most: i128::MAX,
    };

    pub(super) fn of(column: &Column) -> Self {
        let name = column.type_name.to_ascii_lowercase();
        let word = name.split(['(', ' ']).next().unwrap_or_default();
        let bits = match word {
            "tinyint" => 8,
            "smallint" | "int2" => 16,
            "mediumint" => 24,
            "integer" | "int" | "int4" => 32,
            "bigint" | "int8" => 64,
            "oid" => {
                return Self {
                    least: 0,
                    most: u32::MAX.into(),
                };
            }
            // MySQL: 1901 to 2155, or 0.
            "year" => {
                return Self {
                    least: 1901,
                    most: 2155,
                };
            }
            "money" => return Self::of_bits(64).over(100),
            "numeric" | "decimal" | "float" | "double" | "real" => {
                return Self::decimals(&name).unsigned(&name);
            }
            _ if column.kind == Kind::Integer => 16,
            _ => return Self::ANY,
        };
        if name.contains("unsigned") {
            return Self {
                least: 0,
                most: (1 << bits) - 1,
            };
        }
        Self::of_bits(bits)
    }

    fn of_bits(bits: u32) -> Self {
        Self {
            least: -(1 << (bits - 1)),
            most: (1 << (bits - 1)) - 1,
        }
    }

    fn over(self, parts: i128) -> Self {
        Self {
            least: self.least / parts,
            most: self.most / parts,
        }
    }

    /// `numeric(10,2)` holds whole parts of eight digits.
    fn decimals(name: &str) -> Self {
        let inside = name.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
        let mut parts = inside.map_or("", |(inside, _)| inside).split(',').map(str::trim);
        let Some(precision) = parts.next().and_then(|text| text.parse::<i32>().ok()) else {
            return Self::ANY;
        };
        let scale = parts
            .next()
            .and_then(|text| text.parse::<i32>().ok())
            .unwrap_or(0);
        let most = u32::try_from(precision - scale).map_or(0, |digits| {
            if digits as usize > DIGITS {
                i128::MAX
            } else {
                10_i128.pow(digits) - 1
            }
        });
        Self { least: -most, most }
    }

    fn unsigned(self, name: &str) -> Self {
        let least = if name.contains("unsigned") { 0 } else { self.least };
        Self { least, ..self }
    }

    /// Whether the number is one of them.
    pub(super) fn hold(self, number: i128) -> bool {
        (self.least..=self.most).contains(&number)
    }
}

/// A number as text: `-1234.50`, `1.5e+30`, `$1,234.50`.
pub(super) struct Decimal<'a> {
    pub(super) negative: bool,
    /// Its first [`DIGITS`] digits.
    pub(super) digits: i128,
    /// How many digits there are beside those.
    pub(super) more: usize,
    /// How many digits stand behind the point.
    places: usize,
    /// What comes after the digits, from `e` on.
    pub(super) exponent: &'a str,
    /// The digits with all that stands between them.
    written: &'a str,
}

/// As many digits as 128 bits have room to calculate with.
const DIGITS: usize = 27;

impl<'a> Decimal<'a> {
    /// Reads a text; `None` where there is no digit in it.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let (written, exponent) = text.split_at(text.find(['e', 'E']).unwrap_or(text.len()));
        let count = written.bytes().filter(u8::is_ascii_digit).count();
        let digits = written.bytes().filter(u8::is_ascii_digit).take(DIGITS);
        (count > 0).then(|| Self {
            negative: written.contains('-'),
            digits: digits.fold(0, |number, digit| number * 10 + i128::from(digit - b'0')),
            more: count.saturating_sub(DIGITS),
            places: written
                .rsplit_once('.')
                .map_or(0, |(_, places)| places.bytes().filter(u8::is_ascii_digit).count()),
            exponent,
            written,
        })
    }

    /// How many of the first digits stand behind the point.
    pub(super) fn scale(&self) -> u32 {
        self.places.saturating_sub(self.more) as u32
    }

    /// The whole part that other digits would give, with the sign.
    pub(super) fn whole(&self, digits: i128) -> i128 {
        let beyond = self.more.saturating_sub(self.places) as u32;
        let whole = digits / 10_i128.pow(self.scale());
        let whole = whole.saturating_mul(10_i128.saturating_pow(beyond));
        if self.negative { -whole } else { whole }
    }

    /// Appends the number with other digits in the same format; `more` gives the digits beyond the first.
    pub(super) fn write(&self, digits: i128, mut more: impl FnMut() -> u8, out: &mut Vec<u8>) {
        let width = self
            .written
            .bytes()
            .filter(u8::is_ascii_digit)
            .count()
            .min(DIGITS);
        let mut place = 10_u128.pow(width as u32);
        let mut left = digits.unsigned_abs();
        let start = out.len();
        let mut is_first = true;
        for c in self.written.bytes() {
            if !c.is_ascii_digit() {
                out.push(c);
                continue;
            }
            if is_first && left >= place {
                number(left / place, 1, out); // what was carried over
                left %= place;
            }
            is_first = false;
            place /= 10;
            if let Some(digit) = left.checked_div(place) {
                out.push(b'0' + digit as u8);
                left %= place;
            } else {
                out.push(b'0' + more());
            }
        }
        // No zero stands in front of another digit.
        while let [b'0', b'0'..=b'9', ..] | [b'-', b'0', b'0'..=b'9', ..] = out[start..] {
            out.remove(start + usize::from(self.negative));
        }
        push(self.exponent, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::tests::column;

    #[test]
    fn a_types_name_says_which_numbers_it_holds() {
        let of = |name: &str, kind| {
            let numbers = Numbers::of(&Column {
                type_name: name.to_owned(),
                ..column(kind)
            });
            (numbers.least, numbers.most)
        };
        assert_eq!(of("smallint", Kind::Integer), (-32768, 32767));
        assert_eq!(of("tinyint(4) unsigned", Kind::Integer), (0, 255));
        assert_eq!(
            of("bigint(20)", Kind::Integer),
            (i64::MIN.into(), i64::MAX.into())
        );
        assert_eq!(of("numeric(5,2)", Kind::Number), (-999, 999));
        assert_eq!(of("decimal(3,3) unsigned", Kind::Number), (0, 0));
        assert_eq!(
            of("numeric", Kind::Number),
            (Numbers::ANY.least, Numbers::ANY.most)
        );
        assert_eq!(of("year(4)", Kind::Integer), (1901, 2155));
    }
}

//! What was unique stays unique, under the column's own way to compare.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::*;

/// As a collation compares that knows neither case nor accents.
fn folded(text: &str) -> String {
    text.nfd()
        .filter(|c| !is_combining_mark(*c))
        .collect::<String>()
        .trim_end()
        .to_lowercase()
}

proptest! {
    #[test]
    fn what_promises_uniqueness_keeps_it(values in prop::collection::hash_set("[0-9a-zA-Z]{1,12}", 2..50), limit in 40_usize..60) {
        for transform in texts().into_iter().filter(Transform::keeps_unique) {
            if matches!(transform, Transform::Date { .. } | Transform::DateBy { .. } | Transform::Birthday) {
                continue; // of dates, below
            }
            for folds in [false, true] {
                let mut subject = Subject::new(transform.clone(), Kind::Text).unique().of_at_most(limit);
                let spell = |text: &str| if folds { folded(text) } else { text.to_owned() };
                if folds {
                    subject = subject.folded();
                }
                // Of values that compare alike a unique column holds but one.
                let mut held = HashSet::new();
                let values: Vec<_> = values.iter().filter(|value| held.insert(spell(value))).collect();
                let mut masker = subject.masker();
                let masked: HashSet<_> = values.iter().map(|value| spell(&text(&mut masker, value))).collect();
                prop_assert_eq!(masked.len(), values.len(), "{:?}", transform);
            }
        }
    }

    #[test]
    fn formats_in_all_scripts_stay_apart_also_without_accents(values in prop::collection::hash_set("[a-cé-êÀ-Äあ-がア-ガа-г0-2 -]{1,4}", 2..100)) {
        for folds in [false, true] {
            let mut subject = Subject::new(Transform::Pattern, Kind::Text).unique();
            let spell = |text: &str| if folds { folded(text).chars().map(super::spelling::hiragana).collect() } else { text.to_owned() };
            if folds {
                subject = subject.folded();
            }
            let mut held = HashSet::new();
            let values: Vec<_> = values.iter().filter(|value| held.insert(spell(value))).collect();
            let mut masker = subject.masker();
            let masked: HashSet<String> = values.iter().map(|value| spell(&text(&mut masker, value))).collect();
            prop_assert_eq!(masked.len(), values.len());
        }
    }

    #[test]
    fn symbols_are_permuted_one_to_one(radices in prop::collection::vec(2_u16..12, 1..4)) {
        let prf = Key::new([9; 32]).group("phone");
        let count: u16 = radices.iter().product();
        let mut seen = HashSet::new();
        for number in 0..count {
            let mut rest = number;
            let mut symbols: Vec<u16> = radices.iter().map(|radix| { let symbol = rest % radix; rest /= radix; symbol }).collect();
            prf.permute(0, &mut symbols, &radices);
            prop_assert!(symbols.iter().zip(&radices).all(|(symbol, radix)| symbol < radix));
            seen.insert(symbols);
        }
        prop_assert_eq!(seen.len(), usize::from(count));
    }

    #[test]
    fn dates_stay_apart(days in prop::collection::hash_set(0_i64..20_000, 2..100)) {
        let start = chrono::NaiveDate::from_ymd_opt(1975, 1, 1).unwrap();
        for transform in [Transform::Date { shift_days: 300 }, Transform::Birthday] {
            let mut masker = Subject::new(transform, Kind::Date).unique().masker();
            let masked: HashSet<String> = days.iter().map(|day| text(&mut masker, &(start + chrono::TimeDelta::days(*day)).to_string())).collect();
            prop_assert_eq!(masked.len(), days.len());
        }
    }

    #[test]
    fn short_bytes_stay_apart(values in prop::collection::hash_set(prop::collection::vec(any::<u8>(), 1..4), 2..200)) {
        for engine in [Engine::Postgres, Engine::Mysql] {
            let mut subject = Subject::new(Transform::Bytes, Kind::Bytes).unique();
            subject.engine = engine;
            let mut masker = subject.masker();
            let masked: HashSet<Vec<u8>> = values.iter().map(|value| {
                let mut out = Vec::new();
                let shown = match engine {
                    Engine::Postgres => format!("\\x{}", value.iter().map(|byte| format!("{byte:02x}")).collect::<String>()).into_bytes(),
                    Engine::Mysql => value.clone(),
                };
                assert!(masker.mask_into(&shown, None, &mut out));
                assert_eq!(out.len(), shown.len());
                out
            }).collect();
            prop_assert_eq!(masked.len(), values.len());
        }
    }
}

#[test]
fn all_whole_numbers_that_a_type_holds_are_permuted_among_themselves() {
    let subject = Subject::new(Transform::Pattern, Kind::Integer)
        .unique()
        .of_type("tinyint");
    let mut masker = subject.masker();
    let masked: HashSet<i64> = (-128..=127_i64)
        .map(|number| text(&mut masker, &number.to_string()).parse().unwrap())
        .collect();
    assert!(masked.iter().all(|number| (-128..=127).contains(number)));
    assert_eq!(masked.len(), 256);
}

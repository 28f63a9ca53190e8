//! Properties of every transform, and examples of what they make.

use proptest::prelude::*;

use super::*;
use crate::coverage::ColumnTreatment;

fn masker(transform: Transform, kind: Kind, limit: Option<usize>, unique: bool, key: u8) -> Masker {
    let column = Column {
        name: "c".to_owned(),
        type_name: String::new(),
        kind,
        array: false,
        nullable: true,
        max_length: limit,
        generated: false,
        labels: Vec::new(),
        case_insensitive: false,
        narrow_charset: false,
    };
    let treatment = ColumnTreatment {
        column: "c".to_owned(),
        transform,
        group: "g".to_owned(),
        linked: false,
        fold: false,
        unique,
    };
    Masker::new(&treatment, &column, Engine::Postgres, &Key::new([key; 32]), 0)
}

fn text(masker: &Masker, value: &str) -> String {
    String::from_utf8(masker.mask(value.as_bytes()).unwrap()).unwrap()
}

fn texts() -> Vec<Transform> {
    let mut all = vec![
        Transform::Hash,
        Transform::Email,
        Transform::Phone,
        Transform::Postcode,
        Transform::Username,
        Transform::Ip,
        Transform::Url,
        Transform::Uuid,
        Transform::TextDrop,
        Transform::TextRedact,
        Transform::Date { shift_days: 30 },
    ];
    for locale in [Locale::En, Locale::Ja, Locale::Kana] {
        all.extend([
            Transform::Address(locale),
            Transform::City(locale),
            Transform::Company(locale),
        ]);
        all.extend([Part::First, Part::Last, Part::Full].map(|part| Transform::Name { part, locale }));
    }
    all
}

proptest! {
    #[test]
    fn each_is_deterministic_fits_its_length_and_keeps_empty_empty(value in "\\PC{0,60}", limit in 36_usize..80) {
        for transform in texts() {
            let masker = masker(transform.clone(), Kind::Text, Some(limit), false, 1);
            let masked = text(&masker, &value);
            prop_assert_eq!(&masked, &text(&masker, &value), "{:?}", &transform);
            prop_assert!(masked.chars().count() <= limit.max(value.chars().count()), "{:?}: {}", &transform, masked);
            prop_assert_eq!(text(&masker, ""), "");
        }
    }

    #[test]
    fn another_key_gives_another_output(value in "[a-z]{3,20}") {
        for transform in [Transform::Hash, Transform::Email, Transform::Username, Transform::Url, Transform::Uuid] {
            let (one, two) = (masker(transform.clone(), Kind::Text, None, false, 1), masker(transform, Kind::Text, None, false, 2));
            prop_assert_ne!(text(&one, &value), text(&two, &value));
            prop_assert!(!text(&one, &value).contains(&value) || value.len() < 5);
        }
    }

    #[test]
    fn what_promises_uniqueness_keeps_it(values in prop::collection::hash_set("[0-9]{4,12}", 2..200), limit in 36_usize..60) {
        for transform in [Transform::Hash, Transform::Email, Transform::Username, Transform::Url, Transform::Uuid, Transform::Phone] {
            let masker = masker(transform.clone(), Kind::Text, Some(limit), true, 3);
            let masked: std::collections::HashSet<String> = values.iter().map(|value| text(&masker, value)).collect();
            prop_assert_eq!(masked.len(), values.len(), "{:?}", transform);
        }
    }

    #[test]
    fn digits_are_permuted_one_to_one(length in 1_u32..5) {
        let prf = Key::new([9; 32]).group("phone");
        let all = 10_u32.pow(length);
        let mut seen = std::collections::HashSet::new();
        for number in 0..all {
            let mut digits: Vec<u8> = format!("{number:0width$}", width = length as usize).bytes().map(|b| b - b'0').collect();
            prf.permute_digits(&mut digits);
            prop_assert!(digits.iter().all(|digit| *digit < 10));
            seen.insert(digits);
        }
        prop_assert_eq!(seen.len(), all as usize);
    }

    #[test]
    fn a_date_moves_at_most_so_far_and_never_stays(days in 0_i64..40_000, shift in 1_u32..400) {
        let date = chrono::NaiveDate::from_ymd_opt(1930, 1, 1).unwrap() + chrono::TimeDelta::days(days);
        for unique in [false, true] {
            let masked = text(&masker(Transform::Date { shift_days: shift }, Kind::Timestamp, None, unique, 4), &format!("{date} 12:34:56.7+09"));
            let (day, rest) = masked.split_at(10);
            prop_assert_eq!(rest, " 12:34:56.7+09");
            let moved = (chrono::NaiveDate::parse_from_str(day, "%Y-%m-%d").unwrap() - date).num_days();
            prop_assert!(moved != 0 && moved.unsigned_abs() <= u64::from(shift));
        }
    }

    #[test]
    fn a_unique_column_of_dates_keeps_them_apart(days in prop::collection::hash_set(0_i64..20_000, 2..100)) {
        let masker = masker(Transform::Date { shift_days: 300 }, Kind::Date, None, true, 4);
        let start = chrono::NaiveDate::from_ymd_opt(1975, 1, 1).unwrap();
        let masked: std::collections::HashSet<String> = days.iter().map(|day| text(&masker, &(start + chrono::TimeDelta::days(*day)).to_string())).collect();
        prop_assert_eq!(masked.len(), days.len());
    }

    #[test]
    fn json_keeps_all_but_the_named_leaves(name in "\\PC{1,20}", number in any::<i64>()) {
        let document = serde_json::json!({"user": {"email": name, "age": number}, "list": [{"email": name}, 1.5e300]});
        let paths = vec![("$..email".parse().unwrap(), Transform::Email)];
        let masked = text(&masker(Transform::Json(paths), Kind::Json, None, false, 5), &document.to_string());
        let masked: serde_json::Value = serde_json::from_str(&masked).unwrap();
        prop_assert_eq!(&masked["user"]["age"], &document["user"]["age"]);
        prop_assert_eq!(&masked["list"][1], &document["list"][1]);
        prop_assert!(masked["user"]["email"].as_str().unwrap().ends_with("@example.com"));
        prop_assert_eq!(&masked["user"]["email"], &masked["list"][0]["email"]);
    }

    #[test]
    fn arrays_are_masked_element_by_element(elements in prop::collection::vec("\\PC{1,10}", 0..6)) {
        let quoted: Vec<_> = elements.iter().map(|element| format!("\"{}\"", element.replace('\\', "\\\\").replace('"', "\\\""))).collect();
        let mut seen = Vec::new();
        let copied = array::mask(&format!("{{{}}}", quoted.join(",")), &mut |element| {
            seen.push(element.to_owned());
            element.to_owned()
        });
        prop_assert_eq!(&seen, &elements);
        prop_assert_eq!(copied, format!("{{{}}}", quoted.join(",")));
    }

    #[test]
    fn noise_stays_near_and_whole_numbers_whole(number in -1_000_000_i64..1_000_000) {
        let masked: i64 = text(&masker(Transform::Noise { percent: 10 }, Kind::Integer, None, false, 6), &number.to_string()).parse().unwrap();
        prop_assert!((masked - number).abs() as f64 <= number.abs() as f64 * 0.1 + 1.0);
    }
}

#[test]
fn what_each_transform_makes() {
    let examples = [
        (Transform::Hash, Kind::Text, "secret"),
        (Transform::Email, Kind::Text, "Anna@corp.jp"),
        (Transform::Username, Kind::Text, "anna"),
        (Transform::Phone, Kind::Text, "+81 90-1234-5678"),
        (Transform::Phone, Kind::Text, "０９０－１２３４－５６７８ (Taro)"),
        (Transform::Postcode, Kind::Text, "SW1A 1AA"),
        (Transform::Address(Locale::Ja), Kind::Text, "x"),
        (Transform::Company(Locale::En), Kind::Text, "x"),
        (
            Transform::Name {
                part: Part::Full,
                locale: Locale::Ja,
            },
            Kind::Text,
            "x",
        ),
        (Transform::Ip, Kind::Inet, "10.0.0.1"),
        (Transform::Ip, Kind::Inet, "fe80::1"),
        (Transform::Ip, Kind::Inet, "10.0.0.0/8"),
        (Transform::Date { shift_days: 30 }, Kind::Date, "infinity"),
        (Transform::Date { shift_days: 30 }, Kind::Date, "0044-03-15 BC"),
        (Transform::Noise { percent: 10 }, Kind::Number, "1234.50"),
        (
            Transform::TextRedact,
            Kind::Text,
            "mail a.b@c.jp or call 090-1234-5678, card 4111 1111 1111 1111 from 10.1.2.3",
        ),
        (Transform::Bytes, Kind::Bytes, "\\xdeadbeef"),
        (Transform::TextDrop, Kind::Bytes, "\\xdeadbeef"),
    ];
    let lines = examples.map(|(transform, kind, value)| {
        let masked = text(&masker(transform.clone(), kind, None, false, 7), value);
        format!("{:9} {value} → {masked}", transform.name())
    });
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn null_and_constant_are_what_they_say() {
    assert_eq!(
        masker(Transform::Null, Kind::Text, None, false, 1).mask(b"x"),
        None
    );
    assert_eq!(
        masker(Transform::Constant("k".to_owned()), Kind::Text, None, false, 1).mask(b"x"),
        Some(b"k".to_vec())
    );
}

#[test]
fn every_leaf_is_also_that_of_a_document_which_is_nothing_else() {
    let masker = masker(
        Transform::Json(vec![("$..*".parse().unwrap(), Transform::TextDrop)]),
        Kind::Json,
        None,
        false,
        1,
    );
    for (document, masked) in [
        ("\"planted\"", "\"\""),
        (
            "[\"planted\", {\"a\": [7, null, true]}]",
            "[\"\", {\"a\": [0, null, true]}]",
        ),
        ("not json", "null"),
    ] {
        assert_eq!(text(&masker, document), masked);
    }
}

#[test]
fn a_json_path_is_read_and_written() {
    for path in ["$.user.email", "$..email", "$..*", "$.items.*.name"] {
        assert_eq!(path.parse::<Path>().unwrap().to_string(), path);
    }
    assert_eq!(
        "$.items[*]['first name']".parse::<Path>().unwrap().to_string(),
        "$.items.*.first name"
    );
    for wrong in ["user.email", "$user", "$.", "$.a[", ""] {
        assert!(wrong.parse::<Path>().is_err(), "{wrong}");
    }
}

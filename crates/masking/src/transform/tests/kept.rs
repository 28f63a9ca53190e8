//! What each transform keeps of a value, or makes sure of.

use super::*;

fn day(text: &str) -> chrono::NaiveDate {
    chrono::NaiveDate::parse_from_str(&text[..10], "%Y-%m-%d").unwrap()
}

proptest! {
    #[test]
    fn a_date_moves_at_most_so_far_and_never_stays(days in 0_i64..40_000, shift in 1_u32..400) {
        let date = chrono::NaiveDate::from_ymd_opt(1930, 1, 1).unwrap() + chrono::TimeDelta::days(days);
        for unique in [false, true] {
            let mut subject = Subject::new(Transform::Date { shift_days: shift }, Kind::Timestamp);
            subject.unique = unique;
            let masked = subject.mask(&format!("{date} 12:34:56.7+09"));
            prop_assert_eq!(&masked[10..], " 12:34:56.7+09");
            let moved = (day(&masked) - date).num_days();
            prop_assert!(moved != 0 && moved.unsigned_abs() <= u64::from(shift));
        }
    }

    #[test]
    fn all_dates_of_a_person_move_together_in_every_part(first in 0_i64..30_000, second in 0_i64..30_000, person in "[0-9]{1,8}") {
        let start = chrono::NaiveDate::from_ymd_opt(1950, 1, 1).unwrap();
        let transform = Transform::DateBy { shift_days: 90, by: "customer_id".to_owned() };
        let one = Subject::new(transform.clone(), Kind::Date);
        let other = Subject { part: 5, ..Subject::new(transform, Kind::Timestamp) };
        let masker = one.masker();
        prop_assert_eq!(masker.by(), Some("customer_id"));
        let dates = [first, second].map(|days| start + chrono::TimeDelta::days(days));
        let masked = [
            text_by(&mut one.masker(), &dates[0].to_string(), Some(&person)),
            text_by(&mut other.masker(), &format!("{} 10:00:00", dates[1]), Some(&person)),
        ];
        prop_assert_eq!(day(&masked[1]) - day(&masked[0]), dates[1] - dates[0]);
        prop_assert_ne!(day(&masked[0]), dates[0]);
    }

    #[test]
    fn a_birthday_keeps_its_year_and_no_day(year in 1900_i32..2030, ordinal in 1_u32..367, unique: bool) {
        let Some(date) = chrono::NaiveDate::from_yo_opt(year, ordinal) else { return Ok(()) };
        let mut subject = Subject::new(Transform::Birthday, Kind::Date);
        subject.unique = unique;
        let masked = day(&subject.mask(&date.to_string()));
        prop_assert_eq!(chrono::Datelike::year(&masked), year);
        prop_assert_ne!(masked, date);
    }

    #[test]
    fn json_keeps_all_but_the_named_leaves(name in "\\PC{1,20}", number in any::<i64>()) {
        let document = serde_json::json!({"user": {"email": name, "age": number}, "list": [{"email": name}, 1.5e300]});
        let paths = vec![("$..email".parse().unwrap(), Transform::Email)];
        let masked = Subject::new(Transform::Json(paths), Kind::Json).linked().mask(&document.to_string());
        let masked: serde_json::Value = serde_json::from_str(&masked).unwrap();
        prop_assert_eq!(&masked["user"]["age"], &document["user"]["age"]);
        prop_assert_eq!(&masked["list"][1], &document["list"][1]);
        prop_assert!(masked["user"]["email"].as_str().unwrap().ends_with("@example.com"));
        prop_assert_eq!(&masked["user"]["email"], &masked["list"][0]["email"]);
    }

    #[test]
    fn a_leaf_is_masked_like_a_column_of_its_group(email in "[a-z]{1,10}@[a-z]{1,10}[.]jp") {
        let paths = vec![("$.email".parse().unwrap(), Transform::Email)];
        let document = serde_json::json!({ "email": email }).to_string();
        let inside: serde_json::Value = serde_json::from_str(&Subject::new(Transform::Json(paths), Kind::Json).linked().mask(&document)).unwrap();
        let column = Subject::new(Transform::Email, Kind::Text).linked().mask(&email);
        prop_assert_eq!(inside["email"].as_str(), Some(column.as_str()));
    }

    #[test]
    fn any_document_stays_one(document in prop::collection::vec("\\PC{0,20}", 0..5), number: f64) {
        let document = serde_json::json!({"a": document, "b": number, "c": {"d": document}}).to_string();
        for transform in texts().into_iter().chain([Transform::Noise { percent: 50 }, Transform::Bucket(3), Transform::Null]) {
            if matches!(transform, Transform::Json(_)) {
                continue;
            }
            let masked = Subject::new(Transform::Json(vec![("$..*".parse().unwrap(), transform.clone())]), Kind::Json).mask(&document);
            prop_assert!(serde_json::from_str::<serde_json::Value>(&masked).is_ok(), "{:?}: {}", transform, masked);
        }
    }

    #[test]
    fn arrays_are_masked_element_by_element(elements in prop::collection::vec("\\PC{1,10}", 0..6)) {
        let quoted: Vec<_> = elements.iter().map(|element| format!("\"{}\"", element.replace('\\', "\\\\").replace('"', "\\\""))).collect();
        let literal = format!("{{{}}}", quoted.join(","));
        let (mut seen, mut copied) = (Vec::new(), Vec::new());
        array::mask(&literal, &mut copied, &mut |element, out| {
            seen.push(element.to_owned());
            push(element, out);
        });
        prop_assert_eq!(&seen, &elements);
        prop_assert_eq!(String::from_utf8(copied).unwrap(), literal);
    }

    #[test]
    fn noise_stays_near_changes_and_never_leaves_the_type(number in any::<i16>(), percent in 1_u32..100) {
        let subject = Subject::new(Transform::Noise { percent }, Kind::Integer).of_type("smallint");
        let masked: i16 = subject.mask(&number.to_string()).parse().unwrap();
        let moved = (i32::from(masked) - i32::from(number)).abs();
        prop_assert!(f64::from(moved) <= f64::from(number).abs() * f64::from(percent) / 100.0 + 1.0);
        prop_assert_eq!(moved == 0, number == 0);
    }

    #[test]
    fn noise_keeps_the_places_of_a_decimal_and_its_precision(cents in -99_999_i64..=99_999) {
        let number = format!("{}{}.{:02}", if cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100);
        let masked = Subject::new(Transform::Noise { percent: 50 }, Kind::Number).of_type("numeric(5,2)").mask(&number);
        let (whole, places) = masked.trim_start_matches('-').split_once('.').unwrap();
        prop_assert!(whole.len() <= 3 && places.len() == 2, "{}", masked);
    }

    #[test]
    fn a_bucket_is_the_multiple_below(number in any::<i32>(), width in 1_u64..100_000) {
        let subject = Subject::new(Transform::Bucket(width), Kind::Integer).of_type("integer");
        let masked: i64 = subject.mask(&number.to_string()).parse().unwrap();
        let width = i64::try_from(width).unwrap();
        let below = i64::from(number).div_euclid(width) * width;
        let fits = i32::try_from(below).is_ok();
        prop_assert_eq!(masked, if fits { below } else { below + width });
    }

    #[test]
    fn a_card_number_is_one_of_the_test_ranges_with_a_right_check_digit(number in "[2-6][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{1,7}") {
        let masked = Subject::new(Transform::Card, Kind::Text).mask(&number);
        prop_assert_eq!(shape(&masked), shape(&number));
        let digits: Vec<u32> = masked.chars().filter_map(|c| c.to_digit(10)).collect();
        let sum: u32 = digits.iter().rev().enumerate().map(|(at, digit)| match (at % 2, digit * 2) {
            (0, _) => *digit,
            (_, doubled) if doubled > 9 => doubled - 9,
            (_, doubled) => doubled,
        }).sum();
        prop_assert_eq!(sum % 10, 0);
    }

    #[test]
    fn an_iban_keeps_country_and_length_and_its_check_digits_are_right(country in "[A-Z]{2}", rest in "[0-9]{2}[0-9A-Z]{11,30}") {
        let given = format!("{country}{rest}");
        let masked = Subject::new(Transform::Iban, Kind::Text).mask(&given);
        prop_assert_eq!((&masked[..2], masked.len()), (&country[..], given.len()));
        prop_assert!(masked[4..8].chars().all(|c| matches!(c, '0' | 'X')));
        let number: String = masked[4..].chars().chain(masked[..4].chars()).map(|c| c.to_digit(36).unwrap().to_string()).collect();
        prop_assert_eq!(number.bytes().fold(0_u32, |rest, digit| (rest * 10 + u32::from(digit - b'0')) % 97), 1);
    }

    #[test]
    fn a_pattern_keeps_the_sort_of_each_character(value in anything(), unique: bool) {
        let mut subject = Subject::new(Transform::Pattern, Kind::Text);
        subject.unique = unique;
        let masked = subject.mask(&value);
        prop_assert_eq!(shape(&masked), shape(&value));
    }

    #[test]
    fn a_phone_keeps_its_country(country in prop::sample::select(vec!["+81", "+1", "+49", "+353", "0081"]), rest in "[ -]?[0-9]{3}[ -]?[0-9]{6}") {
        let given = format!("{country}{rest}");
        let masked = Subject::new(Transform::Phone, Kind::Text).mask(&given);
        prop_assert!(masked.starts_with(country) && masked != given);
        prop_assert_eq!(shape(&masked), shape(&given));
    }

    #[test]
    fn a_vector_keeps_its_dimension(numbers in prop::collection::vec(-1.0_f32..1.0, 1..20)) {
        let given = serde_json::to_string(&numbers).unwrap();
        for transform in [Transform::VectorZero, Transform::VectorRandom] {
            let masked: Vec<f32> = serde_json::from_str(&Subject::new(transform, Kind::Vector).mask(&given)).unwrap();
            prop_assert_eq!(masked.len(), numbers.len());
            prop_assert!(masked.iter().all(|number| (-1.0..=1.0).contains(number)));
        }
    }

    #[test]
    fn an_address_of_the_internet_is_one_of_the_documentation(v4: std::net::Ipv4Addr, v6: std::net::Ipv6Addr, unique: bool) {
        for given in [v4.to_string(), v6.to_string(), format!("{v4}/8"), format!("{v6}/64")] {
            let mut subject = Subject::new(Transform::Ip, Kind::Inet);
            subject.unique = unique;
            let masked = subject.mask(&given);
            let (address, width) = masked.split_once('/').unwrap_or((&masked, ""));
            prop_assert_eq!(width.is_empty(), !given.contains('/'));
            let documented = match address.parse().unwrap() {
                std::net::IpAddr::V4(ip) => !unique && ip.is_documentation(),
                std::net::IpAddr::V6(ip) => ip.segments()[..2] == [0x2001, 0xdb8],
            };
            prop_assert!(documented, "{}", masked);
        }
    }
}

/// What a value looks like: which characters are digits, which are letters of which case, and all others.
fn shape(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '0'..='9' => '9',
            '０'..='９' => '９',
            'ß' | 'ÿ' => c,
            c if c.is_lowercase() => 'a',
            c if c.is_uppercase() => 'A',
            c if c.is_alphabetic() => 'x',
            c if c.is_numeric() => '1',
            c => c,
        })
        .collect()
}

#[test]
fn every_leaf_is_also_that_of_a_document_which_is_nothing_else() {
    let drop = Transform::Json(vec![("$..*".parse().unwrap(), Transform::TextDrop)]);
    let subject = Subject::new(drop, Kind::Json);
    for (document, masked) in [
        ("\"planted\"", "\"\""),
        (
            "[\"planted\", {\"a\": [7, null, true, \"\\ud800 x\"]}]",
            "[\"\", {\"a\": [0, null, true, \"\"]}]",
        ),
        ("not json", "null"),
    ] {
        assert_eq!(subject.mask(document), masked);
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

#[test]
fn a_column_of_a_narrow_character_set_gets_ascii() {
    for locale in [Locale::De, Locale::Fr, Locale::Es] {
        for transform in [
            Transform::City(locale),
            Transform::Address(locale),
            Transform::Company(locale),
        ] {
            let mut subject = Subject::new(transform, Kind::Text);
            subject.column.narrow_charset = true;
            let mut masker = subject.masker();
            for _ in 0..300 {
                assert!(text(&mut masker, "x").is_ascii());
            }
        }
    }
}

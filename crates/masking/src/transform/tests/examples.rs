//! Before and after, for every transform.

use super::*;

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn what_each_transform_makes() {
    let json = |path: &str, transform| Transform::Json(vec![(path.parse().unwrap(), transform)]);
    let by = || Transform::DateBy {
        shift_days: 30,
        by: "customer_id".to_owned(),
    };
    let name = |part, locale| Transform::Name { part, locale };
    let examples: Vec<(&str, Transform, Kind, &str)> = vec![
        ("\"keep\"", Transform::Keep { reason: None }, Kind::Text, "A-17"),
        ("\"null\"", Transform::Null, Kind::Text, "secret"),
        (
            "{ constant = \"x\" }",
            Transform::Constant("x".to_owned()),
            Kind::Text,
            "secret",
        ),
        ("\"hash\"", Transform::Hash, Kind::Text, "secret"),
        ("\"email\"", Transform::Email, Kind::Text, "Anna@corp.jp"),
        (
            "{ email = { keep = \"domain\" } }",
            Transform::EmailKeepDomain,
            Kind::Text,
            "Anna@corp.jp",
        ),
        (
            "\"first_name\"",
            name(Part::First, Locale::En),
            Kind::Text,
            "Anna",
        ),
        ("\"last_name\"", name(Part::Last, Locale::En), Kind::Text, "Bell"),
        ("\"name\"", name(Part::Full, Locale::En), Kind::Text, "Anna Bell"),
        (
            "{ name = \"full\", locale = \"ja\" }",
            name(Part::Full, Locale::Ja),
            Kind::Text,
            "山田 花子",
        ),
        (
            "{ name = \"full\", locale = \"kana\" }",
            name(Part::Full, Locale::Kana),
            Kind::Text,
            "ヤマダ ハナコ",
        ),
        (
            "{ name = \"full\", locale = \"de\" }",
            name(Part::Full, Locale::De),
            Kind::Text,
            "Anna Groß",
        ),
        (
            "{ name = \"full\", locale = \"fr\" }",
            name(Part::Full, Locale::Fr),
            Kind::Text,
            "Anne Blanc",
        ),
        (
            "{ name = \"full\", locale = \"es\" }",
            name(Part::Full, Locale::Es),
            Kind::Text,
            "Ana Muñoz",
        ),
        (
            "\"company\"",
            Transform::Company(Locale::En),
            Kind::Text,
            "Acme Corp",
        ),
        (
            "{ mask = \"company\", locale = \"ja\" }",
            Transform::Company(Locale::Ja),
            Kind::Text,
            "株式会社山田",
        ),
        (
            "\"address\"",
            Transform::Address(Locale::En),
            Kind::Text,
            "1 Main St",
        ),
        (
            "{ mask = \"address\", locale = \"ja\" }",
            Transform::Address(Locale::Ja),
            Kind::Text,
            "東京都港区1-2-3",
        ),
        (
            "{ mask = \"address\", locale = \"de\" }",
            Transform::Address(Locale::De),
            Kind::Text,
            "Parkallee 1",
        ),
        ("\"city\"", Transform::City(Locale::En), Kind::Text, "London"),
        (
            "{ mask = \"city\", locale = \"fr\" }",
            Transform::City(Locale::Fr),
            Kind::Text,
            "Paris",
        ),
        ("\"postcode\"", Transform::Postcode, Kind::Text, "SW1A 1AA"),
        (
            "{ mask = \"postcode\", locale = \"ja\" }",
            Transform::PostcodeIn(Locale::Ja),
            Kind::Text,
            "1000001",
        ),
        ("\"username\"", Transform::Username, Kind::Text, "anna"),
        ("\"phone\"", Transform::Phone, Kind::Text, "+81 90-1234-5678"),
        (
            "\"phone\"",
            Transform::Phone,
            Kind::Text,
            "０９０－１２３４－５６７８",
        ),
        (
            "{ date = { shift_days = 30 } }",
            Transform::Date { shift_days: 30 },
            Kind::Date,
            "2020-02-29",
        ),
        (
            "{ date = { shift_days = 30, by = \"customer_id\" } }",
            by(),
            Kind::Timestamp,
            "2020-02-29 12:00:00+09",
        ),
        (
            "{ date = { shift_days = 30, by = \"customer_id\" } }",
            by(),
            Kind::Timestamp,
            "2020-03-31 08:00:00+09",
        ),
        ("\"birthday\"", Transform::Birthday, Kind::Date, "1984-02-29"),
        ("\"ip\"", Transform::Ip, Kind::Inet, "10.0.0.1"),
        ("\"ip\"", Transform::Ip, Kind::Inet, "fe80::1"),
        ("\"ip\"", Transform::Ip, Kind::Inet, "10.0.0.0/8"),
        ("\"url\"", Transform::Url, Kind::Text, "https://corp.jp/anna"),
        (
            "\"uuid\"",
            Transform::Uuid,
            Kind::Uuid,
            "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        ),
        ("\"card\"", Transform::Card, Kind::Text, "4539 1488 0343 6467"),
        (
            "\"iban\"",
            Transform::Iban,
            Kind::Text,
            "GB33 BUKB 2020 1555 5555 55",
        ),
        (
            "{ noise = { percent = 10 } }",
            Transform::Noise { percent: 10 },
            Kind::Number,
            "1234.50",
        ),
        ("{ bucket = 10 }", Transform::Bucket(10), Kind::Integer, "37"),
        ("\"pattern\"", Transform::Pattern, Kind::Text, "AB-1234/x 東京"),
        ("\"pattern\"", Transform::Pattern, Kind::Integer, "1048576"),
        (
            "{ text = \"drop\" }",
            Transform::TextDrop,
            Kind::Text,
            "call Anna",
        ),
        (
            "{ text = \"redact\" }",
            Transform::TextRedact,
            Kind::Text,
            "mail a.b@c.jp or call 090-1234-5678, card 4111 1111 1111 1111 from 10.1.2.3, pay GB33BUKB20201555555555, see https://anna@corp.jp/x and github.com/anna",
        ),
        (
            "{ json = { \"$..email\" = \"email\" } }",
            json("$..email", Transform::Email),
            Kind::Json,
            "{\"id\": 1.50, \"user\": {\"email\": \"a@b.jp\"}}",
        ),
        ("\"bytes\"", Transform::Bytes, Kind::Bytes, "\\xdeadbeef"),
        (
            "{ text = \"drop\" }",
            Transform::TextDrop,
            Kind::Bytes,
            "\\xdeadbeef",
        ),
        (
            "{ vector = \"zero\" }",
            Transform::VectorZero,
            Kind::Vector,
            "[0.12,-0.5,0.33]",
        ),
        (
            "{ vector = \"random\" }",
            Transform::VectorRandom,
            Kind::Vector,
            "[0.12,-0.5,0.33]",
        ),
    ];
    let lines: Vec<_> = examples
        .into_iter()
        .map(|(rule, transform, kind, value)| {
            let mut out = Vec::new();
            let some = Subject::new(transform, kind).key(7).masker().mask_into(
                value.as_bytes(),
                Some(b"42"),
                &mut out,
            );
            let masked = if some {
                String::from_utf8(out).unwrap()
            } else {
                "NULL".to_owned()
            };
            format!("{rule} | {value} | {masked}")
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn an_element_of_an_array_is_masked_like_a_value() {
    let mut subject = Subject::new(Transform::Email, Kind::Text).linked();
    let one = subject.mask("a@b.jp");
    subject.column.array = true;
    assert_eq!(
        subject.mask("{a@b.jp,NULL,\"\"}"),
        format!("{{\"{one}\",NULL,\"\"}}")
    );
}

#[test]
fn dates_that_are_none_say_nothing() {
    let subject = Subject::new(Transform::Date { shift_days: 30 }, Kind::Date);
    for (given, masked) in [
        ("infinity", "infinity"),
        ("0000-00-00", "0000-00-00"),
        ("2020-13-41", "1970-01-02"),
        ("soon", "1970-01-02"),
    ] {
        assert_eq!(subject.mask(given), masked);
    }
    let of_timestamp = Subject {
        engine: Engine::Mysql,
        ..Subject::new(Transform::Date { shift_days: 3000 }, Kind::Timestamp).of_type("timestamp")
    };
    for given in ["1971-01-02 00:00:00", "2037-12-30 00:00:00"] {
        let mut masker = of_timestamp.masker();
        for _ in 0..50 {
            let year: i32 = text(&mut masker, given)[..4].parse().unwrap();
            assert!((1971..=2037).contains(&year));
        }
    }
}

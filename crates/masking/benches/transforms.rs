//! How many values a second one core masks, for each transform: `cargo bench -p masking`. A value here is what a row has
//! in one column; the time to read and to write the row is not part of it.

use std::fmt;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use masking::transform::{Locale, Part};
use masking::{Column, ColumnTreatment, Engine, Key, Kind, Masker, Shuffler, Transform};

/// Values that are masked in one go.
const VALUES: usize = 1000;

fn main() {
    divan::main();
}

/// A transform at work on one sort of value; `*` in it is a number that differs from value to value.
struct Case {
    name: &'static str,
    transform: Transform,
    kind: Kind,
    value: &'static str,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name)
    }
}

fn case(name: &'static str, transform: Transform, kind: Kind, value: &'static str) -> Case {
    Case {
        name,
        transform,
        kind,
        value,
    }
}

#[allow(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<Case> {
    let full = |locale| Transform::Name {
        part: Part::Full,
        locale,
    };
    let by = Transform::DateBy {
        shift_days: 30,
        by: "id".to_owned(),
    };
    let json = |path: &str| {
        path.parse()
            .map(|path| vec![(path, Transform::Email)])
            .unwrap_or_default()
    };
    let note = "Called on Monday about order *, will write to anna*@corp.jp or call 090-1234-5678 next week.";
    let plain = "The parcel was left with the neighbours, who were told and will bring it on Monday.";
    vec![
        case("hash", Transform::Hash, Kind::Text, "secret*"),
        case("email", Transform::Email, Kind::Text, "anna.bell*@corp.jp"),
        case(
            "email, keep domain",
            Transform::EmailKeepDomain,
            Kind::Text,
            "anna.bell*@corp.jp",
        ),
        case("name", full(Locale::En), Kind::Text, "Anna Bell*"),
        case("name, ja", full(Locale::Ja), Kind::Text, "山田 花子*"),
        case(
            "company",
            Transform::Company(Locale::En),
            Kind::Text,
            "Acme * Corp",
        ),
        case(
            "address",
            Transform::Address(Locale::En),
            Kind::Text,
            "* Main Street",
        ),
        case(
            "address, ja",
            Transform::Address(Locale::Ja),
            Kind::Text,
            "東京都港区*-2-3",
        ),
        case("city", Transform::City(Locale::En), Kind::Text, "London *"),
        case("postcode", Transform::Postcode, Kind::Text, "SW1A 1A*"),
        case(
            "postcode, ja",
            Transform::PostcodeIn(Locale::Ja),
            Kind::Text,
            "100-0*",
        ),
        case("username", Transform::Username, Kind::Text, "anna*"),
        case("phone", Transform::Phone, Kind::Text, "+81 90-1234-5*"),
        case(
            "date",
            Transform::Date { shift_days: 30 },
            Kind::Timestamp,
            "2020-02-29 12:00:00.*+09",
        ),
        case("date, by", by, Kind::Timestamp, "2020-02-29 12:00:00.*+09"),
        case("birthday", Transform::Birthday, Kind::Date, "1984-02-29"),
        case("ip", Transform::Ip, Kind::Inet, "10.1.2.3"),
        case("ip, v6", Transform::Ip, Kind::Inet, "fe80::*"),
        case("url", Transform::Url, Kind::Text, "https://corp.jp/anna/*"),
        case(
            "uuid",
            Transform::Uuid,
            Kind::Uuid,
            "6ba7b810-9dad-11d1-80b4-00c04fd4*",
        ),
        case("card", Transform::Card, Kind::Text, "4539 1488 0343 *"),
        case("iban", Transform::Iban, Kind::Text, "GB33 BUKB 2020 1555 55*"),
        case("noise", Transform::Noise { percent: 10 }, Kind::Number, "*.50"),
        case("bucket", Transform::Bucket(10), Kind::Integer, "*"),
        case("pattern", Transform::Pattern, Kind::Text, "AB-*/xyz"),
        case("pattern, integer", Transform::Pattern, Kind::Integer, "10*"),
        case("text, drop", Transform::TextDrop, Kind::Text, note),
        case("text, redact, some", Transform::TextRedact, Kind::Text, note),
        case("text, redact, none", Transform::TextRedact, Kind::Text, plain),
        case(
            "json",
            Transform::Json(json("$..email")),
            Kind::Json,
            "{\"id\": *, \"user\": {\"email\": \"a*@b.jp\"}}",
        ),
        case("bytes", Transform::Bytes, Kind::Bytes, "\\xdeadbeef0000"),
        case(
            "vector, random",
            Transform::VectorRandom,
            Kind::Vector,
            "[0.12,-0.5,0.33,0.12,-0.5,0.33,0.12,-0.5]",
        ),
    ]
}

/// Each value draws anew.
#[divan::bench(args = cases())]
fn unlinkable(bencher: Bencher, case: &Case) {
    run(bencher, case, false);
}

/// Each value's output is a function of it, and unique where the transform can.
#[divan::bench(args = cases())]
fn consistent(bencher: Bencher, case: &Case) {
    run(bencher, case, true);
}

/// Rows that change places.
#[divan::bench]
fn shuffle(bencher: Bencher) {
    let mut shuffler = Shuffler::new(&treatment(Transform::Shuffle, false), &Key::new([7; 32]), 0);
    bencher
        .counter(ItemsCount::new(Shuffler::WINDOW))
        .bench_local(|| black_box(shuffler.permutation(Shuffler::WINDOW)));
}

fn treatment(transform: Transform, linked: bool) -> ColumnTreatment {
    ColumnTreatment {
        column: "c".to_owned(),
        apart: linked && transform.keeps_unique(),
        transform,
        group: "g".to_owned(),
        linked,
        fold: false,
        unique: false,
        room: None,
    }
}

fn run(bencher: Bencher, case: &Case, linked: bool) {
    let column = Column {
        name: "c".to_owned(),
        type_name: if case.kind == Kind::Integer { "bigint" } else { "" }.to_owned(),
        kind: case.kind,
        array: false,
        nullable: true,
        max_length: None,
        generated: false,
        labels: Vec::new(),
        case_insensitive: false,
        narrow_charset: false,
    };
    let treatment = treatment(case.transform.clone(), linked);
    let mut masker = Masker::new(&treatment, &column, Engine::Postgres, &Key::new([7; 32]), 0);
    let values: Vec<String> = (0..VALUES)
        .map(|at| case.value.replace('*', &(1000 + at).to_string()))
        .collect();
    let mut out = Vec::with_capacity(1 << 20);
    bencher.counter(ItemsCount::new(VALUES)).bench_local(|| {
        out.clear();
        for value in &values {
            black_box(masker.mask_into(black_box(value.as_bytes()), Some(b"4711"), &mut out));
        }
        black_box(out.len())
    });
}

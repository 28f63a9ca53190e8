//! Properties of every transform, and examples of what they make.

mod examples;
mod kept;
mod unique;

use proptest::prelude::*;

use super::*;
use crate::coverage::ColumnTreatment;
use crate::key::Key;
use crate::schema::Engine;

pub(super) fn column(kind: Kind) -> Column {
    Column {
        name: "c".to_owned(),
        type_name: String::new(),
        kind,
        array: false,
        nullable: true,
        max_length: None,
        generated: false,
        labels: Vec::new(),
        case_insensitive: false,
        narrow_charset: false,
    }
}

/// A column and what happens to it, on the way to a masker.
struct Subject {
    transform: Transform,
    column: Column,
    engine: Engine,
    linked: bool,
    unique: bool,
    fold: bool,
    key: u8,
    part: u64,
}

impl Subject {
    fn new(transform: Transform, kind: Kind) -> Self {
        Self {
            transform,
            column: column(kind),
            engine: Engine::Postgres,
            linked: false,
            unique: false,
            fold: false,
            key: 1,
            part: 0,
        }
    }

    fn linked(self) -> Self {
        Self { linked: true, ..self }
    }

    fn unique(self) -> Self {
        Self { unique: true, ..self }
    }

    /// Of MySQL, in a collation that ignores case and accents.
    fn folded(self) -> Self {
        Self {
            fold: true,
            engine: Engine::Mysql,
            ..self
        }
    }

    fn of_at_most(mut self, limit: usize) -> Self {
        self.column.max_length = Some(limit);
        self
    }

    fn of_type(mut self, name: &str) -> Self {
        name.clone_into(&mut self.column.type_name);
        self
    }

    fn key(self, key: u8) -> Self {
        Self { key, ..self }
    }

    fn masker(&self) -> Masker {
        self.masker_of(&Key::new([self.key; 32]))
    }

    fn masker_of(&self, key: &Key) -> Masker {
        let treatment = ColumnTreatment {
            column: "c".to_owned(),
            transform: self.transform.clone(),
            group: "g".to_owned(),
            linked: self.linked,
            fold: self.fold,
            unique: self.unique,
            apart: self.unique,
            room: self.column.max_length,
        };
        Masker::new(&treatment, &self.column, self.engine, key, self.part)
    }

    /// The masked form of one value by a masker of its own.
    fn mask(&self, value: &str) -> String {
        text(&mut self.masker(), value)
    }
}

fn text(masker: &mut Masker, value: &str) -> String {
    text_by(masker, value, None)
}

fn text_by(masker: &mut Masker, value: &str, by: Option<&str>) -> String {
    let mut out = Vec::new();
    assert!(masker.mask_into(value.as_bytes(), by.map(str::as_bytes), &mut out));
    String::from_utf8(out).unwrap()
}

const LOCALES: [Locale; 6] = [
    Locale::En,
    Locale::Ja,
    Locale::Kana,
    Locale::De,
    Locale::Fr,
    Locale::Es,
];

/// Every transform of text but those that keep it.
fn texts() -> Vec<Transform> {
    let mut all = vec![
        Transform::Hash,
        Transform::Email,
        Transform::EmailKeepDomain,
        Transform::Phone,
        Transform::Postcode,
        Transform::Username,
        Transform::Ip,
        Transform::Url,
        Transform::Uuid,
        Transform::Card,
        Transform::Iban,
        Transform::Pattern,
        Transform::TextDrop,
        Transform::TextRedact,
        Transform::Date { shift_days: 30 },
        Transform::DateBy {
            shift_days: 30,
            by: "id".to_owned(),
        },
        Transform::Birthday,
        Transform::Json(vec![("$..*".parse().unwrap(), Transform::Hash)]),
    ];
    for locale in LOCALES {
        all.extend([
            Transform::Address(locale),
            Transform::City(locale),
            Transform::Company(locale),
            Transform::PostcodeIn(locale),
        ]);
        all.extend([Part::First, Part::Last, Part::Full].map(|part| Transform::Name { part, locale }));
    }
    all
}

/// Every transform with every kind that it fits and whose masked form is not a fixed one.
fn all() -> Vec<(Transform, Kind)> {
    let mut all: Vec<_> = texts()
        .into_iter()
        .map(|transform| (transform, Kind::Text))
        .collect();
    all.extend([
        (Transform::Noise { percent: 10 }, Kind::Integer),
        (Transform::Noise { percent: 100 }, Kind::Number),
        (Transform::Bucket(10), Kind::Integer),
        (Transform::Bucket(7), Kind::Number),
        (Transform::Pattern, Kind::Integer),
        (Transform::Bytes, Kind::Bytes),
        (Transform::TextDrop, Kind::Bytes),
        (Transform::VectorZero, Kind::Vector),
        (Transform::VectorRandom, Kind::Vector),
        (Transform::Ip, Kind::Inet),
        (Transform::Uuid, Kind::Uuid),
        (Transform::Date { shift_days: 30 }, Kind::Date),
        (Transform::Birthday, Kind::Timestamp),
    ]);
    all
}

/// Text of all sorts: emoji, right-to-left, full width, control characters, long and short.
fn anything() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,60}",
        any::<String>(),
        "[0-9０-９ +()-]{0,20}",
        "[a-zA-Zà-ÿぁ-んァ-ヶ一-龥א-תء-ي가-힣😀-🙏]{0,30}",
        "[-+]?[0-9]{1,40}([.][0-9]{0,30})?(e[-+]?[0-9]{1,3})?",
        "[0-9]{4,6}-[01][0-9]-[0-3][0-9]( BC)?",
        "\\{[a-z\",\\\\]{0,20}\\}",
    ]
}

proptest! {
    #[test]
    fn each_takes_any_text_fits_its_length_and_keeps_empty_empty(value in anything(), limit in 36_usize..80, unique: bool, folded: bool, array: bool) {
        for (transform, kind) in all().into_iter().filter(|(transform, _)| *transform != Transform::Bytes) {
            let mut subject = Subject::new(transform.clone(), kind);
            if kind == Kind::Text {
                subject = subject.of_at_most(limit);
            }
            subject.unique = unique;
            subject.column.array = array && subject.transform.fits(Kind::Text) && !matches!(subject.transform, Transform::Json(_));
            if folded {
                subject = subject.folded();
            }
            let mut masker = subject.masker();
            let masked = text(&mut masker, &value);
            if kind == Kind::Text && !subject.column.array && !matches!(transform, Transform::Json(_)) {
                prop_assert!(masked.chars().count() <= limit, "{:?}: {}", &transform, masked);
            }
            prop_assert_eq!(text(&mut masker, ""), "");
        }
    }

    #[test]
    fn each_takes_any_bytes(value in prop::collection::vec(any::<u8>(), 0..80), unique: bool) {
        for (transform, kind) in all() {
            for engine in [Engine::Postgres, Engine::Mysql] {
                let mut subject = Subject::new(transform.clone(), kind);
                subject.engine = engine;
                subject.unique = unique;
                let mut out = b"before".to_vec();
                prop_assert!(subject.masker().mask_into(&value, Some(&value), &mut out));
                prop_assert!(out.starts_with(b"before"));
                if kind != Kind::Bytes {
                    prop_assert!(String::from_utf8(out).is_ok(), "{:?}", transform);
                }
            }
        }
    }

    #[test]
    fn what_is_linked_is_a_function_of_the_value_and_of_the_key(value in "[a-z]{3,20}@[a-z]{8}[.]jp") {
        for transform in [Transform::Hash, Transform::Email, Transform::EmailKeepDomain, Transform::Username, Transform::Url, Transform::Uuid, Transform::Pattern] {
            let one = Subject::new(transform.clone(), Kind::Text).linked();
            let mut masker = one.masker();
            let masked = text(&mut masker, &value);
            prop_assert_eq!(&masked, &text(&mut masker, &value), "{:?}", &transform);
            let elsewhere = Subject { part: 9, ..Subject::new(transform.clone(), Kind::Text).linked() };
            prop_assert_eq!(&masked, &elsewhere.mask(&value), "{:?}", &transform);
            let two = Subject::new(transform.clone(), Kind::Text).linked().key(2).mask(&value);
            prop_assert_ne!(&masked, &two, "{:?}", transform);
            prop_assert!(!masked.contains(value.split('@').next().unwrap()) || value.len() < 16);
        }
    }

    #[test]
    fn what_is_neither_linked_nor_unique_cannot_be_linked(value in "[a-z]{8,20}") {
        for transform in [Transform::Hash, Transform::Email, Transform::Username, Transform::Url, Transform::Uuid, Transform::Pattern] {
            let subject = Subject::new(transform.clone(), Kind::Text);
            let mut masker = subject.masker();
            let (one, two) = (text(&mut masker, &value), text(&mut masker, &value));
            let in_another_part = Subject { part: 1, ..Subject::new(transform.clone(), Kind::Text) }.mask(&value);
            prop_assert!(one != two && one != in_another_part && two != in_another_part, "{:?}", transform);
            // Not even two maskers for the same part draw alike.
            let key = Key::new([3; 32]);
            let [first, second] = [(); 2].map(|()| text(&mut subject.masker_of(&key), &value));
            prop_assert_ne!(first, second);
        }
    }

    #[test]
    fn what_is_spelt_otherwise_is_masked_alike_where_it_compares_alike(value in "[a-zà-öぁ-ん]{1,12}") {
        for transform in [Transform::Hash, Transform::Email, Transform::Username, Transform::Pattern] {
            let subject = Subject::new(transform.clone(), Kind::Text).linked().folded();
            prop_assert_eq!(subject.mask(&value).to_lowercase(), subject.mask(&format!("{}  ", value.to_uppercase())).trim_end().to_lowercase());
        }
    }
}

#[test]
fn null_constant_and_keep_are_what_they_say() {
    let mut out = Vec::new();
    for transform in [Transform::Null, Transform::Shuffle] {
        assert!(
            !Subject::new(transform, Kind::Text)
                .masker()
                .mask_into(b"x", None, &mut out)
        );
        assert!(out.is_empty());
    }
    assert_eq!(
        Subject::new(Transform::Constant("k".to_owned()), Kind::Text).mask("x"),
        "k"
    );
    assert_eq!(
        Subject::new(Transform::Keep { reason: None }, Kind::Text).mask("x"),
        "x"
    );
}

#[test]
fn every_name_of_a_transform_is_one_that_the_rules_know() {
    for (transform, _) in all() {
        assert!(NAMES.contains(&transform.name()), "{}", transform.name());
    }
}

#[test]
fn a_shuffle_gives_every_row_the_value_of_another() {
    let subject = Subject::new(Transform::Shuffle, Kind::Text);
    assert!(subject.masker().shuffles() && !Subject::new(Transform::Hash, Kind::Text).masker().shuffles());
    let treatment = ColumnTreatment {
        column: "c".to_owned(),
        transform: Transform::Shuffle,
        group: "g".to_owned(),
        linked: false,
        fold: false,
        unique: false,
        apart: false,
        room: None,
    };
    let mut shuffler = Shuffler::new(&treatment, &Key::new([1; 32]), 0);
    for rows in [0, 1, 2, 3, 10, 1000] {
        let order = shuffler.permutation(rows);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..rows));
        assert!(rows < 2 || order.iter().enumerate().all(|(row, from)| row != *from));
    }
    assert_ne!(shuffler.permutation(100), shuffler.permutation(100));
}

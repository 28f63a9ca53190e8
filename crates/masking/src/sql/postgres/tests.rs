use super::super::expression as say;
use crate::coverage::{ColumnTreatment, TableTreatment};
use crate::key::Key;
use crate::schema::{Column, Engine, Kind, Table, TableKind, TableName};
use crate::transform::{Locale, Part, Transform};

fn column(name: &str, kind: Kind, type_name: &str) -> Column {
    Column {
        name: name.to_owned(),
        type_name: type_name.to_owned(),
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

fn treatment(column: &str, transform: Transform) -> ColumnTreatment {
    ColumnTreatment {
        column: column.to_owned(),
        transform,
        group: format!("public.people.{column}"),
        linked: false,
        fold: false,
        unique: false,
        apart: false,
        room: None,
    }
}

/// How the transform of a column is said, in a table whose primary key is a whole number.
fn said(column: Column, change: impl FnOnce(&mut ColumnTreatment), transform: Transform) -> Option<String> {
    let mut masked = treatment(&column.name, transform);
    change(&mut masked);
    let id = treatment("id", Transform::Keep { reason: None });
    let name = TableName::new("public", "people");
    let whole = TableTreatment {
        name: name.clone(),
        emptied: false,
        filter: None,
        columns: vec![id, masked.clone()],
    };
    let table = Table {
        name,
        kind: TableKind::Base,
        parent: None,
        columns: vec![self::column("id", Kind::Integer, "integer"), column],
        primary_key: vec!["id".to_owned()],
        uniques: Vec::new(),
        partition_key: Vec::new(),
        rows: 0,
        dependents: Vec::new(),
    };
    say(Engine::Postgres, &table, &whole, &masked, &Key::new([7; 32]))
}

fn every() -> Vec<(Column, Transform)> {
    let text = || column("c", Kind::Text, "text");
    let name = |part, locale| Transform::Name { part, locale };
    vec![
        (text(), Transform::Email),
        (text(), Transform::Username),
        (text(), Transform::Url),
        (text(), Transform::Hash),
        (text(), Transform::Uuid),
        (text(), Transform::Ip),
        (text(), Transform::TextDrop),
        (text(), name(Part::Full, Locale::En)),
        (text(), name(Part::Last, Locale::Ja)),
        (text(), Transform::Company(Locale::De)),
        (text(), Transform::City(Locale::Fr)),
        (text(), Transform::Address(Locale::Es)),
        (
            column("c", Kind::Date, "date"),
            Transform::Date { shift_days: 30 },
        ),
        (
            column("c", Kind::Timestamp, "timestamp with time zone"),
            Transform::Birthday,
        ),
        (
            column("c", Kind::Number, "numeric(8,2)"),
            Transform::Noise { percent: 10 },
        ),
        (
            column("c", Kind::Integer, "bigint"),
            Transform::Noise { percent: 10 },
        ),
        (
            column("c", Kind::Number, "real"),
            Transform::Noise { percent: 10 },
        ),
        (column("c", Kind::Integer, "smallint"), Transform::Bucket(100)),
        (column("c", Kind::Inet, "cidr"), Transform::Ip),
        (column("c", Kind::Uuid, "uuid"), Transform::Uuid),
    ]
}

#[test]
fn what_can_be_said_ends_in_the_columns_own_type_and_hashes_nothing() {
    for (column, transform) in every() {
        let end = format!("::{}", column.type_name);
        let said = said(column, |_| {}, transform.clone()).unwrap_or_else(|| panic!("{}", transform.name()));
        assert!(said.contains(&end), "{said}");
        for costly in ["md5", "sha2", "sha3", "sha5", "hashtext", "digest"] {
            assert!(!said.contains(costly), "{said}");
        }
    }
}

#[test]
fn a_value_of_text_is_never_part_of_the_new_one() {
    for (column, transform) in every()
        .into_iter()
        .filter(|(column, _)| column.kind == Kind::Text)
    {
        let said = said(column, |_| {}, transform).unwrap();
        // It is asked whether there is one, and whether it is of six bytes or four; an empty one stays.
        let rest = said
            .replace("octet_length(\"c\"::text) > 0", "")
            .replace("ELSE \"c\"::text END", "")
            .replace("strpos(\"c\"::text, ':') > 0", "")
            .replace("\"c\" IS NOT NULL", "");
        assert!(!rest.contains("\"c\""), "{said}");
    }
}

#[test]
fn what_must_agree_is_left_to_the_worker_but_for_what_is_the_same_in_every_row() {
    for (column, transform) in every() {
        let constant = transform == Transform::TextDrop;
        let linked = said(column, |masked| masked.linked = true, transform.clone());
        assert!(linked.is_none() || constant, "{}", transform.name());
    }
    let constant = said(
        column("c", Kind::Text, "text"),
        |masked| masked.linked = true,
        Transform::Constant("it's".to_owned()),
    );
    assert_eq!(
        constant.as_deref(),
        Some("CASE WHEN \"c\" IS NOT NULL THEN 'it''s'::text END")
    );
}

#[test]
fn unique_values_come_from_the_primary_key_where_they_have_room() {
    let email = |limit: usize| {
        let mut column = column("c", Kind::Text, "character varying");
        column.max_length = Some(limit);
        said(column, |masked| masked.unique = true, Transform::Email)
    };
    assert!(email(32).is_some_and(|said| said.contains("to_hex(\"id\"::int8)") && !said.contains("random")));
    assert_eq!(email(31), None);
    let name = Transform::Name {
        part: Part::Full,
        locale: Locale::En,
    };
    assert_eq!(
        said(
            column("c", Kind::Text, "text"),
            |masked| masked.unique = true,
            name
        ),
        None
    );
    let date = Transform::Date { shift_days: 3 };
    assert_eq!(
        said(
            column("c", Kind::Date, "date"),
            |masked| masked.unique = true,
            date
        ),
        None
    );
}

#[test]
fn what_needs_the_old_value_or_its_form_is_left_to_the_worker() {
    for transform in [
        Transform::Phone,
        Transform::Postcode,
        Transform::TextRedact,
        Transform::Pattern,
        Transform::Shuffle,
    ] {
        assert_eq!(said(column("c", Kind::Text, "text"), |_| {}, transform), None);
    }
    let mut list = column("c", Kind::Text, "text[]");
    list.array = true;
    assert_eq!(said(list, |_| {}, Transform::Email), None);
}

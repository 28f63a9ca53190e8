//! The table of transforms in `docs/masking.md` is what the transforms make, under a key that is fixed here.

#![allow(clippy::unwrap_used, reason = "helpers of tests: a failure is the test's")]

use masking::transform::{NAMES, Shuffler};
use masking::{Column, Engine, Key, Kind, Masker, Rules, Schema, Table, TableKind, TableName, coverage};

const PAGE: &str = include_str!("../../../docs/masking.md");

/// A row of the page: rule, type, before, after, what it does.
fn rows() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    let lines = PAGE.lines().filter(|line| line.starts_with("| `"));
    lines.map(|line| {
        (
            line,
            line.trim_matches(['|', ' ']).split(" | ").collect::<Vec<_>>(),
        )
    })
}

fn kind(word: &str) -> Kind {
    match word {
        "text" => Kind::Text,
        "date" => Kind::Date,
        "number" => Kind::Integer,
        "json" => Kind::Json,
        "inet" => Kind::Inet,
        "uuid" => Kind::Uuid,
        "bytea" => Kind::Bytes,
        "vector" => Kind::Vector,
        other => panic!("the page speaks of a type `{other}`"),
    }
}

fn column(name: &str, kind: Kind) -> Column {
    Column {
        name: name.to_owned(),
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

/// What the rule makes of the values of a column, one after another; `customer_id` beside them is 42.
fn masked(rule: &str, kind: Kind, values: &[&str]) -> Vec<String> {
    let table = Table {
        name: TableName::new("public", "t"),
        kind: TableKind::Base,
        parent: None,
        columns: vec![column("c", kind), column("customer_id", Kind::Integer)],
        primary_key: Vec::new(),
        uniques: Vec::new(),
        partition_key: Vec::new(),
        rows: 0,
        dependents: Vec::new(),
    };
    let schema = Schema {
        engine: Engine::Postgres,
        tables: vec![table],
        foreign_keys: Vec::new(),
        large_objects: 0,
    };
    let rules =
        Rules::parse("page", &format!("[tables.t]\nc = {rule}\n")).unwrap_or_else(|wrong| panic!("{wrong}"));
    let classified = coverage(&rules, &schema).unwrap_or_else(|refused| panic!("{refused}"));
    let treatment = &classified.tables[0].columns[0];
    let key = Key::new([7; 32]);
    let mut masker = Masker::new(treatment, &schema.tables[0].columns[0], schema.engine, &key, 0);
    if masker.shuffles() {
        let order = Shuffler::new(treatment, &key, 0).permutation(values.len());
        return order.into_iter().map(|from| values[from].to_owned()).collect();
    }
    let mut mask = |value: &&str| {
        let mut out = Vec::new();
        let by = masker.by().map(|_| b"42".as_slice());
        let stays = masker.mask_into(value.as_bytes(), by, &mut out);
        stays.then(|| String::from_utf8(out).unwrap())
    };
    let words = |value: Option<String>| match value {
        None => "NULL".to_owned(),
        Some(value) if value.is_empty() => "(empty)".to_owned(),
        Some(value) => value,
    };
    values.iter().map(|value| words(mask(value))).collect()
}

#[test]
fn every_row_of_the_page_is_what_its_rule_makes() {
    let (mut page, mut made) = (String::new(), String::new());
    for (line, cells) in rows() {
        let [rule, of, before, _, does] = cells[..] else {
            panic!("a row has five cells: {line}");
        };
        let values: Vec<_> = before.trim_matches('`').split(", ").collect();
        // JSON holds commas of its own.
        let values = if of == "json" || of == "vector" {
            vec![before.trim_matches('`')]
        } else {
            values
        };
        let after = masked(rule.trim_matches('`'), kind(of), &values).join(", ");
        page.push_str(&format!("{line}\n"));
        made.push_str(&format!("| {rule} | {of} | {before} | `{after}` | {does} |\n"));
    }
    assert!(page.lines().count() > 30, "the page has its table");
    assert_eq!(page, made, "write this into the page:\n{made}");
}

#[test]
fn the_page_names_every_transform() {
    for name in NAMES {
        let named = rows().any(|(line, _)| line.contains(name));
        assert!(named, "`{name}` is not in the table of the page");
    }
}

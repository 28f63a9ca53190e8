use masking::{Classified, Engine, Key, Rules, coverage};

use super::*;

fn column(name: &str, kind: masking::Kind) -> masking::Column {
    masking::Column {
        name: name.to_owned(),
        type_name: "text".to_owned(),
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

fn masker(form: Form, rules: &str) -> RowMasker {
    let name = masking::TableName::new("public", "people");
    let columns = vec![
        column("id", masking::Kind::Integer),
        column("a", masking::Kind::Text),
        column("b", masking::Kind::Text),
    ];
    let table = masking::Table {
        name: name.clone(),
        kind: masking::TableKind::Base,
        parent: None,
        columns: columns.clone(),
        primary_key: vec!["id".to_owned()],
        uniques: Vec::new(),
        partition_key: Vec::new(),
        rows: 0,
        dependents: Vec::new(),
    };
    let schema = masking::Schema {
        engine: Engine::Postgres,
        tables: vec![table],
        foreign_keys: Vec::new(),
        large_objects: 0,
    };
    let rules = Rules::parse("people.toml", &format!("[tables.people]\n{rules}")).unwrap();
    let classified: Classified = coverage(&rules, &schema).unwrap();
    let key = Key::new([3; 32]);
    let treatment = classified.table(&name).unwrap();
    let fields = columns.iter().map(|column| {
        let masked = treatment.masked().find(|masked| masked.column == column.name);
        Field {
            masker: masked.map(|masked| {
                (
                    Masker::new(masked, column, Engine::Postgres, &key, 0),
                    Shuffler::new(masked, &key, 0),
                )
            }),
            by: None,
            code: Code::Text,
        }
    });
    RowMasker::new(form, fields.collect())
}

fn masked(rules: &str, rows: &[String]) -> Vec<Vec<String>> {
    let (mut masker, mut out) = (masker(Form::Text, rules), Vec::new());
    for row in rows {
        masker.push(format!("{row}\n").as_bytes(), &mut out).unwrap();
    }
    masker.finish(&mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let text: Vec<Vec<String>> = text
        .lines()
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect();
    assert_eq!(masked_in_binary(rules, rows), text, "both forms say the same");
    text
}

/// The same through the binary form, and back.
fn masked_in_binary(rules: &str, rows: &[String]) -> Vec<Vec<String>> {
    let (mut masker, mut out) = (masker(Form::Binary, rules), Vec::new());
    let mut stream = Vec::new();
    Form::Binary.begin(&mut stream);
    for row in rows {
        let fields: Vec<_> = copy::fields(row.as_bytes())
            .map(|field| field.map(|field| unescaped(field, &mut Vec::new()).to_vec()))
            .collect();
        stream.extend((fields.len() as i16).to_be_bytes());
        for field in &fields {
            stream.extend(
                field
                    .as_ref()
                    .map_or(-1, |field| field.len() as i32)
                    .to_be_bytes(),
            );
            stream.extend(field.iter().flatten());
        }
    }
    Form::Binary.end(&mut stream);
    masker.begin(&mut out);
    for chunk in stream.chunks(1000) {
        masker.push(chunk, &mut out).unwrap();
    }
    masker.finish(&mut out).unwrap();
    let (mut back, mut tuples) = (Vec::new(), Tuples::default());
    let read: Result<(), Unreadable> = tuples.push(&out, |fields| {
        let text = fields.iter().map(|field| {
            let mut text = Vec::new();
            match field {
                Some(field) => escape(field, &mut text),
                None => text.extend(b"\\N"),
            }
            String::from_utf8(text).unwrap()
        });
        back.push(text.collect());
        Ok(())
    });
    read.unwrap();
    back
}

#[test]
fn values_change_places_and_null_and_empty_stay_where_they_are() {
    let rows: Vec<_> = (0..20_000)
        .map(|n| match n % 10 {
            0 => format!("{n}\t\\N\tkept {n}"),
            1 => format!("{n}\t\tkept {n}"),
            _ => format!("{n}\tvalue {n}\tkept {n}"),
        })
        .collect();
    let after = masked("a = \"shuffle\"\nb = \"keep\"", &rows);
    assert_eq!(after.len(), rows.len());
    let mut values: Vec<_> = after.iter().map(|row| row[1].clone()).collect();
    for (n, row) in after.iter().enumerate() {
        assert_eq!(
            (row[0].as_str(), row[2].as_str()),
            (n.to_string().as_str(), format!("kept {n}").as_str())
        );
        match n % 10 {
            0 => assert_eq!(row[1], "\\N"),
            1 => assert_eq!(row[1], ""),
            _ => assert_ne!(row[1], format!("value {n}")),
        }
    }
    values.sort();
    values.dedup();
    assert_eq!(values.len(), 16_000 + 2, "each value once, NULL and empty");
}

#[test]
fn a_single_value_among_many_rows_without_one_does_not_stay() {
    for blank in ["\\N", ""] {
        let rows: Vec<_> = (0..40_000)
            .map(|n| match n % 10_000 {
                7 => format!("{n}\tvalue {n}\tkept"),
                _ => format!("{n}\t{blank}\tkept"),
            })
            .collect();
        let after = masked("a = \"shuffle\"\nb = \"keep\"", &rows);
        let values: Vec<_> = after.iter().filter(|row| row[1] != blank).collect();
        assert_eq!(values.len(), 4, "none is lost");
        for row in values {
            assert_ne!(row[1], format!("value {}", row[0]));
        }
    }
}

#[test]
fn a_field_is_masked_as_it_is_and_written_as_copy_wants_it() {
    let after = masked(
        "a = { text = \"redact\" }\nb = \"keep\"",
        &["1\ta\\tb anna@corp.jp\\n\tc\\\\d".to_owned()],
    );
    assert_eq!(after, [["1", "a\\tb [email]\\n", "c\\\\d"]]);
}

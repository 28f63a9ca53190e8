use super::*;
use crate::schema::{Engine, ForeignKey, Unique};
use proptest::prelude::*;

fn column(name: &str, kind: Kind) -> Column {
    Column {
        name: name.to_owned(),
        type_name: String::new(),
        kind,
        array: false,
        nullable: false,
        max_length: Some(60),
        generated: false,
        labels: Vec::new(),
        case_insensitive: false,
        narrow_charset: false,
    }
}

fn table(name: &str, columns: Vec<Column>) -> Table {
    Table {
        name: TableName::new("shop", name),
        kind: TableKind::Base,
        parent: None,
        columns,
        primary_key: Vec::new(),
        uniques: Vec::new(),
        partition_key: Vec::new(),
        rows: 0,
        dependents: Vec::new(),
    }
}

#[test]
fn what_is_suggested_for_personal_numbers_is_accepted_and_changes_them() {
    for kind in [Kind::Integer, Kind::Number] {
        let columns = ["phone", "my_number", "salary", "birth_year", "visits"].map(|name| column(name, kind));
        let schema = Schema {
            engine: Engine::Postgres,
            tables: vec![table("people", columns.to_vec())],
            foreign_keys: Vec::new(),
            large_objects: 0,
        };
        let rules = crate::Rules::parse("suggested.toml", &suggest(&schema, &Sample::new())).unwrap();
        let classified = crate::coverage(&rules, &schema).unwrap();
        let masked: Vec<_> = classified.tables[0]
            .masked()
            .map(|column| column.column.as_str())
            .collect();
        assert_eq!(masked, ["phone", "my_number", "salary", "birth_year"], "{kind:?}");
    }
}

/// A schema with names in two languages, and traps: a name in a unique column, a code that is called `mail`.
fn shop() -> (Schema, Sample) {
    let mut customers = table(
        "customers",
        vec![
            column("id", Kind::Integer),
            column("name", Kind::Text),
            column("lastNameKana", Kind::Text),
            column("電話番号", Kind::Text),
            column("contact", Kind::Text),
            column("birthday", Kind::Date),
            column("created_at", Kind::Timestamp),
            column("extra", Kind::Json),
            column("plan", Kind::Text),
            column("full_name", Kind::Text),
        ],
    );
    customers.uniques.push(Unique {
        name: "u".to_owned(),
        columns: vec!["full_name".to_owned()],
    });
    let tables = vec![
        customers,
        table("user_sessions", vec![column("data", Kind::Text)]),
    ];
    let mut sample = Sample::new();
    let mut of = |column: &str, values: &[&str]| {
        let values = values
            .iter()
            .cycle()
            .take(40)
            .map(|value| (*value).to_owned())
            .collect();
        sample.insert((TableName::new("shop", "customers"), column.to_owned()), values);
    };
    of("name", &["山田 太郎", "佐藤 花子"]);
    of("contact", &["a@corp.jp", "b@corp.jp"]);
    of("plan", &["basic", "pro"]);
    (
        Schema {
            engine: Engine::Mysql,
            tables,
            foreign_keys: Vec::new(),
            large_objects: 0,
        },
        sample,
    )
}

#[test]
fn the_suggestion_gives_reasons_and_covers_its_schema() {
    let (schema, sample) = shop();
    let text = suggest(&schema, &sample);
    let rules = crate::Rules::parse("suggested.toml", &text).unwrap();
    crate::coverage(&rules, &schema).unwrap();
    assert!(!text.contains("corp.jp") && !text.contains("山田"), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn numbers_with_check_digits_are_known_by_them_whatever_the_column_is_called() {
    let number = |values: &[&str]| {
        let schema = Schema {
            engine: Engine::Postgres,
            tables: vec![table("t", vec![column("c", Kind::Text)])],
            foreign_keys: Vec::new(),
            large_objects: 0,
        };
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let sample = Sample::from([((TableName::new("shop", "t"), "c".to_owned()), values)]);
        let text = suggest(&schema, &sample);
        text.lines().last().unwrap().to_owned()
    };
    let cards = number(&["4242424242424242", "5555-5555-5555-4444", "378282246310005"]);
    assert!(cards.contains("high: the values are card numbers"), "{cards}");
    let ibans = number(&["DE89370400440532013000", "GB29 NWBK 6016 1331 9268 19"]);
    assert!(ibans.contains("high: the values are IBANs"), "{ibans}");
    let people = number(&["123456789018", "1234-5678-9018"]);
    assert!(
        people.contains("high: the values are Japanese individual numbers"),
        "{people}"
    );
    let orders = number(&["123456789017", "223456789012", "323456789011"]);
    assert!(!orders.contains("individual"), "{orders}");
}

#[test]
fn work_in_flight_and_sessions_are_left_out_unless_something_refers_to_them() {
    let names = [
        "delayed_jobs",
        "good_jobs",
        "solid_queue_jobs",
        "oban_jobs",
        "celery_taskmeta",
        "django_session",
        "ar_internal_metadata",
        "oauth_access_tokens",
        "password_resets",
        "event_outbox",
        "webhook_deliveries",
        "user_sessions",
        "jobs",
        "training_sessions",
        "tokens",
    ];
    let mut schema = Schema {
        engine: Engine::Postgres,
        tables: names
            .iter()
            .map(|name| table(name, vec![column("x", Kind::Text)]))
            .collect(),
        foreign_keys: Vec::new(),
        large_objects: 0,
    };
    schema
        .tables
        .push(table("grants", vec![column("token_x", Kind::Text)]));
    schema.foreign_keys.push(ForeignKey {
        name: "fk".to_owned(),
        table: TableName::new("shop", "grants"),
        columns: vec!["token_x".to_owned()],
        to: TableName::new("shop", "tokens"),
        to_columns: vec!["x".to_owned()],
    });
    let emptied = transient::tables(&schema);
    let left: Vec<_> = names
        .iter()
        .filter(|name| !emptied.contains_key(&TableName::new("shop", **name)))
        .collect();
    assert_eq!(left, [&"jobs", &"training_sessions", &"tokens"]);
}

#[test]
fn columns_that_refer_to_a_masked_one_say_that_they_are_the_same() {
    let mut schema = Schema {
        engine: Engine::Postgres,
        tables: vec![
            table("customers", vec![column("email", Kind::Text)]),
            table("orders", vec![column("customer", Kind::Text)]),
        ],
        foreign_keys: Vec::new(),
        large_objects: 0,
    };
    schema.foreign_keys.push(ForeignKey {
        name: "fk".to_owned(),
        table: TableName::new("shop", "orders"),
        columns: vec!["customer".to_owned()],
        to: TableName::new("shop", "customers"),
        to_columns: vec!["email".to_owned()],
    });
    let text = suggest(&schema, &Sample::new());
    for line in [
        "email = { mask = \"email\", same = \"customers.email\" }  # [] medium: by its name",
        "customer = { mask = \"email\", same = \"customers.email\" }  # [] medium: follows shop.customers.email: by its name",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn the_type_is_read_back_from_a_line() {
    for type_name in ["text", "varchar(60)", "character varying(3)[]", "enum('a','b')"] {
        let mut column = column("odd # name", Kind::Text);
        column.type_name = type_name.to_owned();
        let line = line(
            &column,
            &Proposal::new("\"email\"", Confidence::Low, "a reason [sic]"),
        );
        assert_eq!(noted_type(line.trim_end()), Some(type_name), "{line}");
    }
    assert_eq!(noted_type("email = \"email\"  # by hand"), None);
}

/// Orders that name their customer's token, in a schema each.
fn tokens(unique: usize, referring: usize) -> Schema {
    let token = |length| Column {
        max_length: Some(length),
        ..column("token", Kind::Text)
    };
    let mut customers = table("customers", vec![token(unique)]);
    customers.uniques.push(Unique {
        name: "u".to_owned(),
        columns: vec!["token".to_owned()],
    });
    let orders = table("orders", vec![token(referring)]);
    let key = ForeignKey {
        name: "fk".to_owned(),
        table: orders.name.clone(),
        columns: vec!["token".to_owned()],
        to: customers.name.clone(),
        to_columns: vec!["token".to_owned()],
    };
    Schema {
        engine: Engine::Postgres,
        tables: vec![customers, orders],
        foreign_keys: vec![key],
        large_objects: 0,
    }
}

#[rstest::rstest]
#[case::room_for_both(60, 60, "hash")]
#[case::no_room_in_what_refers(60, 10, "pattern")]
#[case::no_room_at_all(10, 10, "pattern")]
fn what_refers_to_a_unique_column_has_room_for_what_is_suggested_for_both(
    #[case] unique: usize,
    #[case] referring: usize,
    #[case] transform: &str,
) {
    let schema = tokens(unique, referring);
    let text = suggest(&schema, &Sample::new());
    let line = format!("token = {{ mask = \"{transform}\", same = \"customers.token\" }}");
    assert_eq!(text.matches(&line).count(), 2, "{text}");
    let rules = crate::Rules::parse("suggested.toml", &text).unwrap();
    let covered = crate::coverage(&rules, &schema);
    assert!(covered.is_ok(), "{}\n{text}", covered.unwrap_err());
}

#[test]
fn a_child_is_given_rules_for_the_columns_that_its_parent_has_not() {
    let mut schema = tokens(60, 60);
    let child = Table {
        name: TableName::new("shop", "customers_abroad"),
        parent: Some(schema.tables[0].name.clone()),
        columns: vec![schema.tables[0].columns[0].clone(), column("email", Kind::Text)],
        ..schema.tables[0].clone()
    };
    schema.tables.push(child);
    let text = suggest(&schema, &Sample::new());
    let (_, section) = text.split_once("[tables.\"shop.customers_abroad\"]\n").unwrap();
    assert!(
        section.starts_with("email = \"email\"") && !section.contains("token"),
        "{text}"
    );
    let rules = crate::Rules::parse("suggested.toml", &text).unwrap();
    assert!(crate::coverage(&rules, &schema).is_ok(), "{text}");
}

#[test]
fn tables_of_one_name_in_two_schemas_are_not_one_group() {
    let mut schema = tokens(60, 60);
    let mut elsewhere = tokens(60, 60);
    for table in &mut elsewhere.tables {
        table.name.schema = "elsewhere".to_owned();
    }
    for key in &mut elsewhere.foreign_keys {
        (key.table.schema, key.to.schema) = ("elsewhere".to_owned(), "elsewhere".to_owned());
    }
    schema.tables.extend(elsewhere.tables);
    schema.foreign_keys.extend(elsewhere.foreign_keys);
    let text = suggest(&schema, &Sample::new());
    for group in ["shop.customers.token", "elsewhere.customers.token"] {
        assert_eq!(text.matches(&format!("same = \"{group}\"")).count(), 2, "{text}");
    }
}

fn any_column() -> impl Strategy<Value = Column> {
    let name = prop::sample::select(vec![
        "email",
        "name",
        "phone",
        "born",
        "note",
        "card_number",
        "iban",
        "my_number",
        "住所",
        "kana",
        "ip",
        "x",
        "rows",
        "salary",
        "token",
        "url",
        "odd \"name\"",
    ]);
    let kind = prop::sample::select(vec![
        Kind::Text,
        Kind::Integer,
        Kind::Number,
        Kind::Bool,
        Kind::Enum,
        Kind::Date,
        Kind::Timestamp,
        Kind::Time,
        Kind::Json,
        Kind::Uuid,
        Kind::Inet,
        Kind::Bytes,
        Kind::TsVector,
        Kind::Other,
    ]);
    let length = prop::option::of(1..40_usize);
    (name, kind, length, any::<[bool; 4]>()).prop_map(
        |(name, kind, length, [array, nullable, generated, narrow])| Column {
            array,
            nullable,
            generated,
            narrow_charset: narrow,
            max_length: length,
            ..column(name, kind)
        },
    )
}

/// Tables with keys, unique columns, partitions and references among them.
fn any_schema() -> impl Strategy<Value = Schema> {
    let tables = prop::collection::vec(
        (prop::collection::vec(any_column(), 1..6), any::<[bool; 2]>()),
        1..5,
    );
    let keys = prop::collection::vec(any::<[prop::sample::Index; 4]>(), 0..5);
    (tables, keys, any::<bool>()).prop_map(|(tables, keys, postgres)| {
        let names = ["users", "odd \"orders\"\n", "user_sessions", "good_jobs", "log"];
        let mut tables: Vec<_> = tables
            .into_iter()
            .zip(names)
            .map(|((mut columns, [unique, partitioned]), name)| {
                let mut seen = Vec::new();
                columns.retain(|column| {
                    !seen.contains(&column.name) && {
                        seen.push(column.name.clone());
                        true
                    }
                });
                let mut table = table(name, columns);
                let first = vec![table.columns[0].name.clone()];
                if unique {
                    table.uniques.push(Unique {
                        name: "u".to_owned(),
                        columns: first.clone(),
                    });
                }
                if partitioned && postgres {
                    table.kind = TableKind::Partitioned;
                    table.partition_key = first;
                }
                table
            })
            .collect();
        let partitions: Vec<_> = tables
            .iter()
            .filter(|table| table.kind == TableKind::Partitioned)
            .map(|table| Table {
                name: TableName::new("shop", format!("{}_1", table.name.table)),
                kind: TableKind::Base,
                parent: Some(table.name.clone()),
                ..table.clone()
            })
            .collect();
        let foreign_keys = keys
            .into_iter()
            .filter_map(|[from, column, to, target]| {
                let (from, to) = (from.get(&tables), to.get(&tables));
                let (column, target) = (column.get(&from.columns), target.get(&to.columns));
                // A reference joins columns of one type.
                (column.kind == target.kind && column.array == target.array).then(|| ForeignKey {
                    name: "fk".to_owned(),
                    table: from.name.clone(),
                    columns: vec![column.name.clone()],
                    to: to.name.clone(),
                    to_columns: vec![target.name.clone()],
                })
            })
            .collect();
        tables.extend(partitions);
        Schema {
            engine: if postgres { Engine::Postgres } else { Engine::Mysql },
            tables,
            foreign_keys,
            large_objects: 1,
        }
    })
}

proptest! {
    #[test]
    fn what_is_suggested_is_always_accepted(schema in any_schema(), values in prop::collection::vec("[a-z0-9@. ]{0,20}", 0..30)) {
        let sample: Sample = schema
            .tables
            .iter()
            .flat_map(|table| table.columns.iter().map(|column| (table.name.clone(), column.name.clone())))
            .map(|place| (place, values.clone()))
            .collect();
        let text = suggest(&schema, &sample);
        let rules = crate::Rules::parse("suggested.toml", &text).unwrap_or_else(|wrong| panic!("{wrong}\n{text}"));
        let covered = crate::coverage(&rules, &schema);
        prop_assert!(covered.is_ok(), "{}\n{text}", covered.unwrap_err());
    }
}

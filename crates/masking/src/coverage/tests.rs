use super::*;
use crate::schema::{Column, Engine, ForeignKey, Kind, Unique};

pub(super) fn column(name: &str, kind: Kind) -> Column {
    Column {
        name: name.to_owned(),
        type_name: format!("{kind:?}").to_lowercase(),
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

pub(super) fn table(name: &str, columns: Vec<Column>) -> Table {
    Table {
        name: TableName::new("public", name),
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

pub(super) fn schema(tables: Vec<Table>) -> Schema {
    Schema {
        engine: Engine::Postgres,
        tables,
        foreign_keys: Vec::new(),
        large_objects: 0,
    }
}

pub(super) fn refusal(rules: &str, schema: &Schema) -> String {
    coverage(&Rules::parse("shop.toml", rules).unwrap(), schema)
        .unwrap_err()
        .to_string()
}

#[test]
fn numbers_that_speak_of_somebody_by_their_name_must_be_named_and_the_others_need_not() {
    let personal = [
        "phone",
        "mobileTel",
        "card_no",
        "my_number",
        "national_id",
        "account_number",
        "salary",
        "birth_year",
        "zip",
        "郵便番号",
        "latitude",
    ];
    let others = [
        "id",
        "phone_id",
        "phone_count",
        "card_type",
        "zip_status",
        "amount",
        "quantity",
        "account_id",
    ];
    for kind in [Kind::Integer, Kind::Number] {
        let columns = personal
            .iter()
            .chain(&others)
            .map(|name| column(name, kind))
            .collect();
        let refused = coverage(
            &Rules::parse("shop.toml", "").unwrap(),
            &schema(vec![table("people", columns)]),
        );
        let unclassified = refused.unwrap_err().unclassified;
        let names: Vec<_> = unclassified.iter().map(|found| found.column.as_str()).collect();
        assert_eq!(names, personal, "{kind:?}");
    }
}

#[test]
fn every_kind_that_could_hold_personal_data_must_be_named_and_the_others_need_not() {
    let kinds = [
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
        Kind::Vector,
        Kind::Hstore,
        Kind::Range,
        Kind::Xml,
        Kind::Other,
    ];
    let mut columns: Vec<_> = kinds
        .iter()
        .map(|kind| column(&format!("{kind:?}").to_lowercase(), *kind))
        .collect();
    columns.push(Column {
        array: true,
        ..column("numbers", Kind::Integer)
    });
    columns.push(Column {
        generated: true,
        ..column("computed", Kind::Text)
    });
    let schema = schema(vec![table("all", columns)]);
    let refused = coverage(&Rules::parse("shop.toml", "").unwrap(), &schema).unwrap_err();
    let named: Vec<_> = refused
        .unclassified
        .iter()
        .map(|column| column.column.as_str())
        .collect();
    assert_eq!(
        named,
        [
            "text",
            "date",
            "timestamp",
            "time",
            "json",
            "inet",
            "bytes",
            "tsvector",
            "vector",
            "hstore",
            "range",
            "xml",
            "other",
            "numbers"
        ]
    );
    // The lines that are proposed are accepted as they stand.
    let rules = Rules::parse("shop.toml", &refused.lines_to_add()).unwrap();
    assert!(coverage(&rules, &schema).is_ok());
}

#[test]
fn rules_that_cannot_be_carried_out_are_refused_with_what_is_right() {
    let mut people = table(
        "people",
        vec![
            Column {
                nullable: false,
                ..column("email", Kind::Text)
            },
            Column {
                max_length: Some(10),
                ..column("short", Kind::Text)
            },
            column("born", Kind::Date),
            Column {
                generated: true,
                ..column("search", Kind::TsVector)
            },
            Column {
                labels: vec!["a".to_owned()],
                ..column("state", Kind::Enum)
            },
            Column {
                narrow_charset: true,
                ..column("latin", Kind::Text)
            },
            column("day", Kind::Date),
        ],
    );
    people.uniques.push(Unique {
        name: "u".to_owned(),
        columns: vec!["email".to_owned()],
    });
    people.partition_key.push("day".to_owned());
    let rules = r#"
[tables.people]
email = "name"
short = "email"
born = "ip"
search = { text = "drop" }
state = { constant = "b" }
latin = { name = "full", locale = "ja" }
day = "date"
emial = "keep"
[tables.persons]
x = "keep"
[tables.peopel]
x = "keep"
"#;
    insta::assert_snapshot!(refusal(rules, &schema(vec![people.clone()])));
    let message = refusal(
        "[tables.people]\nemail = \"null\"\nshort = \"keep\"\nborn = \"keep\"\nlatin = \"keep\"\nday = \"keep\"",
        &schema(vec![people]),
    );
    assert!(
        message.contains("shop.toml:2: `public.people.email` (text) is NOT NULL"),
        "{message}"
    );
}

#[test]
fn columns_that_refer_to_each_other_must_be_masked_alike_and_share_a_group() {
    let mut schema = schema(vec![
        table("a", vec![column("email", Kind::Text)]),
        table("b", vec![column("mail", Kind::Text)]),
    ]);
    schema.foreign_keys.push(ForeignKey {
        name: "fk".to_owned(),
        table: TableName::new("public", "b"),
        columns: vec!["mail".to_owned()],
        to: TableName::new("public", "a"),
        to_columns: vec!["email".to_owned()],
    });
    let message = refusal(
        "[tables.a]\nemail = \"email\"\n[tables.b]\nmail = \"keep\"",
        &schema,
    );
    assert!(
        message.contains(
            "shop.toml:4: `public.b.mail` refers to `public.a.email` (fk), so both must be masked alike"
        ),
        "{message}"
    );
    let rules = Rules::parse("shop.toml", "\"*.*mail\" = \"email\"").unwrap();
    let classified = coverage(&rules, &schema).unwrap();
    assert_eq!(
        classified.tables[0].columns[0].group,
        classified.tables[1].columns[0].group
    );
}

#[test]
fn a_partition_follows_its_parents_rules_and_emptying_a_table_that_is_referred_to_is_refused() {
    let parent = Table {
        kind: TableKind::Partitioned,
        ..table("orders", vec![column("note", Kind::Text)])
    };
    let child = Table {
        parent: Some(parent.name.clone()),
        ..table("orders_1", vec![column("note", Kind::Text)])
    };
    let mut schema = schema(vec![
        parent,
        child,
        table("log", vec![column("id", Kind::Integer)]),
    ]);
    let rules = Rules::parse("shop.toml", "[tables.orders]\nnote = \"text\"").unwrap();
    let classified = coverage(&rules, &schema).unwrap();
    assert_eq!(
        classified
            .table(&TableName::new("public", "orders_1"))
            .unwrap()
            .masked()
            .count(),
        1
    );
    assert!(classified.table(&TableName::new("public", "orders")).is_none());
    schema.foreign_keys.push(ForeignKey {
        name: "fk".to_owned(),
        table: TableName::new("public", "log"),
        columns: vec!["id".to_owned()],
        to: TableName::new("public", "orders"),
        to_columns: vec!["id".to_owned()],
    });
    let message = refusal("[tables.orders]\nrows = \"none\"", &schema);
    assert!(
        message.contains("cannot be emptied: `public.log` refers to it"),
        "{message}"
    );
}

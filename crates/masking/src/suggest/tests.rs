use super::*;
use crate::schema::Unique;

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

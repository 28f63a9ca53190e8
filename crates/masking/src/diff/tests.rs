use super::*;
use crate::schema::{Engine, Kind};
use crate::suggest;

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

fn table(name: &str, columns: Vec<Column>) -> Table {
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

fn schema() -> Schema {
    let customers = vec![
        column("id", Kind::Integer, "bigint"),
        column("email", Kind::Text, "character varying(80)"),
        column("born", Kind::Date, "date"),
        column("tags", Kind::Text, "text"),
        column("created_at", Kind::Timestamp, "timestamp with time zone"),
    ];
    Schema {
        engine: Engine::Postgres,
        tables: vec![
            table("customers", customers),
            table("user_sessions", vec![column("data", Kind::Text, "text")]),
        ],
        foreign_keys: Vec::new(),
        large_objects: 0,
    }
}

#[test]
fn rules_just_suggested_do_not_differ_from_their_schema() {
    let schema = schema();
    let rules = Rules::parse("shop.toml", &suggest(&schema, &Sample::new())).unwrap();
    let difference = diff(&rules, &schema, &Sample::new());
    assert!(difference.is_none(), "{difference}");
    assert_eq!(difference.to_string(), "the rules and the database agree\n");
}

#[test]
fn what_came_what_went_and_what_changed_is_told_with_its_line() {
    let before = schema();
    let text = format!(
        "\"*.*_at\" = \"keep\"\n\"*.*_name\" = {{ keep = \"names of things\" }}\n\"*.legacy\" = \"null\"\n{}",
        suggest(&before, &Sample::new())
    );
    let rules = Rules::parse("shop.toml", &text).unwrap();
    let mut after = before;
    let customers = &mut after.tables[0].columns;
    customers.retain(|column| column.name != "tags");
    customers[1].type_name = "text".to_owned();
    customers[2] = column("born", Kind::Integer, "integer");
    customers.push(column("nickname", Kind::Text, "text"));
    customers.push(column("birthday_at", Kind::Date, "date"));
    customers.push(column("product_name", Kind::Text, "text"));
    after.tables.push(table(
        "patients",
        vec![
            column("phone", Kind::Text, "text"),
            column("seen_at", Kind::Date, "date"),
        ],
    ));
    insta::assert_snapshot!(diff(&rules, &after, &Sample::new()).to_string());
}

#[test]
fn the_lines_to_add_make_the_rules_whole() {
    let mut schema = schema();
    schema.tables[0].kind = TableKind::Partitioned;
    let mut partition = schema.tables[0].clone();
    partition.kind = TableKind::Base;
    partition.name = TableName::new("public", "customers_1");
    partition.parent = Some(schema.tables[0].name.clone());
    schema.tables.push(partition);
    let rules = Rules::parse("shop.toml", "").unwrap();
    let lines = diff(&rules, &schema, &Sample::new()).lines_to_add();
    assert_eq!(
        lines.matches("email = ").count(),
        1,
        "a partition follows its table: {lines}"
    );
    assert!(
        diff(
            &Rules::parse("shop.toml", &lines).unwrap(),
            &schema,
            &Sample::new()
        )
        .is_none()
    );
}

#[test]
fn a_pattern_that_keeps_what_the_values_say_is_personal_is_doubted() {
    let mut schema = schema();
    schema.tables[0]
        .columns
        .push(column("shop_name", Kind::Text, "text"));
    let place = (TableName::new("public", "customers"), "shop_name".to_owned());
    let sample = Sample::from([(
        place,
        vec!["a@corp.example".to_owned(), "b@corp.example".to_owned()],
    )]);
    let text = "\"*.*\" = \"keep\"\n\"*.*_name\" = { keep = \"names of things\" }";
    let rules = Rules::parse("shop.toml", text).unwrap();
    let difference = diff(&rules, &schema, &sample);
    let doubted: Vec<_> = difference
        .doubtful
        .iter()
        .map(|doubtful| (doubtful.column.as_str(), doubtful.at_line))
        .collect();
    assert_eq!(doubted, [("email", 1), ("born", 1), ("shop_name", 2)]);
}

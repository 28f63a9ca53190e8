use super::*;
use crate::schema::TableKind;

fn table(name: &str) -> Table {
    Table {
        name: TableName::new("sales", name),
        kind: TableKind::Base,
        parent: None,
        columns: Vec::new(),
        primary_key: Vec::new(),
        uniques: Vec::new(),
        partition_key: Vec::new(),
        rows: 0,
        dependents: Vec::new(),
    }
}

fn rule(rules: &Rules, name: &str, column: &str) -> Option<&'static str> {
    rules.rule(&table(name), column).map(|rule| rule.transform.name())
}

#[test]
fn the_most_exact_rule_wins() {
    let rules = Rules::parse(
        "shop.toml",
        r#"
        "*.email" = "email"
        "*" = "keep"
        "log*.email" = "hash"
        "sales.people.email" = "null"
        [tables.customers]
        email = "username"
        [tables."sales.customers"]
        email = { constant = "x" }
        "#,
    );
    assert!(rules.is_err(), "a pattern without a dot is refused");
    let rules = Rules::parse(
        "shop.toml",
        r#"
        "*.*" = "keep"
        "*.email" = "email"
        "log*.email" = "hash"
        "sales.people.email" = "null"
        [tables.customers]
        email = "username"
        phone = "phone"
        [tables."sales.customers"]
        email = { constant = "x" }
        "#,
    )
    .unwrap();
    assert_eq!(rule(&rules, "orders", "email"), Some("email"));
    assert_eq!(rule(&rules, "orders", "note"), Some("keep"));
    assert_eq!(rule(&rules, "logins", "email"), Some("hash"));
    assert_eq!(rule(&rules, "people", "email"), Some("null"));
    assert_eq!(rule(&rules, "customers", "email"), Some("constant"));
    assert_eq!(rule(&rules, "customers", "phone"), Some("phone"));
}

#[test]
fn every_mistake_is_told_with_its_line_and_what_is_right() {
    let text = r#"
"*.email" = "emial"
emails = "email"
"*.born" = { date = { shift_days = 0 } }

[tables.customers]
rows = 3
name = { name = "middle" }
notes = { text = "drop", hash = {} }
profile = { json = { "user.email" = "email" } }
code = "constant"
[tables.sales.customers]
email = "email"
"#;
    let InvalidRules(problems) = Rules::parse("shop.toml", text).unwrap_err();
    let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn broken_toml_is_told_with_its_line() {
    let error = Rules::parse("shop.toml", "\n\"*.email\" = email\n").unwrap_err();
    assert!(error.to_string().contains("shop.toml:2: no TOML"), "{error}");
}

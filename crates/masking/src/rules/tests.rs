use super::*;
use crate::schema::TableKind;
use crate::transform::{Locale, Part};

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

#[test]
fn every_transform_is_read_with_its_options() {
    let right = [
        ("{ email = { keep = \"domain\" } }", Transform::EmailKeepDomain),
        ("{ email = {} }", Transform::Email),
        ("{ date = { shift_days = 3 } }", Transform::Date { shift_days: 3 }),
        (
            "{ date = { shift_days = 3, by = \"customer_id\" }, same = \"customer\" }",
            Transform::DateBy {
                shift_days: 3,
                by: "customer_id".to_owned(),
            },
        ),
        ("{ bucket = 10 }", Transform::Bucket(10)),
        ("\"shuffle\"", Transform::Shuffle),
        ("\"pattern\"", Transform::Pattern),
        ("\"credit_card\"", Transform::Card),
        ("\"iban\"", Transform::Iban),
        ("\"birthday\"", Transform::Birthday),
        ("\"vector\"", Transform::VectorZero),
        ("{ vector = \"random\" }", Transform::VectorRandom),
        (
            "{ mask = \"postcode\", locale = \"ja\" }",
            Transform::PostcodeIn(Locale::Ja),
        ),
        (
            "{ mask = \"city\", locale = \"es\" }",
            Transform::City(Locale::Es),
        ),
        (
            "{ name = \"last\", locale = \"de\" }",
            Transform::Name {
                part: Part::Last,
                locale: Locale::De,
            },
        ),
    ];
    for (written, transform) in right {
        let rules = Rules::parse("shop.toml", &format!("\"*.x\" = {written}")).unwrap();
        assert_eq!(
            rules.rule(&table("t"), "x").unwrap().transform,
            transform,
            "{written}"
        );
    }
    let wrong = [
        "{ email = { keep = \"all\" } }",
        "{ email = \"domain\" }",
        "{ date = { by = \"customer_id\" } }",
        "{ date = { shift_days = 3, by = 4 } }",
        "{ date = { shift_days = 3, buy = \"x\" } }",
        "{ bucket = 0 }",
        "\"bucket\"",
        "{ bucket = \"ten\" }",
        "{ vector = \"one\" }",
        "{ mask = \"email\", locale = \"ja\" }",
        "{ mask = \"city\", locale = \"it\" }",
        "{ json = { \"$.a\" = \"shuffle\" } }",
    ];
    let told: Vec<_> = wrong
        .iter()
        .map(|written| Rules::parse("shop.toml", &format!("\"*.x\" = {written}")).unwrap_err())
        .flat_map(|InvalidRules(problems)| problems)
        .map(|problem| problem.to_string())
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_secret_in_the_schema_can_be_accepted_by_name_and_with_a_reason() {
    let rules = Rules::parse(
        "r.toml",
        "[accept]\n\"function public.notify(text)\" = \"a test key\"\n",
    )
    .unwrap();
    assert_eq!(rules.accept["function public.notify(text)"], "a test key");
    let wrong = Rules::parse("r.toml", "[accept]\n\"view a.b\" = true\n").unwrap_err();
    assert!(wrong.to_string().contains("each with a reason"), "{wrong}");
}

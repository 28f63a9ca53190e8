//! Whether both ends of a foreign key give one value the same masked form. They share transform, group, room and key; what
//! is left are their types and how they compare.

use super::references::find;
use super::{ColumnTreatment, TableTreatment};
use crate::rules::{Problem, Rules};
use crate::schema::{Column, Engine, ForeignKey, Kind, Schema, TableName};
use crate::transform::Transform;

/// Columns that refer to each other and are masked by one transform, but would not come out alike, because they are not
/// of one type or do not compare alike: the transform's outcome depends on it. What this lets pass keeps every reference.
pub(super) fn uneven_keys(
    rules: &Rules,
    schema: &Schema,
    tables: &[TableTreatment],
    problems: &mut Vec<Problem>,
) {
    for key in &schema.foreign_keys {
        for (from, to) in key.columns.iter().zip(&key.to_columns) {
            let (Some(a), Some(b)) = (
                End::find(schema, tables, &key.table, from),
                End::find(schema, tables, &key.to, to),
            ) else {
                continue;
            };
            let says_nothing_of_the_value = matches!(
                a.treatment.transform,
                Transform::Keep { .. } | Transform::Null | Transform::Constant(_)
            );
            // Where the rules say two things of them, or one side is emptied, there is nothing to agree on.
            let one_rule = a.treatment.linked && a.treatment.transform == b.treatment.transform;
            if says_nothing_of_the_value || !one_rule {
                continue;
            }
            let Some(why) = uneven(schema.engine, key, &a, &b) else {
                continue;
            };
            let message = format!(
                "`{}.{from}` refers to `{}.{to}` ({}), and `{}` would not give both the same value: {why}; `keep` both",
                key.table,
                key.to,
                key.name,
                a.treatment.transform.name()
            );
            let rule = schema.table(&key.table).and_then(|table| rules.rule(table, from));
            let span = rule.map(|rule| rule.span.clone()).unwrap_or_default();
            problems.push(rules.source.problem(&span, message));
        }
    }
}

/// One end of a reference.
struct End<'a> {
    column: &'a Column,
    treatment: &'a ColumnTreatment,
}

impl<'a> End<'a> {
    fn find(
        schema: &'a Schema,
        tables: &'a [TableTreatment],
        name: &TableName,
        column: &str,
    ) -> Option<Self> {
        Some(Self {
            column: schema.table(name)?.column(column)?,
            treatment: find(schema, tables, name, column)?,
        })
    }
}

/// Why a value that both ends hold would come out of them unlike.
fn uneven(engine: Engine, key: &ForeignKey, a: &End<'_>, b: &End<'_>) -> Option<String> {
    let types = format!("they are {} and {}", a.column.type_name, b.column.type_name);
    let (one, other) = (a.column, b.column);
    if (one.kind, one.array) != (other.kind, other.array) {
        return Some(types);
    }
    let spelt_alike = match one.kind {
        // PostgreSQL pads `char(n)`, and blanks at its end do not count; MySQL's never do.
        Kind::Text => engine == Engine::Mysql || is_padded(one) == is_padded(other),
        // What MySQL writes behind an integer is how wide it is shown.
        Kind::Integer => without_length(&one.type_name) == without_length(&other.type_name),
        Kind::Bytes => true,
        _ => one.type_name.eq_ignore_ascii_case(&other.type_name),
    };
    if !spelt_alike {
        return Some(types);
    }
    if a.treatment.fold != b.treatment.fold {
        return Some("case counts in one of them only".to_owned());
    }
    let (Some(a_by), Some(b_by)) = (a.treatment.transform.by(), b.treatment.transform.by()) else {
        return None;
    };
    let together = key
        .columns
        .iter()
        .zip(&key.to_columns)
        .any(|(from, to)| from == a_by && to == b_by);
    (!together).then(|| format!("they move with `{a_by}`, which is no part of the key"))
}

fn is_padded(column: &Column) -> bool {
    column.type_name.starts_with("character(") || column.type_name.starts_with("char(")
}

/// `int(11) unsigned` without its length, in lower case.
fn without_length(type_name: &str) -> String {
    let lower = type_name.to_ascii_lowercase();
    match (lower.split_once('('), lower.split_once(')')) {
        (Some((head, _)), Some((_, tail))) => format!("{head}{tail}"),
        _ => lower,
    }
}

#[cfg(test)]
mod tests {
    use super::super::coverage;
    use super::super::tests::{column, refusal, schema, table};
    use crate::key::Key;
    use crate::rules::Rules;
    use crate::schema::{Column, Engine, ForeignKey, Kind, Schema, TableName, Unique};
    use crate::transform::Masker;
    use proptest::prelude::*;

    fn typed(name: &str, kind: Kind, type_name: &str) -> Column {
        Column {
            type_name: type_name.to_owned(),
            ..column(name, kind)
        }
    }

    /// Children whose `code`, and whatever more columns are given, refers to that of their parents.
    fn family(child: Vec<Column>, parent: Vec<Column>, key: &[&str]) -> Schema {
        let names = || key.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let mut parents = table("parents", parent);
        parents.uniques.push(Unique {
            name: "parents_key".to_owned(),
            columns: names(),
        });
        let mut schema = schema(vec![table("children", child), parents]);
        schema.foreign_keys.push(ForeignKey {
            name: "fk".to_owned(),
            table: TableName::new("public", "children"),
            columns: names(),
            to: TableName::new("public", "parents"),
            to_columns: names(),
        });
        schema
    }

    fn pair(kind: Kind, child: &str, parent: &str) -> Schema {
        family(
            vec![typed("code", kind, child)],
            vec![typed("code", kind, parent)],
            &["code"],
        )
    }

    fn is_accepted(schema: &Schema, transform: &str) -> bool {
        let rules = format!("\"*.code\" = {transform}\n\"*.*\" = \"keep\"");
        coverage(&Rules::parse("family.toml", &rules).unwrap(), schema).is_ok()
    }

    #[test]
    fn what_one_end_of_a_key_can_hold_and_the_other_cannot_is_refused() {
        let uneven = pair(Kind::Integer, "smallint", "bigint");
        let message = refusal("\"*.code\" = \"pattern\"", &uneven);
        assert!(
            message.contains("they are smallint and bigint; `keep` both"),
            "{message}"
        );
        assert!(is_accepted(&uneven, "\"keep\""));
        assert!(is_accepted(
            &pair(Kind::Integer, "bigint", "bigint"),
            "\"pattern\""
        ));
        let mysql = Schema {
            engine: Engine::Mysql,
            ..pair(Kind::Integer, "int(5) unsigned", "int(11) unsigned")
        };
        assert!(
            is_accepted(&mysql, "\"pattern\""),
            "the length is how wide it is shown"
        );
    }

    #[test]
    fn ends_that_compare_unlike_are_refused() {
        assert!(!is_accepted(
            &pair(Kind::Text, "text", "character(9)"),
            "\"hash\""
        ));
        assert!(is_accepted(
            &pair(Kind::Text, "text", "character varying(40)"),
            "\"hash\""
        ));
        assert!(!is_accepted(
            &pair(Kind::Timestamp, "timestamp", "timestamp(3)"),
            "\"birthday\""
        ));
        let mut cases = pair(Kind::Text, "citext", "text");
        cases.tables[0].columns[0].case_insensitive = true;
        let message = refusal("\"*.code\" = \"hash\"", &cases);
        assert!(message.contains("case counts in one of them only"), "{message}");
    }

    #[test]
    fn dates_of_a_key_move_with_what_is_part_of_the_key() {
        let columns = || vec![column("code", Kind::Date), column("person", Kind::Uuid)];
        let rule = "{ date = { shift_days = 9, by = \"person\" } }";
        assert!(is_accepted(
            &family(columns(), columns(), &["person", "code"]),
            rule
        ));
        let message = refusal(
            &format!("\"*.code\" = {rule}"),
            &family(columns(), columns(), &["code"]),
        );
        assert!(
            message.contains("move with `person`, which is no part of the key"),
            "{message}"
        );
    }

    /// Types of either engine, with values that all of their kind hold.
    const TYPES: &[(Engine, Kind, &str, Option<usize>)] = &[
        (Engine::Postgres, Kind::Text, "text", None),
        (Engine::Postgres, Kind::Text, "character varying(40)", Some(40)),
        (Engine::Postgres, Kind::Text, "character varying(12)", Some(12)),
        (Engine::Postgres, Kind::Text, "character(30)", Some(30)),
        (Engine::Postgres, Kind::Text, "citext", None),
        (Engine::Postgres, Kind::Integer, "smallint", None),
        (Engine::Postgres, Kind::Integer, "integer", None),
        (Engine::Postgres, Kind::Integer, "bigint", None),
        (Engine::Postgres, Kind::Date, "date", None),
        (
            Engine::Postgres,
            Kind::Timestamp,
            "timestamp without time zone",
            None,
        ),
        (Engine::Mysql, Kind::Text, "varchar(40)", Some(40)),
        (Engine::Mysql, Kind::Text, "char(14)", Some(14)),
        (Engine::Mysql, Kind::Integer, "smallint(6)", None),
        (Engine::Mysql, Kind::Integer, "int(11)", None),
        (Engine::Mysql, Kind::Integer, "int(5)", None),
        (Engine::Mysql, Kind::Integer, "int(10) unsigned", None),
        (Engine::Mysql, Kind::Timestamp, "timestamp", None),
        (Engine::Mysql, Kind::Timestamp, "datetime", None),
    ];

    const TRANSFORMS: &[&str] = &[
        "hash", "email", "username", "url", "uuid", "pattern", "phone", "postcode", "birthday",
    ];

    fn end(&(_, kind, type_name, max_length): &(Engine, Kind, &str, Option<usize>)) -> Column {
        Column {
            max_length,
            case_insensitive: type_name == "citext",
            ..typed("code", kind, type_name)
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn what_is_accepted_keeps_every_reference(
            child in prop::sample::select(TYPES),
            parent in prop::sample::select(TYPES),
            transform in prop::sample::select(TRANSFORMS),
            word in "[a-zA-Z0-9@.]{1,12}",
            number in 0_u16..32767,
        ) {
            if child.0 != parent.0 {
                return Ok(());
            }
            let schema = Schema {
                engine: child.0,
                ..family(vec![end(&child)], vec![end(&parent)], &["code"])
            };
            let rules = Rules::parse("family.toml", &format!("\"*.code\" = \"{transform}\"")).unwrap();
            let Ok(classified) = coverage(&rules, &schema) else {
                return Ok(());
            };
            let value = match child.1 {
                Kind::Integer => number.to_string(),
                Kind::Date => format!("20{:02}-03-04", number % 30),
                Kind::Timestamp => format!("20{:02}-03-04 05:06:07", number % 30),
                _ => word,
            };
            let key = Key::new([7; 32]);
            let masked = |at: usize| {
                let (treatment, column) = (&classified.tables[at].columns[0], &schema.tables[at].columns[0]);
                let mut out = Vec::new();
                let part = at as u64;
                let is_value = Masker::new(treatment, column, schema.engine, &key, part)
                    .mask_into(value.as_bytes(), None, &mut out);
                (is_value, String::from_utf8(out).unwrap())
            };
            prop_assert_eq!(masked(0), masked(1), "{} to {}: {}", child.2, parent.2, transform);
        }
    }
}

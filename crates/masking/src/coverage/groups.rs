//! What the columns of a group must agree on, so that the same value comes out alike in all of them.

use std::collections::BTreeMap;

use super::{ColumnTreatment, TableTreatment};
use crate::rules::{Problem, Rules};
use crate::schema::Schema;
use crate::transform::Transform;

/// Linked columns are as short as the shortest of their group, and kept apart where one of them is unique. Dates that
/// move with a person belong to the group of the column that names the person, unless the rules say another.
pub(super) fn agree(tables: &mut [TableTreatment]) {
    let mut groups: BTreeMap<String, (bool, Option<usize>)> = BTreeMap::new();
    for column in linked(tables) {
        let (apart, room) = groups.entry(column.group.clone()).or_default();
        *apart |= column.unique;
        *room = shorter(*room, column.room);
    }
    for table in tables {
        for column in table.columns.iter_mut().filter(|column| column.linked) {
            if let Some((apart, room)) = groups.get(&column.group) {
                (column.apart, column.room) = (*apart, *room);
            }
        }
        follow_persons(table);
    }
}

fn linked(tables: &[TableTreatment]) -> impl Iterator<Item = &ColumnTreatment> {
    tables
        .iter()
        .flat_map(|table| &table.columns)
        .filter(|column| column.linked && !column.transform.keeps())
}

fn shorter(one: Option<usize>, other: Option<usize>) -> Option<usize> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

fn follow_persons(table: &mut TableTreatment) {
    let groups: BTreeMap<String, String> = table
        .columns
        .iter()
        .map(|column| (column.column.clone(), column.group.clone()))
        .collect();
    for column in table.columns.iter_mut().filter(|column| !column.linked) {
        if let Some(person) = column.transform.by().and_then(|by| groups.get(by)) {
            column.group.clone_from(person);
        }
    }
}

/// What the columns of a group cannot agree on.
pub(super) fn disagreements(
    rules: &Rules,
    schema: &Schema,
    tables: &[TableTreatment],
    problems: &mut Vec<Problem>,
) {
    for table in tables {
        for column in table.columns.iter().filter(|column| column.linked) {
            let Some(message) = disagreement(table, column) else {
                continue;
            };
            let rule = schema
                .table(&table.name)
                .and_then(|table| rules.rule(table, &column.column));
            problems.extend(rule.map(|rule| rules.source.problem(&rule.span, message)));
        }
    }
}

fn disagreement(table: &TableTreatment, column: &ColumnTreatment) -> Option<String> {
    let place = format!("`{}.{}`", table.name, column.column);
    if column.transform == Transform::Shuffle {
        return Some(format!(
            "{place} must agree with other columns, and `shuffle` moves its values to other rows; use a transform that is a function of the value, such as `pattern` or `hash`"
        ));
    }
    let needed = column.transform.needs_length(column.apart);
    let room = column.room.filter(|room| column.apart && *room < needed)?;
    Some(format!(
        "{place} must agree with a unique column, for which `{}` needs {needed} characters, and the shortest of these columns holds {room}; use `pattern` or `keep`",
        column.transform.name()
    ))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{column, refusal, schema, table};
    use super::super::{Classified, coverage};
    use crate::rules::Rules;
    use crate::schema::{Column, ForeignKey, Kind, Schema, TableName, Unique};

    /// Orders of customers, by number.
    fn shop() -> Schema {
        let code = |length| Column {
            max_length: Some(length),
            ..column("code", Kind::Text)
        };
        let mut customers = table("customers", vec![code(20), column("born", Kind::Date)]);
        customers.uniques.push(Unique {
            name: "customers_code".to_owned(),
            columns: vec!["code".to_owned()],
        });
        let mut schema = schema(vec![
            customers,
            table(
                "orders",
                vec![
                    code(40),
                    column("placed", Kind::Timestamp),
                    column("sent", Kind::Date),
                ],
            ),
        ]);
        schema.foreign_keys.push(ForeignKey {
            name: "fk".to_owned(),
            table: TableName::new("public", "orders"),
            columns: vec!["code".to_owned()],
            to: TableName::new("public", "customers"),
            to_columns: vec!["code".to_owned()],
        });
        schema
    }

    fn classified(rules: &str) -> Classified {
        coverage(&Rules::parse("shop.toml", rules).unwrap(), &shop()).unwrap()
    }

    #[test]
    fn what_refers_to_a_unique_column_is_masked_as_if_it_were_unique_and_as_short() {
        let classified = classified("\"*.code\" = \"username\"\n\"*.*\" = \"keep\"");
        let codes: Vec<_> = classified
            .tables
            .iter()
            .map(|table| &table.columns[0])
            .map(|column| (column.unique, column.apart, column.room))
            .collect();
        assert_eq!(codes, [(true, true, Some(20)), (false, true, Some(20))]);
    }

    #[test]
    fn a_persons_dates_belong_to_the_group_of_the_person_in_every_table() {
        let rules = "\"*.code\" = \"keep\"\n\"*.*\" = { date = { shift_days = 9, by = \"code\" } }";
        let classified = classified(rules);
        let groups: Vec<_> = classified
            .tables
            .iter()
            .flat_map(|table| &table.columns)
            .map(|column| column.group.as_str())
            .collect();
        assert_eq!(groups, ["public.customers.code"; 5]);
    }

    #[test]
    fn what_must_agree_with_a_unique_column_needs_its_room() {
        let mut schema = shop();
        schema.tables[1].columns[0].max_length = Some(10);
        let message = refusal("\"*.code\" = \"hash\"\n\"*.*\" = \"keep\"", &schema);
        assert!(
            message.contains("needs 16 characters, and the shortest of these columns holds 10"),
            "{message}"
        );
        let rules = Rules::parse("shop.toml", "\"*.code\" = \"pattern\"\n\"*.*\" = \"keep\"").unwrap();
        assert!(coverage(&rules, &schema).is_ok());
    }

    #[test]
    fn what_must_agree_cannot_be_shuffled_and_a_companion_must_be_there() {
        let rules = r#"
"*.code" = "shuffle"
"orders.sent" = { date = { shift_days = 9, by = "cdoe" } }
"customers.born" = { date = { shift_days = 9, by = "born" } }
"orders.placed" = { mask = "shuffle", same = "time" }
"#;
        insta::assert_snapshot!(refusal(rules, &shop()));
    }
}

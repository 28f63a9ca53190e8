//! Which columns choose the partition of a row.

/// The columns that a partitioning expression names, and those that its generated columns are computed from. `computed` are the
/// table's generated columns with their expressions.
pub(super) fn columns_of<'a>(
    expression: &str,
    columns: impl Iterator<Item = &'a str>,
    computed: &[(String, String)],
) -> Vec<String> {
    let all: Vec<&str> = columns.collect();
    let mut found: Vec<&str> = Vec::new();
    let mut to_read = vec![expression];
    while let Some(expression) = to_read.pop() {
        let named = names(expression);
        for column in &all {
            let lower = column.to_lowercase();
            if found.contains(column) || !named.contains(&lower) {
                continue;
            }
            found.push(column);
            to_read.extend(
                computed
                    .iter()
                    .filter(|(name, _)| name == column)
                    .map(|(_, expression)| expression.as_str()),
            );
        }
    }
    found.into_iter().map(str::to_owned).collect()
}

/// Every word of an expression that could be a column's name, in backticks or bare, in lower case: functions too, which does no
/// harm but to a column of the same name, that is then kept. Texts in quotes are no names.
fn names(expression: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '`' | '\'' | '"' => end_of_quoted(rest, first),
            _ => rest
                .find(|c: char| !is_of_word(c))
                .unwrap_or(rest.len())
                .max(first.len_utf8()),
        };
        let (word, after) = rest.split_at(end);
        if first == '`' {
            found.push(word.trim_matches('`').replace("``", "`").to_lowercase());
        } else if is_of_word(first) {
            found.push(word.to_lowercase());
        }
        rest = after;
    }
    found
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}

/// Where a text in quotes ends: a doubled quote is one of its characters.
fn end_of_quoted(text: &str, quote: char) -> usize {
    let mut at = 1;
    while let Some(found) = text[at..].find(quote) {
        at += found + 1;
        if !text[at..].starts_with(quote) {
            return at;
        }
        at += 1;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::columns_of;

    fn found(expression: &str, columns: &[&str], computed: &[(&str, &str)]) -> Vec<String> {
        let computed: Vec<_> = computed
            .iter()
            .map(|(name, said)| ((*name).to_owned(), (*said).to_owned()))
            .collect();
        columns_of(expression, columns.iter().copied(), &computed)
    }

    #[test]
    fn every_way_in_which_an_expression_names_a_column_is_read() {
        let columns = ["id", "At", "na`me,x", "kind", "number"];
        assert_eq!(found("year(`at`)", &columns, &[]), ["At"]);
        assert_eq!(found("`na``me,x`,`kind`", &columns, &[]), ["na`me,x", "kind"]);
        assert_eq!(found("TO_DAYS(at)+id", &columns, &[]), ["id", "At"]);
        assert_eq!(found("unix_timestamp('id')", &columns, &[]), [""; 0]);
    }

    #[test]
    fn what_a_chosen_column_is_computed_from_chooses_too() {
        let computed = [("kind", "month(`born`)"), ("other", "`name`")];
        let columns = ["id", "born", "kind", "name", "other"];
        assert_eq!(found("`kind`", &columns, &computed), ["kind", "born"]);
    }
}

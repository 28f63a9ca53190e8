//! One SQL statement with named parameters, `:name`, read as far as the Data API itself reads it: where quotes and
//! comments begin and end, by the engine's own rules.

use super::fault::{self, Fault};
use crate::engine::EngineKind;

/// A statement, cut at its parameters.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Statement {
    pieces: Vec<Piece>,
}

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Sql(String),
    Parameter(String),
}

impl Statement {
    /// Reads `sql`.
    ///
    /// # Errors
    /// When there is more than one statement in it.
    pub fn read(kind: EngineKind, sql: &str) -> Result<Self, Fault> {
        let mut pieces = Vec::new();
        let (mut at, mut from, mut ended) = (0, 0, false);
        while at < sql.len() {
            let rest = &sql[at..];
            let step = skipped(kind, rest);
            let is_blank = step.is_comment || rest.starts_with(char::is_whitespace) || rest.starts_with(';');
            if ended && !is_blank {
                return Err(fault::INVALID.because("Multistatements aren't supported."));
            }
            ended |= !step.is_comment && rest.starts_with(';') && step.length == 1;
            let name = if step.length == 1 { parameter(rest) } else { "" };
            if name.is_empty() {
                at += step.length.max(rest.chars().next().map_or(1, char::len_utf8));
                continue;
            }
            pieces.push(Piece::Sql(sql[from..at].to_owned()));
            pieces.push(Piece::Parameter(name.to_owned()));
            at += 1 + name.len();
            from = at;
        }
        pieces.push(Piece::Sql(sql[from..].to_owned()));
        Ok(Self { pieces })
    }

    /// The statement with `$1`, `$2` … for its parameters, and their names in that order.
    pub fn numbered(&self) -> (String, Vec<&str>) {
        let (mut sql, mut names) = (String::new(), Vec::new());
        for piece in &self.pieces {
            match piece {
                Piece::Sql(text) => sql.push_str(text),
                Piece::Parameter(name) => {
                    let known = names.iter().position(|known| known == name);
                    let number = known.unwrap_or_else(|| {
                        names.push(name.as_str());
                        names.len() - 1
                    });
                    sql.push_str(&format!("${}", number + 1));
                }
            }
        }
        (sql, names)
    }

    /// The statement with `?` for each of its parameters, and their names in that order.
    pub fn marked(&self) -> (String, Vec<&str>) {
        let (mut sql, mut names) = (String::new(), Vec::new());
        for piece in &self.pieces {
            match piece {
                Piece::Sql(text) => sql.push_str(text),
                Piece::Parameter(name) => {
                    names.push(name.as_str());
                    sql.push('?');
                }
            }
        }
        (sql, names)
    }
}

/// What is passed over at once: a quoted text, a comment, `::`, or one character.
struct Step {
    length: usize,
    is_comment: bool,
}

fn skipped(kind: EngineKind, rest: &str) -> Step {
    let is_postgres = kind == EngineKind::Postgres;
    let code = |length| Step {
        length,
        is_comment: false,
    };
    let comment = |length| Step {
        length,
        is_comment: true,
    };
    let line = || comment(rest.find('\n').map_or(rest.len(), |end| end + 1));
    match rest.as_bytes() {
        [b'-', b'-', next, ..] if is_postgres || next.is_ascii_whitespace() => line(),
        [b'-', b'-'] => line(),
        [b'#', ..] if !is_postgres => line(),
        // What MySQL runs though it looks like a comment is no comment.
        [b'/', b'*', b'!', ..] if !is_postgres => code(1),
        [b'/', b'*', ..] => comment(block_comment(rest, is_postgres)),
        [b'e' | b'E', b'\'', ..] if is_postgres => code(1 + quoted(&rest[1..], true)),
        [b'\'' | b'"', ..] => code(quoted(rest, !is_postgres)),
        [b'`', ..] if !is_postgres => code(quoted(rest, false)),
        [b'$', ..] if is_postgres => code(dollars(rest)),
        [b':', b':', ..] => code(2),
        // Names may hold `$` and digits, and end in an `e` before a quote that is theirs no more.
        [first, ..] if first.is_ascii_alphabetic() || *first == b'_' => {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$');
            code(end.unwrap_or(rest.len()))
        }
        _ => code(1),
    }
}

/// The length of a quoted text. A doubled quote is a quote; so is one behind a backslash, where that means something.
fn quoted(text: &str, has_backslashes: bool) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if has_backslashes => at += 2,
            quote if quote == bytes[0] && bytes.get(at + 1) == Some(&quote) => at += 2,
            quote if quote == bytes[0] => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

/// The length of a text between `$$` or `$tag$`; 1 if none begins here.
fn dollars(text: &str) -> usize {
    let Some(end) = text[1..].find('$').map(|end| end + 2) else {
        return 1;
    };
    let tag = &text[..end];
    let is_tag = tag[1..end - 1].chars().all(|c| c.is_alphanumeric() || c == '_')
        && !tag[1..].starts_with(|c: char| c.is_ascii_digit());
    match is_tag {
        true => text[end..]
            .find(tag)
            .map_or(text.len(), |close| end + close + tag.len()),
        false => 1,
    }
}

fn block_comment(text: &str, nests: bool) -> usize {
    let (mut at, mut depth) = (2, 1);
    while at < text.len() {
        match &text.as_bytes()[at..] {
            [b'*', b'/', ..] => {
                (at, depth) = (at + 2, depth - 1);
                if depth == 0 {
                    return at;
                }
            }
            [b'/', b'*', ..] if nests => (at, depth) = (at + 2, depth + 1),
            _ => at += 1,
        }
    }
    text.len()
}

/// The name of the parameter that begins with this colon; empty if none does.
fn parameter(text: &str) -> &str {
    let Some(name) = text.strip_prefix(':') else {
        return "";
    };
    let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let name = &name[..end.unwrap_or(name.len())];
    match name.starts_with(|c: char| c.is_ascii_digit()) {
        true => "",
        false => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use EngineKind::{Mysql, Postgres};

    #[rstest::rstest]
    #[case(Postgres, "SELECT * FROM t WHERE a = :a AND b = :b_2 OR a > :a;", "SELECT * FROM t WHERE a = $1 AND b = $2 OR a > $1;", &["a", "b_2"])]
    #[case(Postgres, "SELECT ':x', \":y\", x::text, $$ :z $$, $t$:w$t$, a[1:2], E'\\':v' -- :u\n, :k", "SELECT ':x', \":y\", x::text, $$ :z $$, $t$:w$t$, a[1:2], E'\\':v' -- :u\n, $1", &["k"])]
    #[case(Postgres, "/* :a /* :b */ :c */ SELECT :d", "/* :a /* :b */ :c */ SELECT $1", &["d"])]
    #[case(Postgres, "SELECT name':a', :a", "SELECT name':a', $1", &["a"])]
    #[case(Mysql, "SELECT ':x', 'it\\'s :y', \":z\", `:w`, @v := :a # :u\n, :a -- :b", "SELECT ':x', 'it\\'s :y', \":z\", `:w`, @v := ? # :u\n, ? -- :b", &["a", "a"])]
    #[case(Mysql, "SELECT 5--:a", "SELECT 5--?", &["a"])]
    fn parameters_are_found_where_sql_has_them(
        #[case] kind: EngineKind,
        #[case] sql: &str,
        #[case] rewritten: &str,
        #[case] names: &[&str],
    ) {
        let statement = Statement::read(kind, sql).unwrap();
        let (text, found) = match kind {
            Postgres => statement.numbered(),
            Mysql => statement.marked(),
        };
        assert_eq!((text.as_str(), found.as_slice()), (rewritten, names));
    }

    #[rstest::rstest]
    #[case(Postgres, "SELECT 1; SELECT 2", false)]
    #[case(Postgres, "SELECT 1;", true)]
    #[case(Postgres, "SELECT 1; -- done\n ; /* really */", true)]
    #[case(Postgres, "SELECT ';', $$;$$, \";\"", true)]
    #[case(Postgres, "DO $$ BEGIN PERFORM 1; END $$;", true)]
    #[case(Postgres, "SELECT 1 /* a */;;DROP TABLE t", false)]
    #[case(Mysql, "SELECT 'a\\'; b'", true)]
    #[case(Mysql, "SELECT 1; # done", true)]
    #[case(Mysql, "SELECT 1; /*! DROP TABLE t */", false)]
    fn more_than_one_statement_is_refused(#[case] kind: EngineKind, #[case] sql: &str, #[case] is_one: bool) {
        let read = Statement::read(kind, sql);
        let refusal = fault::INVALID.because("Multistatements aren't supported.");
        assert_eq!(read.err(), (!is_one).then_some(refusal), "{sql}");
    }
}

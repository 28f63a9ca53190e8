//! The one statement of a query file. Several are refused: an export is one result.

use domain::policy::Engine;

/// Why a query file cannot be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is nothing but blanks and comments.
    #[error("the query is empty")]
    Empty,
    /// There is more than one.
    #[error(
        "there is more than one statement (the second begins in line {0}): an export is the result of one"
    )]
    Several(usize),
    /// A quote or a comment does not end.
    #[error("a quote or comment that begins in line {0} does not end")]
    Open(usize),
}

/// The only statement of `text`, without the semicolon that may end it.
///
/// # Errors
/// [`Refused`] if there is none, or another.
pub fn only_statement(engine: Engine, text: &str) -> Result<&str, Refused> {
    let (mut end, mut is_empty) = (None, true);
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if let Some(skipped) = blank(engine, rest) {
            at += skipped.ok_or(Refused::Open(line(text, at)))?;
        } else if rest.starts_with(';') {
            end = end.or(Some(at));
            at += 1;
        } else if end.is_some() && !is_empty {
            return Err(Refused::Several(line(text, at)));
        } else {
            (end, is_empty) = (None, false);
            at += word(engine, rest).ok_or(Refused::Open(line(text, at)))?;
        }
    }
    match is_empty {
        true => Err(Refused::Empty),
        false => Ok(text[..end.unwrap_or(text.len())].trim()),
    }
}

fn line(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// The length of blanks or of a comment at the beginning: none if there is neither, none inside if it does not end.
fn blank(engine: Engine, text: &str) -> Option<Option<usize>> {
    let first = text.chars().next()?;
    if first.is_whitespace() {
        return Some(Some(first.len_utf8()));
    }
    let is_line = match engine {
        Engine::Postgres => text.starts_with("--"),
        // MySQL wants a blank behind it: `5--1` is a sum.
        Engine::Mysql => {
            let behind = text
                .strip_prefix("--")
                .map(|rest| rest.chars().next().is_none_or(char::is_whitespace));
            first == '#' || behind == Some(true)
        }
    };
    if is_line {
        return Some(Some(text.find('\n').unwrap_or(text.len())));
    }
    // What MySQL puts into `/*! … */` is carried out.
    let is_code = engine == Engine::Mysql && (text.starts_with("/*!") || text.starts_with("/*M!"));
    (text.starts_with("/*") && !is_code).then(|| comment(engine, text))
}

/// The length of a comment; PostgreSQL's can lie in one another.
fn comment(engine: Engine, text: &str) -> Option<usize> {
    let (mut depth, mut at) = (1, 2);
    while depth > 0 {
        let close = at + text[at..].find("*/")?;
        let open = text[at..close].find("/*").map(|open| at + open);
        match open.filter(|_| engine == Engine::Postgres) {
            Some(open) => (depth, at) = (depth + 1, open + 2),
            None => (depth, at) = (depth - 1, close + 2),
        }
    }
    Some(at)
}

/// The length of what stands at the beginning and is neither blank nor semicolon; none if it does not end.
fn word(engine: Engine, text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    match first {
        '\'' | '"' | '`' => {
            let has_escapes = engine == Engine::Mysql && first != '`';
            string(text, 1, first, has_escapes)
        }
        'e' | 'E' if engine == Engine::Postgres && text[1..].starts_with('\'') => string(text, 2, '\'', true),
        '$' if engine == Engine::Postgres => Some(dollar(text)?.unwrap_or(1)),
        // An identifier as a whole, so that no end of it is taken for the beginning of something else.
        _ if first.is_alphanumeric() || first == '_' => {
            let more = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
            Some(text.find(|c| !more(c)).unwrap_or(text.len()))
        }
        _ => Some(first.len_utf8()),
    }
}

/// The length of a string that begins before `at`. A doubled quote is two strings, which comes to the same.
fn string(text: &str, at: usize, quote: char, has_escapes: bool) -> Option<usize> {
    let mut chars = text[at..].char_indices();
    while let Some((n, c)) = chars.next() {
        if c == '\\' && has_escapes {
            chars.next();
        } else if c == quote {
            return Some(at + n + 1);
        }
    }
    None
}

/// The length of a string in dollar quotes: none inside if it is only a dollar, none if it does not end.
fn dollar(text: &str) -> Option<Option<usize>> {
    let is_tag = |tag: &str| {
        !tag.starts_with(|c: char| c.is_ascii_digit()) && tag.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    let Some(tag) = text[1..]
        .find('$')
        .map(|end| &text[..end + 2])
        .filter(|tag| is_tag(&tag[1..tag.len() - 1]))
    else {
        return Some(None);
    };
    let end = text[tag.len()..].find(tag)?;
    Some(Some(tag.len() + end + tag.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("SELECT 1")]
    #[case("SELECT 1 AS \"a;b\", ';' -- ; \n /* ; /* ; */ ; */ WHERE 'it''s;'")]
    #[case("SELECT $$;$$, $tag$ ; $$ ; $tag$, E'\\';', x$1")]
    #[case("SELECT '\\', 1")]
    fn one_statement_is_taken_whole(#[case] text: &str) {
        assert_eq!(only_statement(Engine::Postgres, text), Ok(text));
        assert_eq!(
            only_statement(Engine::Postgres, &format!("\n{text};\n-- the end\n;")),
            Ok(text)
        );
        let two = format!("{text};\n\nSELECT 2");
        assert_eq!(only_statement(Engine::Postgres, &two).ok(), None, "{two}");
    }

    #[rstest::rstest]
    #[case("SELECT 5--1, `a;b`, 'it\\';s', \"x\\\";\" # ;")]
    #[case("SELECT /*!40000 SQL_NO_CACHE */ 1 /* /* ; */")]
    fn mysqls_own_quotes_are_known(#[case] text: &str) {
        assert_eq!(only_statement(Engine::Mysql, text), Ok(text));
    }

    #[rstest::rstest]
    #[case(Engine::Postgres, " -- nothing\n;;", Refused::Empty)]
    #[case(Engine::Postgres, "SELECT 1;\nDROP TABLE x;", Refused::Several(2))]
    #[case(Engine::Postgres, "SELECT 1\n, 'open", Refused::Open(2))]
    #[case(Engine::Postgres, "SELECT /* open", Refused::Open(1))]
    #[case(Engine::Postgres, "SELECT $x$ open $$", Refused::Open(1))]
    #[case(Engine::Mysql, "SELECT 1; SELECT 2", Refused::Several(1))]
    fn what_is_no_single_statement_is_refused(
        #[case] engine: Engine,
        #[case] text: &str,
        #[case] why: Refused,
    ) {
        assert_eq!(only_statement(engine, text), Err(why));
    }
}

//! Text that people and records contribute, made harmless for Slack's mrkdwn.
//!
//! Slack gives a meaning to `&`, `<` and `>` (mentions, links, dates), and formats by `*`, `_`, `~` and `` ` ``.
//! Nothing here can ping, link or format, whatever is put in; every function bounds what it returns.

use chrono::{DateTime, TimeDelta, Utc};

/// A value in code style: names, hosts, classes. Backticks become apostrophes, line breaks become blanks.
pub fn code(value: &str) -> String {
    let is_plain = |c: u8| c.is_ascii_alphanumeric() || b"-._:/".contains(&c);
    if (1..=300).contains(&value.len()) && value.bytes().all(is_plain) {
        return format!("`{value}`");
    }
    let inner = escaped(&one_line(value, 300).replace('`', "'"), 300);
    if inner.trim().is_empty() {
        "(empty)".to_owned()
    } else {
        format!("`{inner}`")
    }
}

/// Lines in a code block, for copying. Each line is escaped as Slack wants it, and shown as it was.
pub fn code_block(lines: &[String]) -> String {
    let lines: Vec<String> = lines
        .iter()
        .map(|line| escaped(&one_line(line, 1_200).replace('`', "'"), 1_200))
        .collect();
    format!("```{}```", cut(&lines.join("\n"), 2_900))
}

/// A sentence from elsewhere, such as the cause of a failure. Pairs of backticks stay, as our own errors write
/// names in them; other formatting is undone.
pub fn prose(sentence: &str) -> String {
    let line = one_line(sentence, 1_500);
    let shown = escaped(&unformatted(&line), 1_500);
    // One without its other would take the next one that follows.
    match shown.matches('`').count().is_multiple_of(2) {
        true => shown,
        false => shown.replace('`', "'"),
    }
}

/// A mention of a Slack user; an id that is none is shown as code instead.
pub fn mention(user: &str) -> String {
    let is_id = user.starts_with(['U', 'W']) && is_slack_id(user);
    if is_id { format!("<@{user}>") } else { code(user) }
}

/// Whether this could be an id of Slack's: 2 to 30 capital letters and digits.
pub fn is_slack_id(id: &str) -> bool {
    (2..=30).contains(&id.len()) && id.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

/// A time in the reader's own time zone, such as `Friday, November 20th at 6:04 PM`; the fallback is UTC.
pub fn date(at: DateTime<Utc>) -> String {
    let fallback = at.format("%Y-%m-%d %H:%M UTC");
    format!(
        "<!date^{}^{{date_short_pretty}} at {{time}}|{fallback}>",
        at.timestamp()
    )
}

/// A link with a label of our own. A URL with anything unusual in it is left out.
pub fn link(url: &str, label: &str) -> String {
    let is_plain = url.starts_with("https://")
        && url.len() <= 1_000
        && url
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._~:/?#@=+,%".contains(c));
    if is_plain {
        format!("<{url}|{label}>")
    } else {
        label.to_owned()
    }
}

/// A span of time in its two largest units: `4 s`, `1 min 12 s`, `3 h`, `2 d 4 h`.
pub fn span(span: TimeDelta) -> String {
    let seconds = span.num_seconds().max(0);
    let units = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];
    let first = units.iter().position(|(_, size)| seconds >= *size).unwrap_or(3);
    let (unit, size) = units[first];
    let mut text = format!("{} {unit}", seconds / size);
    if let Some((unit, smaller)) = units.get(first + 1)
        && seconds % size / smaller > 0
    {
        text.push_str(&format!(" {} {unit}", seconds % size / smaller));
    }
    text
}

/// A number with its thousands parted: `1,234,567`.
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 table`, `3 tables`.
pub fn count(value: u64, one: &str) -> String {
    let s = if value == 1 { "" } else { "s" };
    format!("{} {one}{s}", number(value))
}

/// A text without mrkdwn, for where Slack takes plain text only: cut, on one line, with no hidden characters.
pub fn plain(value: &str, limit: usize) -> String {
    let line = one_line(value, limit);
    let line = if line.trim().is_empty() {
        "–".to_owned()
    } else {
        line
    };
    cut_raw(&line, limit)
}

/// How long Slack takes a text to be: in UTF-16 units, the strictest reading of its limits.
pub fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Cuts finished mrkdwn to a limit, never inside an entity, a `<…>` token or a code span.
pub fn cut(mrkdwn: &str, limit: usize) -> String {
    if length(mrkdwn) <= limit {
        return mrkdwn.to_owned();
    }
    let kept = cut_raw(mrkdwn, limit);
    let kept = kept.trim_end_matches('…');
    let open = [('&', ';'), ('<', '>')].iter().filter_map(|(start, end)| {
        let at = kept.rfind(*start)?;
        (!kept[at..].contains(*end)).then_some(at)
    });
    let mut kept = &kept[..open.min().unwrap_or(kept.len())];
    if !kept.matches('`').count().is_multiple_of(2) {
        kept = &kept[..kept.rfind('`').unwrap_or(kept.len())];
    }
    format!("{kept}…")
}

fn cut_raw(text: &str, limit: usize) -> String {
    if length(text) <= limit {
        return text.to_owned();
    }
    let mut left = limit.saturating_sub(1);
    let mut kept = String::new();
    for c in text.chars() {
        if c.len_utf16() > left {
            break;
        }
        left -= c.len_utf16();
        kept.push(c);
    }
    kept.push('…');
    kept
}

fn escaped(text: &str, limit: usize) -> String {
    let escaped = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    cut(&escaped, limit)
}

/// Line breaks and tabs become blanks; control characters and those that turn the reading direction go. What a limit
/// would cut anyway is not looked at, but for one character, by which the limit sees that there was more.
fn one_line(text: &str, limit: usize) -> String {
    let hidden = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    text.chars()
        .filter_map(|c| match c {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => Some(' '),
            c if c.is_control() || hidden(c) => None,
            c => Some(c),
        })
        .take(limit + 1)
        .collect()
}

/// `*`, `_` and `~` format only at the edge of a word: there signs that look alike stand for them, so that names such
/// as `db_instance_class` can still be copied. A zero-width blank beside them would not do: to Slack it is an edge
/// like any other. After the `:` that begins an emoji it does: no emoji's name has one.
fn unformatted(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let is_word = |at: Option<usize>| {
        at.and_then(|at| chars.get(at))
            .is_some_and(|c| c.is_alphanumeric())
    };
    let mut out = String::with_capacity(text.len());
    for (at, c) in chars.iter().enumerate() {
        let inside = is_word(at.checked_sub(1)) && is_word(Some(at + 1));
        out.push(match c {
            '*' if !inside => '\u{2217}',
            '_' if !inside => '\u{ff3f}',
            '~' if !inside => '\u{223c}',
            c => *c,
        });
        let is_emoji = *c == ':'
            && chars
                .get(at + 1)
                .is_some_and(|c| c.is_alphanumeric() || "+-_".contains(*c));
        if is_emoji && !inside {
            out.push('\u{200b}');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("<!channel> & <@U1>", "`&lt;!channel&gt; &amp; &lt;@U1&gt;`")]
    #[case("a`b\nc", "`a'b c`")]
    #[case("\u{202e}evil", "`evil`")]
    #[case("", "(empty)")]
    fn a_value_can_do_nothing(#[case] value: &str, #[case] shown: &str) {
        assert_eq!(code(value), shown);
    }

    #[test]
    fn a_sentence_keeps_its_names_and_loses_its_formatting() {
        assert_eq!(
            prose("`class`: set db_instance_class"),
            "`class`: set db_instance_class"
        );
        assert_eq!(
            prose("*bold* _italic_ ~struck~ <http://x>"),
            "∗bold∗ ＿italic＿ ∼struck∼ &lt;http://x&gt;"
        );
        assert_eq!(prose("a ` b"), "a ' b");
        assert_eq!(prose("so :tada: it is"), "so :\u{200b}tada: it is");
        assert_eq!(
            prose("arn:aws:rds:eu-west-1:1:cluster:a"),
            "arn:aws:rds:eu-west-1:1:cluster:a"
        );
        let cut = prose(&format!("`{}` and `{}`", "a".repeat(1_480), "b".repeat(100)));
        assert!(cut.ends_with("` and …"), "{cut}");
    }

    #[test]
    fn a_cut_never_leaves_half_an_entity() {
        assert_eq!(cut("abc &amp; def", 7), "abc …");
        assert_eq!(cut("abc <@U123456> x", 9), "abc …");
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("a `b` and `cdef`", 14), "a `b` and …");
    }

    #[rstest::rstest]
    #[case(0, "0 s")]
    #[case(72, "1 min 12 s")]
    #[case(7_200, "2 h")]
    #[case(187_200, "2 d 4 h")]
    fn spans_are_told_in_two_units(#[case] seconds: i64, #[case] shown: &str) {
        assert_eq!(span(TimeDelta::seconds(seconds)), shown);
    }

    #[test]
    fn numbers_part_their_thousands() {
        assert_eq!(
            [0, 999, 1_000, 1_234_567].map(number),
            ["0", "999", "1,000", "1,234,567"].map(str::to_owned)
        );
    }

    #[test]
    fn only_users_are_mentioned() {
        assert_eq!(mention("U0ALICE"), "<@U0ALICE>");
        assert_eq!(mention("!channel"), "`!channel`");
        assert_eq!(mention("C0CLONES"), "`C0CLONES`");
    }
}

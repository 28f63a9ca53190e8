//! Slack's mrkdwn as far as plain text goes: what a person types, and what a transcript shows.

/// What Slack stores for a text that a person typed: nothing of it is markup.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The text as a reader sees it: links by their label, mentions by name, dates by their fallback; `*bold*` stays.
pub(crate) fn plain(text: &str, handle: &dyn Fn(&str) -> String) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let (before, after) = rest.split_at(start);
        shown += &unescape(before);
        let Some(end) = after.find('>') else {
            rest = after;
            break;
        };
        shown += &token(&after[1..end], handle);
        rest = &after[end + 1..];
    }
    shown + &unescape(rest)
}

fn token(token: &str, handle: &dyn Fn(&str) -> String) -> String {
    let (target, label) = token
        .split_once('|')
        .map_or((token, None), |(target, label)| (target, Some(label)));
    let label = label.map(unescape);
    match target.split_at_checked(1) {
        Some(("@", id)) => format!("@{}", label.unwrap_or_else(|| handle(id))),
        Some(("#", id)) => format!("#{}", label.unwrap_or_else(|| handle(id))),
        Some(("!", command)) if command.starts_with("date^") => label.unwrap_or_default(),
        Some(("!", command)) => label.unwrap_or_else(|| format!("@{command}")),
        _ => match label {
            Some(label) => format!("{label} ({})", unescape(target)),
            None => unescape(target),
        },
    }
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::{escape, plain};
    use rstest::rstest;

    #[rstest]
    #[case("a &lt;@U1&gt; &amp;lt; b", "a <@U1> &lt; b")]
    #[case("<@U1> in <#C1|clones>", "@name-of-U1 in #clones")]
    #[case("until <!date^1700000000^{date}|14 Nov>", "until 14 Nov")]
    #[case(
        "<https://x.test/?a=1&amp;b=2|open> <https://y.test>",
        "open (https://x.test/?a=1&b=2) https://y.test"
    )]
    #[case("<!here> 1 < 2", "@here 1 < 2")]
    fn a_text_as_its_reader_sees_it(#[case] text: &str, #[case] shown: &str) {
        assert_eq!(plain(text, &|id| format!("name-of-{id}")), shown);
    }

    #[test]
    fn what_a_person_types_is_shown_as_typed() {
        let typed = "<@U1> & <!here> &lt; “curly”";
        assert_eq!(plain(&escape(typed), &|id| id.to_owned()), typed);
    }
}

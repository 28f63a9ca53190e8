//! Cuts out of a transcript what differs between runs.

use regex::Regex;

/// Ids, ports, times and seconds become names, so that a transcript can be a snapshot.
///
/// # Panics
/// When one of its own patterns is wrong.
pub fn redact(text: &str) -> String {
    let rules = [
        (r"doppel-[a-z-]+-\d{8}-[a-z0-9]{6}", "[clone]"),
        (r"arn:aws:states:[^\s|>`)]+", "[execution]"),
        (
            r"https://[a-z0-9.-]*console\.aws\.amazon\.com[^\s|>)]*",
            "[console]",
        ),
        (r"<!date\^\d+\^", "<!date^[time]^"),
        (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?( UTC|Z)?", "[time]"),
        (r"127\.0\.0\.1:\d+", "[host]:[port]"),
        (r"(-p |-P |--port[= ]|[Pp]ort\* `)\d{4,5}\b", "$1[port]"),
        (
            r"\b\d+(\.\d+)? ?(s|min|h|seconds|minutes|hours)\b( \d+ ?s\b)?",
            "[span]",
        ),
        (r"\$\d+\.\d+", "$$[cost]"),
        // What the verification reads is its own matter.
        (r"[\d,]+ rows read again", "[rows] rows read again"),
        (r"\b[0-9a-f]{8,64}\b", "[hash]"),
    ];
    rules.iter().fold(text.to_owned(), |text, (pattern, with)| {
        Regex::new(pattern)
            .expect("a pattern")
            .replace_all(&text, *with)
            .into_owned()
    })
}

//! Mistakes in rules files, shown at their line.

use std::fmt::Write as _;

use mask_worker::Error;
use miette::Diagnostic;

use crate::exit::{Exit, Stop};

/// An error of the masking. What is wrong with the rules is shown in the file's own lines, and the code says that the
/// rules are to be mended.
pub fn stop(error: &Error) -> Stop {
    match error {
        Error::Rules(wrong) => Exit::Refused.with(told(wrong)),
        Error::Refused(refused) => Exit::Refused.with(told(refused.as_ref())),
        Error::Dsn(_) => Exit::Usage.because(error),
        Error::Findings(_) | Error::OtherDatabases(_) | Error::Interrupted => Exit::Refused.because(error),
        _ => Exit::Failed.because(error),
    }
}

/// The error's words, and below them the lines that it speaks of.
pub fn told(error: &dyn Diagnostic) -> String {
    let mut text = error.to_string();
    for problem in error.related().into_iter().flatten() {
        show(problem, &mut text);
    }
    text
}

fn show(problem: &dyn Diagnostic, text: &mut String) {
    let (Some(source), Some(labels)) = (problem.source_code(), problem.labels()) else {
        return;
    };
    for label in labels {
        // With a line before and after, whole lines are read; without, no more than the place itself.
        let (Ok(place), Ok(around)) = (
            source.read_span(label.inner(), 0, 0),
            source.read_span(label.inner(), 1, 1),
        ) else {
            continue;
        };
        let text_around = String::from_utf8_lossy(around.data()).into_owned();
        let line = text_around
            .lines()
            .nth(place.line() - around.line())
            .unwrap_or_default();
        let before = place.column().min(line.chars().count());
        let marked = label.len().clamp(1, (line.chars().count() - before).max(1));
        let number = place.line() + 1;
        let _ = write!(
            text,
            "\n\n{number:>5} | {line}\n      | {}{}",
            " ".repeat(before),
            "^".repeat(marked),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_shown_in_its_line() {
        let wrong = masking::Rules::parse("shop.toml", "\"*.name\" = \"name\"\n\"*.email\" = \"emial\"\n")
            .unwrap_err();
        assert_eq!(
            told(&wrong),
            "the masking rules are wrong:\n  shop.toml:2: there is no transform `emial`; did you mean `email`?\n\n    \
             2 | \"*.email\" = \"emial\"\n      |             ^^^^^^^"
        );
    }
}

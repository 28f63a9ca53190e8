//! `@aws stepfunctions start-execution …`, as Amazon Q Developer in chat applications (once AWS Chatbot) reads it.

/// A StartExecution that somebody typed, or that a workflow's button sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartExecution {
    /// The state machine's ARN.
    pub arn: String,
    /// The input, raw: whether it is JSON is for StartExecution to say. `{}` when none was given.
    pub input: String,
    /// The execution's name.
    pub name: Option<String>,
    /// The Region, when it is not the channel's.
    pub region: Option<String>,
}

/// Why a text is no such command, in words for the person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotUnderstood {
    /// It does not start with `@aws`.
    #[error("commands start with `@aws`")]
    NotAws,
    /// Another service or operation.
    #[error("only `@aws stepfunctions start-execution` is understood here, not `{0}`")]
    OtherCommand(String),
    /// A parameter that the operation does not have.
    #[error(
        "`{0}` is no parameter of start-execution: known are --state-machine-arn, --input, --name and --region"
    )]
    UnknownParameter(String),
    /// A parameter without its value, or a value without its parameter.
    #[error("`{0}` stands alone: write `--parameter value`")]
    Alone(String),
    /// No state machine.
    #[error("say which state machine: `--state-machine-arn arn:aws:states:…`")]
    ArnMissing,
}

/// Reads a message that starts with `@aws`. Values may be bare JSON with blanks in it, may stand in quotes,
/// straight or curly, and may follow their parameter after `=`.
///
/// # Errors
/// The first thing that cannot be understood, by name.
pub fn parse(text: &str) -> Result<StartExecution, NotUnderstood> {
    let text = text.trim();
    let rest = text
        .strip_prefix("@aws")
        .filter(|rest| rest.starts_with(char::is_whitespace));
    let rest = rest.ok_or(NotUnderstood::NotAws)?.trim_start();
    let (service, rest) = word(rest);
    let (operation, mut rest) = word(rest);
    if !matches!(service, "stepfunctions" | "sfn") || operation != "start-execution" {
        return Err(NotUnderstood::OtherCommand(
            format!("{service} {operation}").trim().to_owned(),
        ));
    }
    let (mut arn, mut input, mut name, mut region) = (None, None, None, None);
    while !rest.is_empty() {
        let (parameter, value, after) = parameter(rest)?;
        let slot = match parameter {
            "state-machine-arn" => &mut arn,
            "input" => &mut input,
            "name" => &mut name,
            "region" => &mut region,
            _ => return Err(NotUnderstood::UnknownParameter(format!("--{parameter}"))),
        };
        *slot = Some(value.to_owned());
        rest = after;
    }
    let arn = arn.ok_or(NotUnderstood::ArnMissing)?;
    Ok(StartExecution {
        arn,
        input: input.unwrap_or_else(|| "{}".to_owned()),
        name,
        region,
    })
}

fn word(text: &str) -> (&str, &str) {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}

/// The next parameter, its value, and what follows. `--` is what phones make a long dash of.
fn parameter(text: &str) -> Result<(&str, &str, &str), NotUnderstood> {
    let alone = || NotUnderstood::Alone(word(text).0.to_owned());
    let dashed = text
        .strip_prefix("--")
        .or_else(|| text.strip_prefix(['—', '–']))
        .ok_or_else(alone)?;
    let end = dashed
        .find(|c: char| c.is_whitespace() || c == '=')
        .unwrap_or(dashed.len());
    let value = dashed[end..].trim_start_matches(|c: char| c.is_whitespace() || c == '=');
    if value.is_empty() || value.starts_with("--") {
        return Err(alone());
    }
    let (value, after) = split_value(value);
    Ok((&dashed[..end], value, after.trim_start()))
}

/// A value ends where its quote, its braces, or its word ends.
fn split_value(text: &str) -> (&str, &str) {
    let Some(first) = text.chars().next() else {
        return ("", "");
    };
    if first == '{' || first == '[' {
        return text.split_at(end_of_json(text));
    }
    let closing = match first {
        '\'' | '‘' | '’' => ['\'', '’', '‘'],
        '"' | '“' | '”' => ['"', '”', '“'],
        _ => return word(text),
    };
    let inner = &text[first.len_utf8()..];
    let is_end = |after: &str| after.is_empty() || after.starts_with(char::is_whitespace);
    let ends = inner
        .char_indices()
        .find(|(at, c)| closing.contains(c) && is_end(&inner[at + c.len_utf8()..]));
    match ends {
        Some((at, c)) => (&inner[..at], &inner[at + c.len_utf8()..]),
        None => word(text),
    }
}

/// The end of the JSON value that `text` starts with, or its whole when the braces do not close.
fn end_of_json(text: &str) -> usize {
    let (mut depth, mut in_string, mut escaped) = (0_u32, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            '{' | '[' if !in_string => depth += 1,
            '}' | ']' if !in_string => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:states:eu-west-1:111122223333:stateMachine:doppel-clone";

    fn start(input: &str) -> StartExecution {
        StartExecution {
            arn: ARN.into(),
            input: input.into(),
            name: None,
            region: None,
        }
    }

    #[rstest::rstest]
    #[case("", "{}")]
    #[case(r#" --input {"expire_days": "3"}"#, r#"{"expire_days": "3"}"#)]
    #[case(r#" --input '{"expire_days": "3"}'"#, r#"{"expire_days": "3"}"#)]
    #[case(r#" --input={"a": "} --name x"}"#, r#"{"a": "} --name x"}"#)]
    #[case(" --input ‘{\"expire_days\": \"3\"}’", r#"{"expire_days": "3"}"#)]
    #[case(
        r#" —input {"db_instance_class": "“db.t4g.medium”"}"#,
        r#"{"db_instance_class": "“db.t4g.medium”"}"#
    )]
    #[case(" --input {“expire_days”: “3”}", "{“expire_days”: “3”}")]
    fn the_input_is_taken_raw(#[case] rest: &str, #[case] input: &str) {
        let text = format!("@aws stepfunctions  start-execution --state-machine-arn {ARN}{rest}");
        assert_eq!(parse(&text), Ok(start(input)));
    }

    #[test]
    fn name_and_region_are_read_in_any_order() {
        let text = format!(
            "@aws stepfunctions start-execution --region eu-west-1 --name n-1 --state-machine-arn {ARN}"
        );
        let expected = StartExecution {
            name: Some("n-1".into()),
            region: Some("eu-west-1".into()),
            ..start("{}")
        };
        assert_eq!(parse(&text), Ok(expected));
    }

    #[rstest::rstest]
    #[case("hello", "start with `@aws`")]
    #[case("@aws s3 ls", "not `s3 ls`")]
    #[case("@aws stepfunctions start-execution", "say which state machine")]
    #[case(
        "@aws stepfunctions start-execution --state-machine-arn",
        "`--state-machine-arn` stands alone"
    )]
    #[case("@aws stepfunctions start-execution --arn x", "`--arn` is no parameter")]
    #[case("@aws stepfunctions start-execution production", "`production` stands alone")]
    fn what_is_wrong_is_named(#[case] text: &str, #[case] said: &str) {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_fall(text in "(@aws stepfunctions start-execution )?[-=a-z{}\"'“”‘’—\\\\ ]{0,80}") {
            let _ = parse(&text);
        }
    }
}

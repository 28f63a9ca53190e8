//! What input elements hold: Slack's `state.values`.

use serde_json::{Map, Value, json};

/// The state of an element that nobody touched, if it keeps state at all.
pub(crate) fn initial(element: &Value) -> Option<Value> {
    let kind = element["type"].as_str()?;
    let (held, given) = fields(kind)?;
    let empty = if is_list(kind) { json!([]) } else { Value::Null };
    let value = element.get(given).cloned().unwrap_or(empty);
    Some(json!({"type": kind, held: value}))
}

/// The state of an element after a person typed or chose `text`; several choices are parted by commas.
pub(crate) fn typed(element: &Value, text: &str) -> Option<Value> {
    let kind = element["type"].as_str()?;
    let (held, _) = fields(kind)?;
    let text = text.trim_end_matches(['\r', '\n']);
    let value = match (held, text) {
        ("selected_options", _) => json!(
            parted(text)
                .filter_map(|one| option(element, one))
                .collect::<Vec<_>>()
        ),
        (_, _) if is_list(kind) => json!(parted(text).collect::<Vec<_>>()),
        (_, "") => Value::Null,
        ("selected_option", _) => option(element, text).unwrap_or(Value::Null),
        ("selected_date_time", _) => text.parse::<i64>().map_or(Value::Null, |seconds| json!(seconds)),
        _ => json!(text),
    };
    Some(json!({"type": kind, held: value}))
}

/// `block id → action id → state` of every element that keeps state.
pub(crate) fn states(blocks: &[Value], chosen: &Map<String, Value>) -> Value {
    let mut all = Map::new();
    for block in blocks {
        let Some(block_id) = block["block_id"].as_str() else {
            continue;
        };
        let mut of_block = Map::new();
        for element in crate::message::elements(std::slice::from_ref(block)) {
            let Some(action_id) = element["action_id"].as_str() else {
                continue;
            };
            let now = chosen
                .get(block_id)
                .and_then(|actions| actions.get(action_id))
                .cloned();
            if let Some(state) = now.or_else(|| initial(element)) {
                of_block.insert(action_id.to_owned(), state);
            }
        }
        if !of_block.is_empty() {
            all.insert(block_id.to_owned(), Value::Object(of_block));
        }
    }
    Value::Object(all)
}

/// What Slack itself finds wrong with an input block's state before it asks the app.
pub(crate) fn problem(block: &Value, state: &Value) -> Option<String> {
    let element = &block["element"];
    let kind = element["type"].as_str()?;
    let (held, _) = fields(kind)?;
    let value = &state[held];
    let is_empty = value.is_null() || value == "" || value.as_array().is_some_and(Vec::is_empty);
    if is_empty {
        return (block["optional"] != true).then(|| "Please complete this required field.".to_owned());
    }
    let text = value.as_str().unwrap_or_default();
    match kind {
        "plain_text_input" => length_problem(element, text.chars().count() as u64),
        "number_input" => number_problem(element, text),
        "email_text_input" if !text.contains('@') => Some("Please enter a valid email address.".into()),
        "url_text_input" if !text.contains("://") => Some("Please enter a valid URL.".into()),
        _ => None,
    }
}

fn length_problem(element: &Value, length: u64) -> Option<String> {
    let shortest = element["min_length"].as_u64().unwrap_or(0);
    let longest = element["max_length"].as_u64().unwrap_or(3000);
    match length {
        _ if length < shortest => Some(format!("Please enter at least {shortest} characters.")),
        _ if length > longest => Some(format!("Please enter at most {longest} characters.")),
        _ => None,
    }
}

fn number_problem(element: &Value, text: &str) -> Option<String> {
    let bound = |name: &str| element[name].as_str().and_then(|bound| bound.parse::<f64>().ok());
    let Ok(number) = text.parse::<f64>() else {
        return Some("Please enter a number.".into());
    };
    match (bound("min_value"), bound("max_value")) {
        _ if element["is_decimal_allowed"] != true && number.fract() != 0.0 => {
            Some("Please enter a whole number.".into())
        }
        (Some(least), _) if number < least => Some(format!("Please enter a number of at least {least}.")),
        (_, Some(most)) if number > most => Some(format!("Please enter a number of at most {most}.")),
        _ => None,
    }
}

/// Where the state of such an element lies, and where its initial value is given.
fn fields(kind: &str) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        "plain_text_input" | "number_input" | "email_text_input" | "url_text_input" => {
            ("value", "initial_value")
        }
        "static_select" | "external_select" | "radio_buttons" => ("selected_option", "initial_option"),
        "multi_static_select" | "multi_external_select" | "checkboxes" => {
            ("selected_options", "initial_options")
        }
        "datepicker" => ("selected_date", "initial_date"),
        "timepicker" => ("selected_time", "initial_time"),
        "datetimepicker" => ("selected_date_time", "initial_date_time"),
        "users_select" => ("selected_user", "initial_user"),
        "channels_select" => ("selected_channel", "initial_channel"),
        "conversations_select" => ("selected_conversation", "initial_conversation"),
        "multi_users_select" => ("selected_users", "initial_users"),
        "multi_channels_select" => ("selected_channels", "initial_channels"),
        "multi_conversations_select" => ("selected_conversations", "initial_conversations"),
        _ => return None,
    })
}

fn is_list(kind: &str) -> bool {
    kind.starts_with("multi_") || kind == "checkboxes"
}

fn parted(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

/// The offered option with this value, or with this label.
pub(crate) fn option(element: &Value, wanted: &str) -> Option<Value> {
    let plain = element["options"].as_array().into_iter().flatten();
    let groups = element["option_groups"].as_array().into_iter().flatten();
    let grouped = groups.filter_map(|group| group["options"].as_array()).flatten();
    let all: Vec<&Value> = plain.chain(grouped).collect();
    let by = |test: &dyn Fn(&Value) -> bool| {
        all.iter()
            .find(|option| test(option))
            .map(|option| (**option).clone())
    };
    by(&|option| option["value"] == wanted).or_else(|| by(&|option| option["text"]["text"] == wanted))
}

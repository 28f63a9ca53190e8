use chrono::TimeDelta;
use domain::admission::Refusal;
use serde_json::json;

use super::*;
use crate::message::samples::{self, policy, prices};

fn filled(values: serde_json::Value) -> View {
    serde_json::from_value(json!({"callback_id": CREATE, "state": {"values": values}})).unwrap()
}

/// What a reader sees of a form: labels, options, the chosen one, texts.
fn seen(view: &SlackView) -> String {
    let view = serde_json::to_value(view).unwrap();
    let mut lines = vec![format!("[{}]", view["title"]["text"].as_str().unwrap())];
    for block in view["blocks"].as_array().unwrap() {
        let text = |value: &serde_json::Value| value["text"].as_str().unwrap_or_default().to_owned();
        match block["type"].as_str().unwrap() {
            "section" => lines.push(text(&block["text"])),
            "context" => lines.push(format!("({})", text(&block["elements"][0]))),
            _ => {
                lines.push(format!(
                    "{} <{}>",
                    text(&block["label"]),
                    block["block_id"].as_str().unwrap()
                ));
                let element = &block["element"];
                for option in element["options"].as_array().into_iter().flatten() {
                    let mark = if element["initial_option"] == *option {
                        "●"
                    } else {
                        "○"
                    };
                    lines.push(format!("  {mark} {}", text(&option["text"])));
                }
            }
        }
    }
    lines.join("\n")
}

fn of(text: &str) -> Chosen {
    let mut words = text.split(' ').map(str::to_owned);
    let mut next = || words.next().filter(|word| word != "-");
    Chosen {
        source: next().map(|word| word.parse().unwrap()),
        class: next().map(|word| word.parse().unwrap()),
        lifetime: next().map(|word| word.parse().unwrap()),
    }
}

#[test]
fn the_form_offers_what_the_policy_allows() {
    insta::assert_json_snapshot!(create(&policy(), &prices(), "C0CLONES", &Chosen::default()));
}

#[test]
fn each_choice_has_its_own_estimate() {
    let mut policy = policy();
    let mut other = policy.sources.values().next().unwrap().clone();
    other.classes = vec![
        "db.t4g.medium".parse().unwrap(),
        "db.r6g.16xlarge".parse().unwrap(),
    ];
    other.max_lifetime = "12h".parse().unwrap();
    policy.sources.insert("analytics".parse().unwrap(), other);
    let forms = [
        "-",
        "production",
        "production serverless:0-4 3d",
        "production db.r6g.large 5d",
        // Chosen for another source: what this one does not offer falls back to its own.
        "analytics serverless:0-4 3d",
        "analytics db.r6g.16xlarge 2h",
    ];
    let forms = forms.map(|text| format!("# {text}\n{}", seen(&create(&policy, &prices(), "C1", &of(text)))));
    insta::assert_snapshot!(forms.join("\n\n"));
}

#[test]
fn the_extend_form_offers_what_is_left() {
    let clone = samples::ready();
    let forms = [13 * 24, 30, 1].map(|hours| extend(&clone, TimeDelta::hours(hours), &prices()).unwrap());
    insta::assert_snapshot!(forms.each_ref().map(seen).join("\n\n"));
    assert_eq!(extend(&clone, TimeDelta::minutes(59), &prices()), None);
}

#[test]
fn a_filled_form_is_a_wish() {
    let view = filled(json!({
        "source": {"source": {"type": "static_select", "selected_option": {"value": "production"}}},
        "class-production": {"class": {"type": "static_select", "selected_option": null}},
        "lifetime-production": {"lifetime": {"type": "static_select", "selected_option": {"value": "3d"}}},
        "options": {"options": {"type": "checkboxes", "selected_options": [{"value": "data_api"}]}},
    }));
    let wish = read(&view).unwrap();
    assert_eq!(wish.source.unwrap().as_str(), "production");
    assert_eq!((wish.class, wish.lifetime.unwrap().hours()), (None, 72));
    assert!(wish.options.data_api);
    assert_eq!(chosen(&view), of("production - 3d"));
}

#[test]
fn what_is_wrong_is_told_at_its_field() {
    let view = filled(json!({
        "source": {"source": {"selected_option": {"value": "Prod!"}}},
        "class-production": {"class": {"selected_option": {"value": "huge"}}},
        "lifetime": {"lifetime": {"value": "soon"}},
    }));
    let wrong = read(&view).unwrap_err();
    assert_eq!(
        wrong.keys().collect::<Vec<_>>(),
        ["class-production", "lifetime", "source"]
    );
    let at = |refusal: &Refusal| at_field(&view, refusal).into_keys().next().unwrap();
    assert_eq!(at(&Refusal::NoProxy("production".parse().unwrap())), "options");
    let refusal = Refusal::ClassNotAllowed {
        class: "db.r6g.large".parse().unwrap(),
        name: "production".parse().unwrap(),
        allowed: "none".into(),
    };
    assert_eq!(at(&refusal), "class-production");
}

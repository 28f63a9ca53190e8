use serde_json::Value;

use super::Check;

const SELECTS: &[&str] = &[
    "static_select",
    "external_select",
    "users_select",
    "conversations_select",
    "channels_select",
    "multi_static_select",
    "multi_external_select",
    "multi_users_select",
    "multi_conversations_select",
    "multi_channels_select",
];
const CHOICES: &[&str] = &["checkboxes", "radio_buttons", "datepicker", "timepicker"];
const INPUTS: &[&str] = &[
    "plain_text_input",
    "number_input",
    "email_text_input",
    "url_text_input",
    "datetimepicker",
];

/// Fields that any interactive element may have.
const COMMON: &[&str] = &["type", "action_id", "confirm", "focus_on_load"];

impl Check {
    pub(super) fn action_element(&mut self, element: &Value, at: &str) {
        self.one_of(
            element,
            at,
            &[&["button", "overflow", "datetimepicker"], CHOICES, SELECTS],
        );
    }

    pub(super) fn accessory(&mut self, element: &Value, at: &str) {
        if element["type"] == "image" {
            return self.context_element(element, at);
        }
        self.one_of(element, at, &[&["button", "overflow"], CHOICES, SELECTS]);
    }

    pub(super) fn input_element(&mut self, element: &Value, at: &str) {
        self.one_of(element, at, &[INPUTS, CHOICES, SELECTS]);
    }

    pub(super) fn context_element(&mut self, element: &Value, at: &str) {
        if element["type"] != "image" {
            return self.text(element, at, 3000);
        }
        self.known(element, at, &["type", "image_url", "alt_text", "slack_file"]);
        self.image(element, at);
    }

    fn one_of(&mut self, element: &Value, at: &str, kinds: &[&[&str]]) {
        let kind = element["type"].as_str().unwrap_or_default();
        if !kinds.concat().contains(&kind) {
            return self.complain(&format!("unsupported type: {kind}"), &format!("{at}/type"));
        }
        self.known(element, at, &[COMMON, own_fields(kind)].concat());
        self.string(&element["action_id"], &format!("{at}/action_id"), 0, 255);
        if !element["placeholder"].is_null() {
            self.plain(&element["placeholder"], &format!("{at}/placeholder"), 150);
        }
        if !element["confirm"].is_null() {
            self.confirm(&element["confirm"], &format!("{at}/confirm"));
        }
        match kind {
            "button" => self.button(element, at),
            "overflow" => self.options(element, at, 5),
            "checkboxes" | "radio_buttons" => self.options(element, at, 10),
            "static_select" | "multi_static_select" => self.select(element, at),
            "plain_text_input" => {
                self.string(&element["initial_value"], &format!("{at}/initial_value"), 0, 3000)
            }
            "number_input" => self.required(element, at, &["is_decimal_allowed"]),
            "datepicker" => self.date(&element["initial_date"], &format!("{at}/initial_date")),
            _ => {}
        }
    }

    fn button(&mut self, button: &Value, at: &str) {
        self.required(button, at, &["text"]);
        self.plain(&button["text"], &format!("{at}/text"), 75);
        self.string(&button["value"], &format!("{at}/value"), 0, 2000);
        self.string(&button["url"], &format!("{at}/url"), 1, 3000);
        self.style(&button["style"], at);
    }

    fn style(&mut self, style: &Value, at: &str) {
        if !style.is_null() && style != "primary" && style != "danger" {
            self.complain("must be one of: primary, danger", &format!("{at}/style"));
        }
    }

    fn confirm(&mut self, confirm: &Value, at: &str) {
        self.known(confirm, at, &["title", "text", "confirm", "deny", "style"]);
        self.required(confirm, at, &["title", "text", "confirm", "deny"]);
        self.plain(&confirm["title"], &format!("{at}/title"), 100);
        if !confirm["text"].is_null() {
            self.text(&confirm["text"], &format!("{at}/text"), 300);
        }
        self.plain(&confirm["confirm"], &format!("{at}/confirm"), 30);
        self.plain(&confirm["deny"], &format!("{at}/deny"), 30);
        self.style(&confirm["style"], at);
    }

    fn select(&mut self, select: &Value, at: &str) {
        match (select["options"].is_null(), select["option_groups"].is_null()) {
            (false, true) => self.options(select, at, 100),
            (true, false) => {
                self.list(
                    &select["option_groups"],
                    &format!("{at}/option_groups"),
                    100,
                    |check, group, at| {
                        check.plain(&group["label"], &format!("{at}/label"), 75);
                        check.options(group, at, 100);
                    },
                );
            }
            _ => self.complain("must have either options or option_groups", at),
        }
        self.offered(select, at);
    }

    /// Slack refuses an initial option that is not among those offered.
    fn offered(&mut self, select: &Value, at: &str) {
        let initial = &select["initial_option"];
        let value = initial["value"].as_str().unwrap_or_default();
        if !initial.is_null() && crate::values::option(select, value).as_ref() != Some(initial) {
            self.complain("must match one of the options", &format!("{at}/initial_option"));
        }
    }

    fn options(&mut self, element: &Value, at: &str, most: usize) {
        self.required(element, at, &["options"]);
        self.list(
            &element["options"],
            &format!("{at}/options"),
            most,
            |check, option, at| {
                check.known(option, at, &["text", "value", "description", "url"]);
                check.required(option, at, &["text", "value"]);
                if !option["text"].is_null() {
                    check.text(&option["text"], &format!("{at}/text"), 75);
                }
                check.string(&option["value"], &format!("{at}/value"), 1, 150);
                if !option["description"].is_null() {
                    check.text(&option["description"], &format!("{at}/description"), 75);
                }
            },
        );
    }

    fn date(&mut self, date: &Value, at: &str) {
        let is_date = |text: &str| text.parse::<chrono::NaiveDate>().is_ok();
        if !date.is_null() && !date.as_str().is_some_and(is_date) {
            self.complain("must be a date as YYYY-MM-DD", at);
        }
    }
}

/// Fields that belong to this kind alone.
fn own_fields(kind: &str) -> &'static [&'static str] {
    match kind {
        "button" => &["text", "value", "url", "style", "accessibility_label"],
        "overflow" => &["options"],
        "checkboxes" => &["options", "initial_options"],
        "radio_buttons" => &["options", "initial_option"],
        "datepicker" => &["initial_date", "placeholder"],
        "timepicker" => &["initial_time", "placeholder", "timezone"],
        "datetimepicker" => &["initial_date_time"],
        "plain_text_input" => &[
            "initial_value",
            "multiline",
            "min_length",
            "max_length",
            "placeholder",
            "dispatch_action_config",
        ],
        "number_input" => &[
            "initial_value",
            "is_decimal_allowed",
            "min_value",
            "max_value",
            "placeholder",
            "dispatch_action_config",
        ],
        "email_text_input" | "url_text_input" => &["initial_value", "placeholder", "dispatch_action_config"],
        _ => &[
            "placeholder",
            "options",
            "option_groups",
            "initial_option",
            "initial_options",
            "initial_user",
            "initial_users",
            "initial_channel",
            "initial_channels",
            "initial_conversation",
            "initial_conversations",
            "default_to_current_conversation",
            "filter",
            "max_selected_items",
            "min_query_length",
            "response_url_enabled",
        ],
    }
}

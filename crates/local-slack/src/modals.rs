//! Modals: opening, acting, submitting, closing.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::actions::keep;
use crate::answer::Answer;
use crate::blocks;
use crate::shared::{Change, Shared};
use crate::values;
use crate::view::View;

impl Shared {
    /// Builds a view from what the app gave: ids filled in, on top of `beneath`.
    pub(crate) fn build_view(&self, user: &str, mut body: Value, beneath: Option<&View>) -> View {
        let blocks = self.store().named(blocks::listed(&body["blocks"]));
        body["blocks"] = Value::Array(blocks);
        let id = format!("V{}", Uuid::new_v4().simple());
        View {
            user: user.to_owned(),
            hash: new_hash(),
            body,
            root_id: beneath.map_or_else(|| id.clone(), |view| view.root_id.clone()),
            previous_id: beneath.map(|view| view.id.clone()),
            errors: BTreeMap::new(),
            chosen: Map::new(),
            id,
        }
    }

    /// Puts a view on top of a person's modals.
    pub(crate) fn show_modal(&self, view: View) {
        let user = view.user.clone();
        self.store().modals.entry(user.clone()).or_default().push(view);
        self.changed(Change::Modals { user });
    }

    /// Replaces what a view shows; what was typed stays where block and action ids stay.
    pub(crate) fn replace_view(&self, id: &str, mut body: Value) -> Option<View> {
        let mut store = self.store();
        let blocks = store.named(blocks::listed(&body["blocks"]));
        body["blocks"] = Value::Array(blocks);
        let view = store.view_mut(id)?;
        view.body = body;
        view.hash = new_hash();
        view.errors.clear();
        let view = view.clone();
        drop(store);
        self.changed(Change::Modals {
            user: view.user.clone(),
        });
        self.changed(Change::Home {
            user: view.user.clone(),
        });
        Some(view)
    }

    /// The person's topmost modal.
    pub(crate) fn top_modal(&self, user: &str) -> Option<View> {
        self.store().modals.get(user)?.last().cloned()
    }

    /// A person submits a modal. `typed` names a block or an action, and what was typed or chosen there.
    pub(crate) async fn submits(&self, user: &str, view_id: &str, typed: &[(&str, &str)]) -> Answer {
        let Some(view) = self.type_in(user, view_id, typed) else {
            return Answer::failed("view_not_found");
        };
        let own = own_problems(&view);
        if !own.is_empty() {
            return self.show_errors(&view, own);
        }
        let Some(path) = self.interactions_path() else {
            return Answer::failed("interactivity_not_enabled");
        };
        let ack = match self.deliver(&path, self.view_submission(&view)).await {
            Ok(ack) => ack,
            Err(name) => return Answer::failed(name),
        };
        let mut answer = Answer {
            failure: ack.failure().map(str::to_owned),
            ..Answer::acknowledged(Some(ack))
        };
        if answer.failure.is_none() {
            let shown = self.obey(&view, &answer.body);
            answer.failure = shown.failure;
            answer.field_errors = shown.field_errors;
        }
        answer
    }

    /// Writes what was typed into the view's state.
    fn type_in(&self, user: &str, view_id: &str, typed: &[(&str, &str)]) -> Option<View> {
        let mut store = self.store();
        let view = store.view_mut(view_id).filter(|view| view.user == user)?;
        for block in view.body["blocks"].as_array().into_iter().flatten() {
            for element in crate::message::elements(std::slice::from_ref(block)) {
                let named = |name: &str| block["block_id"] == name || element["action_id"] == name;
                let text = typed.iter().find(|(name, _)| named(name)).map(|(_, text)| *text);
                if let Some(state) = text.and_then(|text| values::typed(element, text)) {
                    keep(&mut view.chosen, block, element, state);
                }
            }
        }
        view.errors.clear();
        Some(view.clone())
    }

    /// Does what the app's answer to a submission says.
    fn obey(&self, view: &View, body: &str) -> Answer {
        let Ok(answer) = serde_json::from_str::<Value>(if body.trim().is_empty() { "{}" } else { body })
        else {
            return Answer::failed("invalid_response");
        };
        let next = &answer["view"];
        match answer["response_action"].as_str() {
            None => self.close(view),
            Some("clear") => self.clear(&view.user),
            Some("errors") => return self.show_errors(view, errors_of(&answer["errors"])),
            Some("update" | "push") if !blocks::check_view(next).is_empty() => {
                return Answer::failed("invalid_view");
            }
            Some("update") => drop(self.replace_view(&view.id, next.clone())),
            Some("push") => self.show_modal(self.build_view(&view.user, next.clone(), Some(view))),
            Some(_) => return Answer::failed("invalid_response_action"),
        }
        Answer::default()
    }

    fn show_errors(&self, view: &View, errors: BTreeMap<String, String>) -> Answer {
        if let Some(view) = self.store().view_mut(&view.id) {
            view.errors.clone_from(&errors);
        }
        self.changed(Change::Modals {
            user: view.user.clone(),
        });
        Answer {
            field_errors: errors,
            ..Answer::default()
        }
    }

    fn close(&self, view: &View) {
        if let Some(stack) = self.store().modals.get_mut(&view.user) {
            stack.retain(|open| open.id != view.id);
        }
        self.changed(Change::Modals {
            user: view.user.clone(),
        });
    }

    fn clear(&self, user: &str) {
        self.store().modals.remove(user);
        self.changed(Change::Modals {
            user: user.to_owned(),
        });
    }

    /// A person closes a modal, or with `all` the whole stack; apps hear of it if they asked to.
    pub(crate) async fn closes(&self, user: &str, view_id: &str, all: bool) -> Answer {
        let found = self
            .store()
            .view(view_id)
            .filter(|view| view.user == user)
            .cloned();
        let Some(view) = found else {
            return Answer::failed("view_not_found");
        };
        if all {
            self.clear(user)
        } else {
            self.close(&view)
        }
        if view.body["notify_on_close"] == true {
            return self.interact(self.view_closed(&view, all)).await;
        }
        Answer::default()
    }

    /// A person presses a button, or chooses a value, in a modal or on the home tab.
    pub(crate) async fn acts_in_view(
        &self,
        user: &str,
        view_id: &str,
        action_id: &str,
        value: Option<&str>,
    ) -> Answer {
        let typed: Vec<(&str, &str)> = value.map(|value| (action_id, value)).into_iter().collect();
        let Some(view) = self.type_in(user, view_id, &typed) else {
            return Answer::failed("view_not_found");
        };
        let Some((block, element)) = crate::message::find_element(view.blocks(), action_id) else {
            return Answer::failed("action_not_found");
        };
        let action = self.action(&block, &element, value);
        self.interact(self.view_action(&view, action)).await
    }
}

fn own_problems(view: &View) -> BTreeMap<String, String> {
    let states = values::states(view.blocks(), &view.chosen);
    let inputs = view.blocks().iter().filter(|block| block["type"] == "input");
    let found = inputs.filter_map(|block| {
        let id = block["block_id"].as_str()?;
        let state = &states[id][block["element"]["action_id"].as_str()?];
        Some((id.to_owned(), values::problem(block, state)?))
    });
    found.collect()
}

fn errors_of(errors: &Value) -> BTreeMap<String, String> {
    let all = errors.as_object().into_iter().flatten();
    all.map(|(block, sentence)| (block.clone(), sentence.as_str().unwrap_or_default().to_owned()))
        .collect()
}

fn new_hash() -> String {
    Uuid::new_v4().simple().to_string()
}

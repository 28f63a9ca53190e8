//! Whether every transition leads somewhere, every state can be reached, and the machine can end.

use std::collections::{BTreeMap, BTreeSet};

use super::{Flow, Kind, Next, Problem, State};

/// What is wrong with the transitions of `flow`, whose own place in the definition is `at`.
///
pub(super) fn check(flow: &Flow, at: &str) -> Vec<Problem> {
    let mut problems: Vec<Problem> = missing(flow, at).collect();
    if !flow.states.values().any(is_terminal) && !flow.states.is_empty() {
        problems.push(Problem {
            code: "MISSING_END_STATE",
            message:
                "Workflow has no terminal state: give one state \"End\": true, or add a Succeed or Fail state"
                    .into(),
            location: (!at.is_empty()).then(|| at.to_owned()),
        });
        return problems;
    }
    let reached = reachable(flow);
    problems.extend(
        flow.states
            .keys()
            .filter(|name| !reached.contains(name.as_str()))
            .map(|name| Problem {
                code: "MISSING_TRANSITION_TARGET",
                message: format!("State \"{name}\" is not reachable."),
                location: Some(format!("{at}/States/{name}")),
            }),
    );
    problems
}

fn missing<'a>(flow: &'a Flow, at: &'a str) -> impl Iterator<Item = Problem> + 'a {
    let start = (flow.start_at.as_str(), format!("{at}/StartAt"));
    let rest = flow.states.values().flat_map(move |state| {
        targets(state)
            .into_iter()
            .map(move |(to, field)| (to, format!("{at}/States/{}/{field}", state.name)))
    });
    std::iter::once(start)
        .chain(rest)
        .filter(|(to, _)| !to.is_empty() && !flow.states.contains_key(*to))
        .map(|(to, place)| Problem {
            code: "MISSING_TRANSITION_TARGET",
            message: format!("Missing 'Next' target: {to}{}", nearest(&flow.states, to)),
            location: Some(place),
        })
}

/// Every state that `state` may lead to, with the field that says so.
fn targets(state: &State) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    if let Next::State(next) = &state.next {
        found.push((next.as_str(), "Next".to_owned()));
    }
    if let Kind::Choice { rules, default } = &state.kind {
        found.extend(
            rules
                .iter()
                .enumerate()
                .map(|(i, rule)| (rule.next.as_str(), format!("Choices[{i}]/Next"))),
        );
        found.extend(default.as_deref().map(|name| (name, "Default".to_owned())));
    }
    found.extend(
        state
            .catch
            .iter()
            .enumerate()
            .map(|(i, it)| (it.next.as_str(), format!("Catch[{i}]/Next"))),
    );
    found
}

fn is_terminal(state: &State) -> bool {
    state.next == Next::End && !matches!(state.kind, Kind::Choice { .. })
}

fn reachable(flow: &Flow) -> BTreeSet<&str> {
    let mut reached = BTreeSet::new();
    let mut waiting = vec![flow.start_at.as_str()];
    while let Some(name) = waiting.pop() {
        if let Some(state) = flow.states.get(name)
            && reached.insert(name)
        {
            waiting.extend(targets(state).into_iter().map(|(to, _)| to));
        }
    }
    reached
}

fn nearest(states: &BTreeMap<String, State>, wrong: &str) -> String {
    match states.keys().find(|name| name.eq_ignore_ascii_case(wrong.trim())) {
        Some(name) => format!(" (there is a state \"{name}\")"),
        None => String::new(),
    }
}

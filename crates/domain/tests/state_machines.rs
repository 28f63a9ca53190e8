//! The state machines say the same names as the Rust code, and leave no step without a timeout and a way out.

#![allow(
    clippy::unwrap_used,
    reason = "a test's helper fails as the test itself would"
)]

use std::collections::BTreeSet;

use domain::Failure;
use domain::workflow::{Caught, MaskTask, StepAnswer, SweepAnswer};
use serde_json::Value;

const CLONE: &str = include_str!("../../../statemachine/clone.asl.json");
const SWEEP: &str = include_str!("../../../statemachine/sweep.asl.json");

/// What Lambda itself may raise, on which every call of a Lambda is tried again.
const LAMBDA: [&str; 5] = [
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
];

/// Steps whose failure leads to Abandon.
const STEPS: [&str; 6] = ["Clone", "Approval", "MaskCommand", "Mask", "Resize", "Release"];

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Every state of a machine, those of its Maps too, by name.
fn states(machine: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (name, state) in machine["States"].as_object().unwrap() {
        if state["ItemProcessor"].is_object() {
            found.extend(states(&state["ItemProcessor"]));
        }
        found.push((name.clone(), state.clone()));
    }
    found
}

fn names(rules: &Value) -> Vec<String> {
    let rules = rules.as_array().into_iter().flatten();
    rules
        .flat_map(|rule| rule["ErrorEquals"].as_array().unwrap())
        .map(|name| name.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn what_the_machines_match_is_what_rust_says_they_match() {
    let matched: BTreeSet<String> = [CLONE, SWEEP]
        .iter()
        .flat_map(|text| states(&read(text)))
        .flat_map(|(_, state)| names(&state["Retry"]).into_iter().chain(names(&state["Catch"])))
        .filter(|name| !name.contains('.'))
        .collect();
    let named: BTreeSet<String> = Failure::NAMED_BY_ASL
        .iter()
        .map(|failure| failure.name().to_owned())
        .collect();
    assert_eq!(matched, named);
}

#[test]
fn every_task_has_a_timeout_and_every_lambda_is_tried_again() {
    for (name, state) in [CLONE, SWEEP].iter().flat_map(|text| states(&read(text))) {
        if state["Type"] != "Task" {
            continue;
        }
        assert!(!state["TimeoutSeconds"].is_null(), "{name} has no timeout");
        let resource = state["Resource"].as_str().unwrap();
        if resource.starts_with("arn:aws:states:::lambda:invoke") {
            let tried_again = names(&state["Retry"]);
            for error in LAMBDA.iter().copied().chain([Failure::Transient.name()]) {
                assert!(
                    tried_again.iter().any(|name| name == error),
                    "{name} does not retry {error}"
                );
            }
        }
    }
}

#[test]
fn every_failure_before_the_hand_over_leads_to_abandon_with_the_step_that_failed() {
    let machine = read(CLONE);
    for step in STEPS {
        let catch = machine["States"][step]["Catch"].as_array().unwrap();
        let to_abandon: Vec<&Value> = catch.iter().filter(|rule| rule["Next"] == "Abandon").collect();
        let caught: Vec<String> = to_abandon
            .iter()
            .flat_map(|rule| names(&Value::from(vec![(*rule).clone()])))
            .collect();
        assert_eq!(caught, ["States.DataLimitExceeded", "States.ALL"], "{step}");
        assert_eq!(
            catch.last(),
            to_abandon.last().copied(),
            "{step}: States.ALL must come last"
        );
        for rule in to_abandon {
            let caught: Caught = serde_json::from_value(rule["Assign"]["caught"].clone()).unwrap();
            assert_eq!(caught.step.to_string(), step);
        }
    }
}

#[test]
fn after_release_nothing_leads_to_abandon_and_no_notice_can_harm() {
    let machine = read(CLONE);
    let notify = &machine["States"]["Notify"];
    assert_eq!(notify["Next"], "Handed over");
    assert_eq!(notify["Catch"][0]["Next"], "Handed over");
    assert_eq!(names(&notify["Catch"]), ["States.ALL"]);
    assert_eq!(machine["States"]["Handed over"]["Type"], "Succeed");
}

/// A masking that broke off is begun anew from Clone, by way of Discard alone, and whatever Discard cannot do is
/// Abandon's, with what the Mask step was caught with.
#[test]
fn a_broken_off_masking_alone_leads_back_to_the_clone() {
    let machine = read(CLONE);
    let back: Vec<_> = states(&machine)
        .into_iter()
        .filter(|(name, state)| {
            let choices = state["Choices"].as_array().into_iter().flatten();
            let mut nexts = choices.chain([state]).map(|it| &it["Next"]);
            !["Begin", "Clone goes on", "Approval"].contains(&name.as_str())
                && nexts.any(|next| next == "Clone")
        })
        .map(|(name, _)| name)
        .collect();
    assert_eq!(back, ["Discard is over?"]);
    let rule = &machine["States"]["Mask"]["Catch"][0];
    assert_eq!(
        names(&Value::from(vec![rule.clone()])),
        [domain::workflow::TASK_FAILED]
    );
    assert_eq!(rule["Next"], "Discard");
    assert_eq!(rule["Assign"]["caught"]["step"], "Mask");
    let discard = &machine["States"]["Discard"];
    assert_eq!(discard["Arguments"]["Payload"]["start_over"], true);
    let catch = discard["Catch"].as_array().unwrap();
    assert!(
        catch
            .iter()
            .all(|rule| rule["Next"] == "Abandon" && rule["Assign"].is_null())
    );
    assert_eq!(
        names(&discard["Catch"]),
        ["States.DataLimitExceeded", "States.ALL"]
    );
    assert_eq!(machine["States"]["Discard is over?"]["Default"], "Abandon");
}

/// An approver's word, the end of the time for it, and a token that was lost all lead to the one that reads the record.
#[test]
fn however_the_wait_for_an_approval_ends_the_record_is_read_again() {
    let machine = read(CLONE);
    let approval = &machine["States"]["Approval"];
    assert_eq!(
        approval["Resource"],
        "arn:aws:states:::lambda:invoke.waitForTaskToken"
    );
    assert_eq!(approval["Next"], "Clone");
    let late = approval["Catch"].as_array().unwrap().iter();
    let late = late.filter(|rule| rule["ErrorEquals"][0] == "States.Timeout");
    assert!(late.into_iter().all(|rule| rule["Next"] == "Clone"));
    assert!(
        !names(&approval["Retry"]).contains(&"States.Timeout".to_owned()),
        "its time is over once"
    );
    assert_eq!(
        approval["Arguments"]["Payload"]["task_token"],
        "{% $states.context.Task.Token %}"
    );
    let choices = machine["States"]["Clone is over?"]["Choices"].as_array().unwrap();
    let awaiting = serde_json::to_value(domain::workflow::Status::Awaiting).unwrap();
    let condition = format!("$states.input.status = '{}'", awaiting.as_str().unwrap());
    let to_approval = |rule: &&Value| rule["Next"] == "Approval";
    assert!(
        choices
            .iter()
            .filter(to_approval)
            .all(|rule| rule["Condition"].as_str().unwrap().contains(&condition))
    );
    assert_eq!(choices.iter().filter(to_approval).count(), 1);
}

/// The machines read fields of what the Lambdas answer; a renamed field would be an undefined value there.
#[test]
fn what_the_machines_read_is_what_the_lambdas_answer() {
    use domain::workflow::Status;
    let id = "doppel-production-20260131-k3x9qa".parse().unwrap();
    let step = StepAnswer {
        clone_id: id,
        status: Status::Done,
        wait_seconds: 1,
    };
    let task = MaskTask {
        task_definition: "t".into(),
        container: "c".into(),
        command: vec![],
    };
    let sweep = SweepAnswer {
        status: Some(Status::Waiting),
        ..SweepAnswer::default()
    };
    let (step, task) = (
        serde_json::to_value(step).unwrap(),
        serde_json::to_value(task).unwrap(),
    );
    let sweep = serde_json::to_value(sweep).unwrap();
    assert_eq!(
        (&step["status"], &sweep["status"]),
        (&"done".into(), &"waiting".into())
    );
    for field in ["clone_id", "status", "wait_seconds"] {
        assert!(step.get(field).is_some() && sweep.get(field).is_some(), "{field}");
    }
    assert!(sweep.get("released").is_some() && sweep.get("again").is_some());
    for field in ["task_definition", "container", "command"] {
        assert!(
            task.get(field).is_some() && CLONE.contains(&format!("$states.input.{field} ")),
            "{field}"
        );
    }
}

#[test]
fn terraforms_template_language_finds_no_directive_in_them() {
    for text in [CLONE, SWEEP] {
        assert!(!text.contains("%{"), "`%{{` begins a directive");
        assert!(!text.contains("{%$"), "a blank belongs after `{{%`");
    }
}

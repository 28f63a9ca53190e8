use domain::admission::{Refusal, Who, grant, may_ask};
use domain::people::Groups;
use domain::policy::Engine;
use domain::record::{Answer, DeleteReason, NoAnswer};
use domain::request::{Options, Wish};
use domain::workflow::{Caught, State};
use domain::{CloneState, Failure, Policy};

use super::samples::{self as sample, execution, policy, prices, start};
use super::*;
use crate::command::Misread;

/// What a reader sees, block by block.
fn shown(message: &Message) -> String {
    let blocks = serde_json::to_value(&message.blocks).unwrap();
    let mut lines = vec![format!("[{}]", message.text)];
    for block in blocks.as_array().unwrap() {
        let texts = texts_of(block);
        lines.push(format!("-- {}", block["type"].as_str().unwrap()));
        lines.extend(texts);
    }
    lines.join("\n")
}

fn texts_of(block: &serde_json::Value) -> Vec<String> {
    let mut texts = Vec::new();
    let all = [&block["text"], &block["accessory"]].into_iter();
    let listed = ["fields", "elements"]
        .iter()
        .filter_map(|key| block[*key].as_array())
        .flatten();
    for item in all.chain(listed) {
        match (&item["type"], &item["text"]) {
            (_, serde_json::Value::String(text)) => texts.push(text.clone()),
            (kind, label) if kind == "button" => {
                let asks = if item["confirm"].is_object() {
                    ", asks first"
                } else {
                    ""
                };
                texts.push(format!(
                    "({} → {}{asks})",
                    label["text"].as_str().unwrap(),
                    item["action_id"].as_str().unwrap()
                ));
            }
            _ => {}
        }
    }
    texts
}

macro_rules! snapshot {
    ($name:literal, $message:expr) => {
        insta::assert_snapshot!($name, shown(&$message));
    };
}

#[test]
fn a_life_is_told_from_request_to_deletion() {
    snapshot!("requested", of(&sample::requested(), &prices()));
    snapshot!("masking", of(&sample::masking(), &prices()));
    snapshot!("discarding", of(&sample::discarding(), &prices()));
    snapshot!("masking_again", of(&sample::masking_again(), &prices()));
    snapshot!("ready", of(&sample::ready(), &prices()));
    snapshot!("warning", warning(&sample::ready()));
    snapshot!("deleting", of(&sample::deleting(), &prices()));
    snapshot!("deleted", of(&sample::deleted(), &prices()));
}

#[test]
fn a_failure_is_told_with_what_was_cleaned_up() {
    let mut clone = sample::failed();
    snapshot!("failed", of(&clone, &prices()));
    clone.claim_deletion(DeleteReason::Failed, start());
    clone.close(start() + chrono::TimeDelta::minutes(20));
    snapshot!("failed_and_cleaned_up", of(&clone, &prices()));
    snapshot!("failed_by_findings", of(&sample::found(), &prices()));
    snapshot!("failed_twice", {
        let mut clone = sample::masking_again();
        let killed = Caught {
            step: State::Mask,
            error: "States.TaskFailed".into(),
            cause: r#"{"Containers":[{"Name":"mask-worker","ExitCode":137}]}"#.into(),
        };
        let failed = clone.explain(&killed, start());
        clone.fail(failed);
        of(&clone, &prices())
    });
    let mut refused = sample::requested();
    refused.fail(domain::record::Failed {
        step: State::Clone,
        failure: Failure::NoSlot,
        cause: "all 12 clone slots of this source are taken".into(),
        at: start(),
    });
    refused.close(start());
    snapshot!("refused_by_a_full_lineage", of(&refused, &prices()));
}

#[test]
fn mysql_serverless_and_a_fallback_without_a_price() {
    let mut clone = sample::ready();
    clone.engine = Engine::Mysql;
    clone.target_class = "serverless:0-4".parse().unwrap();
    clone.access.as_mut().unwrap().database = "it's; rm -rf".into();
    snapshot!("ready_mysql", of(&clone, &prices()));
    clone.options.data_api = true;
    let mut priced = prices();
    let acu = &mut priced.standard.acu_hour;
    acu.insert(clone.engine.rds_name().to_owned(), 0.14);
    snapshot!("ready_serverless", of(&clone, &priced));
    clone.target_class = "serverless:2-8".parse().unwrap();
    let said = shown(&of(&clone, &priced));
    assert!(
        said.contains("$0.28 to $1.12 an hour") && !said.contains("sleep"),
        "{said}"
    );
    let mut clone = sample::masking();
    clone.target_class = "serverless:0-4".parse().unwrap();
    clone.options = Options {
        data_api: true,
        proxy: false,
    };
    clone.enter(CloneState::Resizing, start() + chrono::TimeDelta::seconds(400));
    snapshot!("resizing_to_a_fallback", of(&clone, &Prices::default()));
}

#[test]
fn a_request_that_needs_an_approval_asks_for_it_and_tells_what_came_of_it() {
    let asked = sample::awaiting();
    snapshot!("awaiting", of(&asked, &prices()));
    let mut unheard = asked.clone();
    unheard.approval.as_mut().unwrap().token = None;
    let said = shown(&of(&unheard, &prices()));
    assert!(
        !said.contains(action::APPROVE),
        "nobody waits for an answer yet: {said}"
    );
    let dora = Principal::Slack("U0DORA".into());
    let mut approved = asked.clone();
    let later = start() + chrono::TimeDelta::minutes(5);
    approved.answer(Answer::Approved, dora.clone(), later).unwrap();
    approved.enter(CloneState::Cloning, later);
    snapshot!("approved", of(&approved, &prices()));
    let mut denied = asked.clone();
    denied
        .answer(
            Answer::Denied("db.t4g.medium will <!channel> *do*".into()),
            dora,
            later,
        )
        .unwrap();
    let failed = domain::record::Failed {
        step: State::Clone,
        failure: Failure::Denied,
        cause: "the request was denied: db.t4g.medium will do".into(),
        at: later,
    };
    denied.fail(failed);
    snapshot!("denied", of(&denied, &prices()));
    let late = NoAnswer::Answered(approved.id.clone());
    let own = Refusal::OwnRequest(asked.id.clone());
    let said = [answered(&approved), not_answered(&denied, &late), refused(&own)];
    snapshot!(
        "answers_of_approvers",
        Message::new(
            "answers".into(),
            said.into_iter().flat_map(|said| said.blocks).collect(),
        )
    );
}

#[test]
fn answers_to_commands_and_buttons() {
    let granted = grant(&policy(), &Wish::default()).unwrap();
    let refusal = may_ask(
        &Policy {
            people: domain::policy::People {
                users: ["U1".parse().unwrap()].into_iter().collect(),
                ..Default::default()
            },
            ..policy()
        },
        Who {
            principal: &Principal::Slack("U2".into()),
            channel: None,
            groups: &Groups::default(),
        },
    );
    let too_long = Refusal::TooLong {
        asked: "9d".parse().unwrap(),
        most: "7d".parse().unwrap(),
        name: "production".parse().unwrap(),
    };
    let not_yours = Refusal::NotYours(sample::ready().id, domain::admission::Deed::See);
    let more = "14d".parse().unwrap();
    let (alice, nobody) = (Principal::Slack("U0ALICE".into()), Groups::default());
    let who = Who {
        principal: &alice,
        channel: None,
        groups: &nobody,
    };
    let total_life = domain::admission::extend(&policy(), who, &sample::ready(), more, start()).unwrap_err();
    let caught = Caught {
        step: State::Clone,
        error: "BadRequest".into(),
        cause: r#"{"errorMessage":"`class`: `huge` is no class"}"#.into(),
    };
    let answers = [
        asked(&granted),
        refused(&refusal.unwrap_err()),
        refused(&too_long),
        refused(&not_yours),
        refused(&total_life),
        misread(&Misread::UnknownWord {
            word: "lsit".into(),
            nearest: Some("list".into()),
        }),
        already_gone(&sample::deleted()),
        already_gone(&sample::deleting()),
        not_ready(&sample::masking()),
        no_such("k3x9qa"),
        several("k3x9qa", &[sample::ready().id]),
        extended(&sample::ready()),
        deletion_started(&sample::ready().id),
        how_to_connect(&sample::ready()),
        how_to_connect(&sample::masking()),
        how_to_connect(&sample::deleted()),
        refused_execution(&execution(), &caught, &Told::User("U0ALICE".into())),
        refused_execution(&execution(), &caught, &Told::Everybody),
        broken_config(),
        went_wrong(),
        slack_trouble("/clone production 4h"),
    ];
    insta::assert_snapshot!(
        "answers",
        answers.iter().map(shown).collect::<Vec<_>>().join("\n\n")
    );
}

#[test]
fn help_list_and_show() {
    snapshot!("help", help(&policy()));
    snapshot!(
        "list",
        list(&[sample::ready(), sample::masking(), sample::deleting()], false)
    );
    snapshot!("list_for_an_admin", list(&vec![sample::ready(); 25], true));
    snapshot!("list_of_nothing", list(&[], false));
    snapshot!(
        "show",
        show(&sample::ready(), &prices(), start() + chrono::TimeDelta::hours(5))
    );
}

#[test]
fn the_same_record_always_says_the_same_and_never_a_password() {
    let (one, two) = (of(&sample::ready(), &prices()), of(&sample::ready(), &prices()));
    assert_eq!(one.digest(), two.digest());
    assert_ne!(one.digest(), of(&sample::masking(), &prices()).digest());
    let all = serde_json::to_string(&one).unwrap();
    assert!(!all.to_lowercase().contains("password=\""), "{all}");
}

#[rstest::rstest]
#[case(0.0, "about $0.00")]
#[case(0.004, "less than $0.01")]
#[case(1.2, "about $1.20")]
fn a_figure_below_a_cent_is_a_bound_and_no_estimate(#[case] amount: f64, #[case] said: &str) {
    assert_eq!(about(amount), said);
}

//! Whatever people type and records hold, all that is said stays inside Slack's limits.

use chrono::TimeDelta;
use domain::admission::{Deed, Refusal, grant};
use domain::record::{
    Answer, Answered, Approval, Failed, Finding, MaskedTable, MaskingReport, NoAnswer, Progress, Scan,
};
use domain::request::{BadField, Principal, Wish};
use domain::workflow::{Caught, State};
use domain::{CloneId, CloneRecord, CloneState, Failure, Policy};
use proptest::prelude::*;

use super::{BOSS, message, notification, view};
use crate::command::{self, Misread};
use crate::home::Home;
use crate::message::samples::{self, execution, prices, start};
use crate::message::{self as says, Told};
use crate::modal;

fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<!channel>".to_owned()),
        Just(format!("<@{BOSS}>")),
        Just("<https://evil.example|click>".to_owned()),
        Just("<!date^0^{date}|x>".to_owned()),
        Just("&<>`*_~```\n> quoted\r\t".to_owned()),
        Just(" *bold* :tada: ".to_owned()),
        Just("\n>&gt; ``` `".to_owned()),
        Just("👩‍👩‍👧‍👦𝔘\u{202e}שלום\u{2066}".to_owned()),
        "\\PC{0,20}",
        Just("&".repeat(4_000)),
        Just("`a` ".repeat(1_000)),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// An approval that waits for its answer, or was denied.
fn approval(texts: &[String], number: u64) -> Option<Approval> {
    let mut approval = samples::awaiting().approval?;
    approval.why = texts[5].clone();
    approval.answer = number.is_multiple_of(2).then(|| Answered {
        answer: Answer::Denied(texts[10].clone()),
        by: Principal::Slack(texts[0].clone()),
        at: start(),
    });
    Some(approval)
}

/// A record whose every text is whatever it is.
fn record(texts: &[String], number: u64) -> CloneRecord {
    use CloneState::*;
    let states = [
        Requested, Awaiting, Cloning, Masking, Discarding, Resizing, Releasing, Ready, Failed, Deleting,
        Deleted,
    ];
    let mut clone = samples::ready();
    let people = [
        Principal::Slack(texts[0].clone()),
        Principal::Cli(texts[0].clone()),
        Principal::Direct,
    ];
    clone.principal = people[number as usize % 3].clone();
    clone.state = states[number as usize % 11];
    clone.approval = approval(texts, number);
    clone.execution_arn = texts[1].clone();
    clone.source_cluster = texts[2].clone();
    clone.database = texts[3].clone();
    clone.config.rules_hash = texts[4].clone();
    clone.note_break(texts[9].clone(), start());
    clone.attempt += 1;
    clone.report = Some(report(texts, number));
    clone.progress = Some(Progress {
        phase: texts[5].clone(),
        rows: number,
        ..Progress::default()
    });
    if let Some(access) = &mut clone.access {
        access.host = texts[6].clone();
        access.user = texts[7].clone();
        access.database = texts[8].clone();
        access.secret = texts[9].clone();
        access.port = number as u16;
    }
    clone
}

fn report(texts: &[String], number: u64) -> MaskingReport {
    let mut report = MaskingReport {
        rules_hash: texts[4].clone(),
        tables: vec![
            MaskedTable {
                name: texts[2].clone(),
                columns: u32::MAX / 60,
                rows: number / 64,
                method: texts[3].clone(),
                seconds: number as f64,
            };
            60
        ],
        scan: Some(Scan {
            rows: number,
            ..Scan::default()
        }),
        dropped: vec![texts[3].clone(); 100],
        ..Default::default()
    };
    let finding = Finding {
        table: texts[2].clone(),
        column: Some(texts[3].clone()),
        what: texts[6].clone(),
        count: number,
    };
    report.note_findings(vec![finding; 40]);
    report
}

/// A policy as large as its types allow.
fn large(sources: usize, classes: usize) -> Policy {
    let mut policy = samples::policy();
    let mut source = policy.sources.values().next().unwrap().clone();
    let class = |n: usize| format!("db.{}.{n}xlarge", "x".repeat(46)).parse().unwrap();
    source.classes.extend((0..classes).map(class));
    for n in 0..sources {
        let name = format!("{}{n}", "a".repeat(28));
        policy.sources.insert(name.parse().unwrap(), source.clone());
    }
    policy
}

/// Each case says everything that there is to say, so that few go a long way.
fn few() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig {
        cases: usual.cases.div_ceil(8),
        ..usual
    }
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn a_clones_messages_and_forms(texts in prop::collection::vec(nasty(), 12), number: u64) {
        let clone = record(&texts, number);
        let failed = Failed { step: State::Mask, failure: Failure::AwsRefused, cause: texts[10].clone(), at: start() };
        let caught = Caught { step: State::Clone, error: texts[11].clone(), cause: texts[10].clone() };
        let id: CloneId = "doppel-a-20260131-abcdef".parse().unwrap();
        let mut prices = prices();
        prices.source.clone_from(&texts[2]);
        let all = [
            says::of(&clone, &prices),
            says::progress(&clone),
            says::ready(&clone, &prices),
            says::failed(&clone, &failed),
            says::deleting(&clone),
            says::deleted(&clone, &prices),
            says::warning(&clone),
            says::show(&clone, &prices, start()),
            says::how_to_connect(&clone),
            says::already_gone(&clone),
            says::not_ready(&clone),
            says::extended(&clone),
            says::no_more(&clone, TimeDelta::minutes(number as i64 % 60)),
            says::list(&vec![clone.clone(); 60], number.is_multiple_of(2)),
            says::awaiting(&clone),
            says::question(&clone),
            says::answered(&clone),
            says::not_answered(&clone, &NoAnswer::Answered(clone.id.clone())),
            says::no_such(&texts[0]),
            says::several(&texts[0], &vec![id; 40]),
            says::refused_execution(&execution(), &caught, &Told::User(texts[0].clone())),
            says::slack_trouble(&texts[0]),
        ];
        all.iter().for_each(message);
        all.iter().for_each(|message| view(&modal::done("A rather long title of a form", message)));
        view(&modal::deny(&clone));
        notification(&crate::notification::of(&clone, &prices));
        notification(&crate::notification::refused(&execution(), &caught));
        let policy = samples::policy();
        view(&modal::create(&policy, &prices, &texts[0], &modal::Chosen::default()));
        let all = vec![clone.clone(); 60];
        let home = Home {
            user: &texts[0],
            is_admin: number.is_multiple_of(2),
            clones: &all,
            policy: &policy,
            prices: &prices,
            now: start(),
        };
        view(&home.view());
        if let Some(form) = modal::extend(&clone, TimeDelta::hours(number as i64 % 400), &prices) {
            view(&form);
        }
    }

    #[test]
    fn an_answer_to_whatever_is_typed(text in nasty(), other in nasty()) {
        let sources = [samples::ready().source];
        for typed in [text.clone(), format!("show {text}"), format!("extend k3x9qa {text}"), format!("production for={text}"),
            format!("source={text}"), format!("class={text}"), format!("{text}={other}"), format!("list {text}")] {
            if let Err(misread) = command::parse(&typed, &sources) {
                message(&says::misread(&misread));
            }
        }
        let mut wish = Wish::default();
        for field in ["source", "class", "lifetime", "proxy", text.as_str()] {
            if let Err(error) = wish.set(field, &other) {
                message(&says::misread(&Misread::Field(error)));
            }
        }
        let json = serde_json::json!({ text.clone(): [other.clone()] });
        let wrong: BadField = Wish::read(&json).unwrap_err();
        message(&says::misread(&Misread::Field(wrong)));
        let refusals = [
            Refusal::SourceMissing(text.clone()),
            Refusal::NotYours(samples::ready().id, Deed::Delete),
            Refusal::NoProxy("production".parse().unwrap()),
            Refusal::NoDataApi {
                class: samples::ready().class,
                name: samples::ready().source,
                others: text.clone(),
            },
        ];
        for refusal in refusals {
            message(&says::refused(&refusal));
            let view = crate::interaction::View::default();
            let said = modal::at_field(&view, &refusal).into_values().chain(modal::at_top(&says::no_such(&text)).into_values());
            said.for_each(|said| assert!((1..=150).contains(&crate::text::length(&said)), "{said}"));
        }
    }

    #[test]
    fn the_words_about_a_large_policy(sources in 0_usize..130, classes in 0_usize..130) {
        let policy = large(sources, classes);
        message(&says::help(&policy));
        view(&modal::create(&policy, &prices(), "C1", &modal::Chosen::default()));
        for name in policy.sources.keys().take(2) {
            let chosen = modal::Chosen { source: Some(name.clone()), ..Default::default() };
            view(&modal::create(&policy, &prices(), "C1", &chosen));
        }
        let name = policy.sources.keys().next().unwrap();
        let mut wish = Wish::default();
        wish.set("source", name.as_str()).unwrap();
        message(&says::asked(&grant(&policy, &wish).unwrap()));
        wish.set("class", "db.none.large").unwrap();
        message(&says::refused(&grant(&policy, &wish).unwrap_err()));
        message(&says::refused(&grant(&policy, &Wish { source: "nobody".parse().ok(), ..wish }).unwrap_err()));
    }
}

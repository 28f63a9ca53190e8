//! What needs somebody else's word waits for it, before anything is made; and every decision leaves its line.

use domain::record::Answer;
use domain::{CloneRecord, CloneState};
use local_aws::{Failure, Fault, Kind};
use local_slack::{Channel, Message, SignedRequest};
use slack::message::action;
use specs::{ALICE, AuditLine, BOB, CAROL, World, audit_lines, slack_user, until};

/// Larger than `db.t4g.medium` or longer than two days: Carol's group has to say yes.
const RULE: &str =
    r#"{ classes = ["db.r6g.large"], above_lifetime = "2d", approvers = ["S0PLATFORM"], within = "4h" }"#;

async fn world() -> World {
    World::builder()
        .policy("sources.production", "approval", RULE)
        .start()
        .await
}

/// Asks for a clone that needs an approval; answers it and its message, as soon as the approvers are asked.
async fn asked_by(world: &World, user: &str) -> (CloneRecord, String) {
    let answer = world.asks(user, "/clone production db.r6g.large 4h").await;
    assert!(answer.text().contains("needs an approval"), "{answer:?}");
    let waits = world.until_records("a request waits", |all| {
        all.iter().any(CloneRecord::awaits_answer)
    });
    let clone = waits
        .await
        .into_iter()
        .find(CloneRecord::awaits_answer)
        .expect("it was just seen");
    let question = until("the approvers are asked", || async {
        let message = world.messages_about(&clone).into_iter().next()?;
        let blocks = serde_json::to_string(&message.blocks).ok()?;
        blocks.contains(action::APPROVE).then_some(message.ts)
    });
    (clone.clone(), question.await)
}

/// What was decided about a clone, and by whom, in order.
fn decisions(clone: &CloneRecord) -> Vec<(String, String)> {
    let lines = audit_lines(|line| line.field("clone.id") == clone.id.as_str());
    let decided = lines.iter().map(|line| line.decision());
    decided
        .map(|(what, who)| (what.to_owned(), who.to_owned()))
        .collect()
}

fn decided(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter()
        .map(|(what, who)| ((*what).to_owned(), (*who).to_owned()))
        .collect()
}

/// The answer that the last press brought the one who pressed.
fn told(world: &World, before: usize) -> String {
    let said = world.slack().messages(specs::CHANNEL).split_off(before);
    said.iter().map(|message| message.text.as_str()).collect()
}

async fn presses(world: &World, user: &str, question: &str, what: &str) -> String {
    let before = world.slack().messages(specs::CHANNEL).len();
    let answer = world.slack().presses(user, question, what).await;
    assert!(answer.is_ok(), "{answer:?}");
    told(world, before)
}

/// A press of a button that the message does not have any more, as a screen that was not renewed sends it.
async fn presses_on_an_old_screen(world: &World, user: &str, what: &str, clone: &CloneRecord) {
    let payload = serde_json::json!({
        "type": "block_actions",
        "user": {"id": user},
        "channel": {"id": specs::CHANNEL},
        "trigger_id": format!("old-screen-{user}-{}", clone.id),
        "actions": [{"action_id": what, "value": clone.id}],
    });
    let request = SignedRequest::form(&[("payload", &payload.to_string())]);
    let answer = world.slack().send("/slack/interactions", request).await;
    assert_eq!(answer.status, Some(200), "{answer:?}");
}

/// Why the last thing that was said of a clone was refused.
fn last_refusal(clone: &CloneRecord) -> String {
    let refused =
        |line: &AuditLine| line.field("clone.id") == clone.id.as_str() && line.field("decision") == "refused";
    let lines = audit_lines(refused);
    lines
        .last()
        .map(|line| line.field("why").to_owned())
        .unwrap_or_default()
}

#[tokio::test]
async fn an_approved_request_becomes_a_clone_whose_message_tells_who_approved() {
    let world = world().await;
    let (clone, question) = asked_by(&world, ALICE).await;
    assert_eq!(clone.state, CloneState::Awaiting);
    assert_eq!(
        world.clusters(),
        ["production"],
        "nothing is made before the answer"
    );
    assert_eq!(world.slots_taken().await, 1, "its slot is kept");
    let said = presses(&world, CAROL, &question, action::APPROVE).await;
    assert!(said.contains("Approved by"), "{said}");
    let clone = world.handed_over().await;
    assert_eq!(clone.class.to_string(), "db.r6g.large");
    world.until_said(&format!("Approved by <@{CAROL}>")).await;
    assert_eq!(world.messages_about(&clone).len(), 1, "one message a clone");
    world.until_quiet().await;
    assert_eq!(
        decisions(&clone),
        decided(&[("awaiting", "slack/U0ALICE"), ("approved", "slack/U0CAROL")])
    );
    let token = clone.approval.and_then(|approval| approval.token);
    let token = token.expect("it is kept in the record").expose().to_owned();
    let shown = world.slack().transcript_with_history(specs::CHANNEL);
    let trail = format!("{:?}", audit_lines(|_| true));
    assert!(!shown.contains(&token) && !trail.contains(&token));
    let calls = format!("{:?}", world.slack().calls());
    assert!(!calls.contains(&token), "neither in a button nor in its metadata");
    world.stop().await;
}

#[tokio::test]
async fn the_approvers_are_asked_where_they_read_and_told_there_what_came_of_it() {
    let rule = RULE.replace(" }", ", channel = \"U0CAROL\" }");
    let world = World::builder()
        .policy("sources.production", "approval", &rule)
        .start()
        .await;
    asked_by(&world, ALICE).await;
    let question = until("Carol is asked by direct message", || async {
        world.slack().direct_messages(CAROL).into_iter().next()
    });
    let question = question.await;
    let answer = world.slack().presses(CAROL, &question.ts, action::APPROVE).await;
    assert!(answer.is_ok(), "{answer:?}");
    let clone = world.handed_over().await;
    world.until_quiet().await;
    let asked: Vec<_> = world.slack().direct_messages(CAROL);
    let asked: Vec<_> = asked
        .iter()
        .filter(|message| message.ephemeral_to.is_none())
        .collect();
    assert_eq!(asked.len(), 1, "asked once: {asked:#?}");
    let blocks = serde_json::to_string(&asked[0].blocks).unwrap();
    assert!(
        blocks.contains("Approved by") && !blocks.contains(action::APPROVE),
        "{blocks}"
    );
    assert_eq!(world.messages_about(&clone).len(), 1);
    world.stop().await;
}

/// The approvers' channel, `C0LEADS`, is what `channel` says; where the question comes.
async fn asked_in(channel: Channel) -> (World, Message) {
    let rule = RULE.replace(" }", ", channel = \"C0LEADS\" }");
    let world = World::builder()
        .policy("sources.production", "approval", &rule)
        .start()
        .await;
    world.slack().sets_channel(channel);
    asked_by(&world, ALICE).await;
    let question = until("somebody else is asked, too", || async {
        let (there, alone) = (
            world.slack().messages("C0LEADS"),
            world.slack().direct_messages(CAROL),
        );
        there.into_iter().chain(alone).next()
    });
    let question = question.await;
    (world, question)
}

#[tokio::test]
async fn a_public_channel_that_the_app_is_no_member_of_can_be_asked_in_though_not_be_read() {
    let (world, question) = asked_in(Channel {
        app_is_member: false,
        ..Channel::new("C0LEADS", "leads")
    })
    .await;
    let answer = world.slack().presses(CAROL, &question.ts, action::APPROVE).await;
    assert!(answer.is_ok(), "{answer:?}");
    world.handed_over().await;
    world.until_quiet().await;
    let asked = world.slack().messages("C0LEADS");
    let asked = asked.iter().filter(|message| message.ephemeral_to.is_none());
    assert_eq!(asked.count(), 1, "asked once");
    assert_eq!(world.slack().direct_messages(CAROL), vec![]);
    world.stop().await;
}

#[tokio::test]
async fn a_denied_request_ends_in_words_and_leaves_nothing() {
    let world = world().await;
    let (clone, question) = asked_by(&world, ALICE).await;
    presses(&world, CAROL, &question, action::DENY).await;
    let form = world.slack().open_view(CAROL).expect("it asks why");
    assert_eq!(world.record(&clone.id).await.state, CloneState::Awaiting);
    let reason = [("reason", "the small one will do <!channel>")];
    let answer = world.slack().submits(CAROL, &form.id, &reason).await;
    assert!(answer.is_ok(), "{answer:?}");
    world.until_closed(&clone.id).await;
    world.until_said("the small one will do").await;
    world.until_quiet().await;
    let clone = world.record(&clone.id).await;
    assert_eq!(
        clone.failure.as_ref().map(|failed| failed.failure),
        Some(domain::Failure::Denied)
    );
    assert_eq!(world.clusters(), ["production"]);
    assert_eq!(world.slots_taken().await, 0);
    assert_eq!(
        decisions(&clone),
        decided(&[
            ("awaiting", "slack/U0ALICE"),
            ("denied", "slack/U0CAROL"),
            ("deleted", "doppel")
        ])
    );
    let shown = serde_json::to_string(&world.messages_about(&clone)[0].blocks).unwrap();
    assert!(!shown.contains("<!channel>"), "{shown}");
    world.stop().await;
}

#[tokio::test]
async fn nobody_answers_their_own_request_and_only_approvers_answer() {
    let world = world().await;
    let (own, question) = asked_by(&world, CAROL).await;
    for what in [action::APPROVE, action::DENY] {
        let said = presses(&world, CAROL, &question, what).await;
        assert!(said.contains("your own request"), "{said}");
        let said = presses(&world, BOB, &question, what).await;
        assert!(said.contains("not among those who approve"), "{said}");
    }
    for user in [CAROL, BOB] {
        assert_eq!(world.slack().open_view(user), None, "no form is opened");
    }
    let clone = world.record(&own.id).await;
    assert!(clone.awaits_answer(), "{:?}", clone.approval);
    assert_eq!(
        decisions(&clone),
        decided(&[
            ("awaiting", "slack/U0CAROL"),
            ("refused", "slack/U0CAROL"),
            ("refused", "slack/U0BOB"),
            ("refused", "slack/U0CAROL"),
            ("refused", "slack/U0BOB"),
        ])
    );
    world.stop().await;
}

#[tokio::test]
async fn a_second_press_says_who_was_quicker_and_does_nothing() {
    let world = World::builder()
        .policy(
            "sources.production",
            "approval",
            &RULE.replace("\"S0PLATFORM\"", "\"S0PLATFORM\", \"U0BOB\""),
        )
        .start()
        .await;
    let (clone, question) = asked_by(&world, ALICE).await;
    presses(&world, BOB, &question, action::DENY).await;
    let form = world.slack().open_view(BOB).expect("it asks why");
    presses(&world, CAROL, &question, action::APPROVE).await;
    presses_on_an_old_screen(&world, CAROL, action::APPROVE, &clone).await;
    assert!(last_refusal(&clone).contains("answered already"));
    let late = world.slack().submits(BOB, &form.id, &[]).await;
    assert!(
        late.field_errors["reason"].contains("answered already"),
        "{late:?}"
    );
    let clone = world.handed_over().await;
    presses_on_an_old_screen(&world, BOB, action::APPROVE, &clone).await;
    assert!(last_refusal(&clone).contains("answered already"));
    let answer = clone
        .approval
        .as_ref()
        .and_then(|approval| approval.answer.clone());
    let answer = answer.expect("it was answered");
    assert_eq!((answer.answer, answer.by), (Answer::Approved, slack_user(CAROL)));
    world.stop().await;
}

#[tokio::test]
async fn a_request_that_nobody_answers_is_given_up_and_its_owner_told() {
    let world = World::builder()
        .policy("sources.production", "approval", &RULE.replace("4h", "1h"))
        .speed(240)
        .start()
        .await;
    let (clone, _) = asked_by(&world, ALICE).await;
    world.until_closed(&clone.id).await;
    let clone = world.record(&clone.id).await;
    assert_eq!(
        clone.failure.as_ref().map(|failed| failed.failure),
        Some(domain::Failure::Unanswered)
    );
    world.until_said("nobody approved or denied").await;
    world.until_quiet().await;
    assert_eq!((world.clusters().len(), world.slots_taken().await), (1, 0));
    let blocks = serde_json::to_string(&world.messages_about(&clone)[0].blocks).unwrap();
    assert!(!blocks.contains(action::APPROVE), "its buttons are gone");
    // Somebody's screen may still show them.
    presses_on_an_old_screen(&world, CAROL, action::APPROVE, &clone).await;
    assert!(last_refusal(&clone).contains("too late"));
    assert_eq!(
        decisions(&clone),
        decided(&[
            ("awaiting", "slack/U0ALICE"),
            ("timed_out", "doppel"),
            ("deleted", "doppel"),
            ("refused", "slack/U0CAROL")
        ])
    );
    world.stop().await;
}

#[tokio::test]
async fn a_request_that_is_withdrawn_while_it_waits_is_gone_and_cannot_be_approved() {
    let world = world().await;
    let (clone, question) = asked_by(&world, ALICE).await;
    let said = presses(&world, ALICE, &question, action::DELETE).await;
    assert!(said.contains("is being deleted"), "{said}");
    world.until_closed(&clone.id).await;
    world.until_quiet().await;
    assert_eq!((world.clusters().len(), world.slots_taken().await), (1, 0));
    presses_on_an_old_screen(&world, CAROL, action::APPROVE, &clone).await;
    assert!(last_refusal(&clone).contains("waits for no answer any more"));
    assert_eq!(world.record(&clone.id).await.state, CloneState::Deleted);
    assert_eq!(
        decisions(&clone),
        decided(&[
            ("awaiting", "slack/U0ALICE"),
            ("deleted", "slack/U0ALICE"),
            ("refused", "slack/U0CAROL")
        ])
    );
    world.stop().await;
}

#[tokio::test]
async fn what_is_below_the_bounds_needs_no_approval_and_what_is_over_the_limits_stays_refused() {
    let world = world().await;
    let refused = world.asks(ALICE, "/clone production 8d").await;
    assert!(refused.text().contains("longer than"), "{refused:?}");
    world.asks(ALICE, "/clone production db.t4g.medium 2d").await;
    let clone = world.handed_over().await;
    assert_eq!(clone.approval, None);
    world.until_quiet().await;
    assert_eq!(decisions(&clone), decided(&[("granted", "slack/U0ALICE")]));
    world.stop().await;
}

#[tokio::test]
async fn a_direct_execution_cannot_get_what_needs_an_approval() {
    let world = world().await;
    world.starts(r#"{"class": "db.r6g.large"}"#).await;
    let clone = world.failed().await;
    world.until_closed(&clone.id).await;
    world.until_said("needs an approval").await;
    assert_eq!(world.clusters(), ["production"]);
    world.stop().await;
}

/// The Lambda notes the token, and its answer is lost: the state machine asks again, with another token.
#[tokio::test]
async fn a_lambda_that_dies_after_noting_the_token_asks_once_and_nobody_is_stuck() {
    let world = world().await;
    let invocations = || {
        let calls = world.aws().calls();
        let by_machines = calls.iter().filter(|call| call.principal == "states");
        by_machines.filter(|call| call.operation == "Invoke").count()
    };
    let lost = Failure::new(500, "ServiceException", "on demand");
    // The first call admits the request; the second one notes the token.
    let note = invocations() + 1;
    world.aws().faults().inject(
        Fault::new(Kind::FailAfter(lost))
            .principal("states")
            .operation("lambda", "Invoke")
            .nth(note),
    );
    let (_, question) = asked_by(&world, ALICE).await;
    until("the state machine asks again", || async {
        (invocations() > note + 1).then_some(())
    })
    .await;
    presses(&world, CAROL, &question, action::APPROVE).await;
    let clone = world.handed_over().await;
    assert_eq!(world.messages_about(&clone).len(), 1, "at most one question");
    world.until_quiet().await;
    let approved = |line: &AuditLine| {
        line.field("clone.id") == clone.id.as_str() && line.field("decision") == "approved"
    };
    assert_eq!(audit_lines(approved).len(), 1);
    world.stop().await;
}

/// The answer is in the record, but the state machine was never told: the sweep tells it.
#[tokio::test]
async fn an_answer_whose_call_was_lost_is_heard_by_the_next_sweep() {
    let world = world().await;
    let (_, question) = asked_by(&world, ALICE).await;
    let denied = Failure::new(400, "AccessDeniedException", "on demand");
    world.aws().faults().inject(
        Fault::new(Kind::Fail(denied))
            .principal("gateway")
            .operation("states", "SendTaskSuccess"),
    );
    let said = presses(&world, CAROL, &question, action::APPROVE).await;
    assert!(
        said.contains("Approved by"),
        "the answer counts all the same: {said}"
    );
    world.handed_over().await;
    let calls = world.aws().calls();
    let woken = calls.iter().filter(|call| call.operation == "SendTaskSuccess");
    let by: Vec<_> = woken.map(|call| call.principal.as_str()).collect();
    assert_eq!(by, ["gateway", "lambda-sweep"]);
    world.stop().await;
}

#[tokio::test]
async fn a_longer_life_than_needs_no_approval_is_an_approvers_to_give() {
    let world = world().await;
    world.asks(ALICE, "/clone production 2d").await;
    let clone = world.handed_over().await;
    let refused = world.asks(ALICE, &format!("/clone extend {} 1d", clone.id)).await;
    assert!(refused.text().contains("ask an approver"), "{refused:?}");
    let given = world.asks(CAROL, &format!("/clone extend {} 1d", clone.id)).await;
    assert!(given.text().contains("now lives until"), "{given:?}");
    world.asks(ALICE, &format!("/clone delete {}", clone.id)).await;
    world.until_closed(&clone.id).await;
    world.until_quiet().await;
    assert_eq!(
        decisions(&clone),
        decided(&[
            ("granted", "slack/U0ALICE"),
            ("refused", "slack/U0ALICE"),
            ("extended", "slack/U0CAROL"),
            ("deleted", "slack/U0ALICE"),
        ])
    );
    world.stop().await;
}

#[tokio::test]
async fn a_refused_request_and_an_expired_clone_leave_one_line_each() {
    let world = World::builder()
        .policy("people", "users", r#"["U0ALICE"]"#)
        .speed(360)
        .start()
        .await;
    let mallory = "U0MALLORY";
    let refused = world.asks(mallory, "/clone production").await;
    assert!(refused.text().contains("not among the people"), "{refused:?}");
    let lines = audit_lines(|line| line.field("who") == "slack/U0MALLORY");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0].decision().0, "refused");
    assert_eq!(
        (lines[0].field("audit"), lines[0].field("via")),
        ("true", specs::CHANNEL)
    );
    assert!(lines[0].field("why").contains("not among the people"));
    world.asks(ALICE, "/clone production 1h").await;
    let clone = world.handed_over().await;
    world.until_closed(&clone.id).await;
    let lines = audit_lines(|line| line.field("clone.id") == clone.id.as_str());
    let said: Vec<_> = lines.iter().map(specs::AuditLine::decision).collect();
    assert_eq!(said, [("granted", "slack/U0ALICE"), ("deleted", "doppel")]);
    assert_eq!(
        (
            lines[1].field("via"),
            lines[1].field("why"),
            lines[1].field("source")
        ),
        ("sweep", "its time is over", "production")
    );
    world.stop().await;
}

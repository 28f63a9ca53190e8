//! Slack's page in a real browser: what people press, and what they see.

use chrono::TimeDelta;
use domain::{CloneRecord, CloneState};
use specs::{ALICE, BOB, Browser, CAROL, Tab, World};

const ZONE: &str = "Asia/Tokyo";

/// The clone's own message.
const MESSAGE: &str = "#messages article:has([data-testid=action-doppel_extend])";

/// A field of the open form.
fn field(block: &str) -> String {
    format!("[data-testid=modal] [data-testid={block:?}]")
}

fn button(action: &str) -> String {
    format!("#messages [data-testid=action-{action}]")
}

async fn says(tab: &Tab, text: &str) {
    tab.types("#input", text).await;
}

/// What the message says of the clone's end, as the browser's time zone has it.
async fn expiry(tab: &Tab) -> String {
    let shown = tab
        .attributes(&format!("{MESSAGE} .blocks time"), "datetime")
        .await;
    shown.into_iter().next().expect("it says when it ends")
}

fn iso(clone: &CloneRecord) -> String {
    clone.expires_at.format("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

#[tokio::test]
async fn a_clone_is_asked_for_by_the_form_watched_extended_and_deleted() {
    let world = World::start().await;
    let browser = Browser::start().await;
    let tab = browser.opens(&world, ALICE, ZONE).await;

    says(&tab, "/clone").await;
    tab.until_shown("[data-testid=modal-title]", "Clone a database")
        .await;
    tab.chooses(&field("field-class-production"), "db.r6g.large")
        .await;
    tab.until_shown("[data-testid=modal]", "$7.51 for 1d on db.r6g.large")
        .await;
    tab.chooses(&field("field-lifetime-production"), "2d").await;
    tab.until_shown("[data-testid=modal]", "$15.02 for 2d on db.r6g.large")
        .await;
    tab.presses(&format!("{} label", field("field-options"))).await;
    tab.presses("[data-testid=modal-submit]").await;
    tab.until_gone("[data-testid=modal]").await;

    tab.until_shown("#messages", "@alice").await;
    tab.until_shown("#messages article", "is ready").await;
    let clone = world.handed_over().await;
    assert_eq!(
        (clone.class.to_string().as_str(), clone.lifetime.hours()),
        ("db.r6g.large", 48)
    );
    assert!(clone.options.data_api, "the box was ticked");
    let about = world.messages_about(&clone);
    assert_eq!(
        tab.attributes(MESSAGE, "data-ts").await,
        [about[0].ts.clone()],
        "one message, edited in place"
    );
    assert_eq!(expiry(&tab).await, iso(&clone));

    tab.presses(&button("doppel_connect")).await;
    tab.until_shown("#messages .ephemeral", "psql -h").await;
    extends(&tab, &button("doppel_extend"), "1d").await;
    let extended = world
        .until_record(&clone.id, |record| record.expires_at > clone.expires_at)
        .await;
    assert_eq!(extended.expires_at, clone.expires_at + TimeDelta::days(1));
    let later = extended
        .expires_at
        .with_timezone(&chrono::FixedOffset::east_opt(9 * 3600).unwrap());
    let clock = later.format("%-I:%M %p").to_string();
    tab.until_shown(&format!("{MESSAGE} .blocks time"), &clock).await;
    assert_eq!(expiry(&tab).await, iso(&extended), "in the message, too");

    tab.presses(&button("doppel_delete")).await;
    tab.presses("[data-testid=confirm-deny]").await;
    tab.until_gone("[data-testid=confirm]").await;
    world.until_quiet().await;
    assert_eq!(
        world.record(&clone.id).await.state,
        CloneState::Ready,
        "it asked first"
    );
    deletes(&tab, &button("doppel_delete")).await;
    world.until_closed(&clone.id).await;
    tab.until_shown("#messages article", "is deleted").await;
    tab.until_gone(&button("doppel_delete")).await;

    tab.close().await;
    browser.stop().await;
    world.stop().await;
}

async fn extends(tab: &Tab, button: &str, span: &str) {
    tab.presses(button).await;
    tab.until_shown("[data-testid=modal-title]", "Extend a clone")
        .await;
    tab.chooses(&field("field-more"), span).await;
    tab.presses("[data-testid=modal-submit]").await;
    tab.until_shown("[data-testid=modal-title]", "Extended").await;
    tab.presses("[data-testid=modal-close]").await;
    tab.until_gone("[data-testid=modal]").await;
}

async fn deletes(tab: &Tab, button: &str) {
    tab.presses(button).await;
    tab.presses("[data-testid=confirm-yes]").await;
}

#[tokio::test]
async fn the_workflow_button_is_enough_and_everybody_in_the_channel_watches() {
    let world = World::start().await;
    let browser = Browser::start().await;
    let (alice, bob) = (
        browser.opens(&world, ALICE, ZONE).await,
        browser.opens(&world, BOB, "America/New_York").await,
    );
    alice.presses("[data-testid=workflow-button]").await;
    for tab in [&alice, &bob] {
        tab.until_shown("#messages article", "is ready").await;
    }
    let clone = world.handed_over().await;
    assert_eq!(expiry(&alice).await, expiry(&bob).await, "one moment");
    let of = |tab| async move { Tab::texts(tab, &format!("{MESSAGE} .blocks time")).await };
    assert_ne!(of(&alice).await, of(&bob).await, "each in their own time");
    assert_eq!(world.messages_about(&clone).len(), 1);
    for tab in [alice, bob] {
        tab.close().await;
    }
    browser.stop().await;
    world.stop().await;
}

#[tokio::test]
async fn an_error_stands_at_its_field_and_the_form_stays_open_for_another_choice() {
    let world = World::start().await;
    let browser = Browser::start().await;
    let tab = browser.opens(&world, ALICE, ZONE).await;
    says(&tab, "/clone").await;
    tab.chooses(&field("field-class-production"), "db.r6g.large")
        .await;
    tab.until_shown("[data-testid=modal]", "for 1d on db.r6g.large")
        .await;
    let file = world.local().config_folder().join("doppel.toml");
    let policy = std::fs::read_to_string(&file).unwrap();
    let stricter = policy.replace("\"db.t4g.medium\", \"db.r6g.large\"", "\"db.t4g.medium\"");
    assert_ne!(policy, stricter);
    std::fs::write(&file, stricter).unwrap();
    tab.presses("[data-testid=modal-submit]").await;
    tab.until_shown(
        "[data-testid=error-class-production]",
        "is not allowed for production",
    )
    .await;
    let wrong = tab
        .attributes("[data-testid=modal] .block.invalid", "data-block-id")
        .await;
    assert_eq!(wrong, ["class-production"], "at that field alone");
    assert_eq!(world.records().await, vec![]);

    tab.chooses(&field("field-class-production"), "db.t4g.medium")
        .await;
    tab.until_shown("[data-testid=modal]", "for 1d on db.t4g.medium")
        .await;
    tab.presses("[data-testid=modal-submit]").await;
    tab.until_gone("[data-testid=modal]").await;
    assert_eq!(world.handed_over().await.class.to_string(), "db.t4g.medium");
    tab.close().await;
    browser.stop().await;
    world.stop().await;
}

/// What somebody could try, so that their words ping, link or format; and what each would become.
const MARKUP: &str = "<!channel> <@U0BOB> <#C0CLONES> <https://evil.example|your bank> <b>HTML</b> &lt;i&gt; *bold* _italic_ ~struck~ :tada:";
const BECOMES: [&str; 8] = [
    "channel", "bob", "clones", "bank", "HTML", "bold", "italic", "struck",
];

#[tokio::test]
async fn what_people_type_neither_pings_nor_links_nor_formats() {
    let rule = r#"{ classes = ["db.r6g.large"], approvers = ["S0PLATFORM"], within = "4h" }"#;
    let world = World::builder()
        .policy("sources.production", "approval", rule)
        .start()
        .await;
    let browser = Browser::start().await;
    let (alice, carol) = (
        browser.opens(&world, ALICE, ZONE).await,
        browser.opens(&world, CAROL, ZONE).await,
    );
    says(&alice, "/clone <!channel>").await;
    alice
        .until_shown("#messages .ephemeral", "<!channel> means nothing here")
        .await;

    says(&alice, "/clone production db.r6g.large 4h").await;
    carol.presses(&button("doppel_deny")).await;
    carol.pastes(&field("field-reason"), MARKUP).await;
    carol.presses("[data-testid=modal-submit]").await;
    carol.until_gone("[data-testid=modal]").await;
    for tab in [&alice, &carol] {
        let typed = "<!channel> <@U0BOB> <#C0CLONES> <https://evil.example|your bank> <b>HTML</b> &lt;i&gt;";
        let shown = tab.until_shown("#messages article .blocks", typed).await;
        assert!(
            shown.contains("bold") && shown.contains("tada") && !shown.contains('🎉'),
            "{shown}"
        );
        let made = tab.texts("#messages .blocks :is(b, i, s, a, .mention)").await;
        let harmful = made
            .iter()
            .filter(|text| BECOMES.iter().any(|word| text.contains(word)));
        assert_eq!(harmful.collect::<Vec<_>>(), Vec::<&String>::new());
    }
    for tab in [alice, carol] {
        tab.close().await;
    }
    browser.stop().await;
    world.stop().await;
}

#[tokio::test]
async fn the_home_tab_follows_a_clone_and_its_buttons_work() {
    let world = World::start().await;
    let browser = Browser::start().await;
    let tab = browser.opens(&world, ALICE, ZONE).await;
    let home = |action: &str| format!("#home [data-testid=action-{action}]");
    tab.presses("#apps button").await;
    tab.until_shown("#home", "You have none").await;
    world.asks(ALICE, "/clone production 2d").await;
    tab.until_shown("#home", "left, ends").await;
    let clone = world.handed_over().await;
    world.until_quiet().await;
    tab.presses(&home("doppel_connect")).await;
    tab.until_shown("[data-testid=modal]", "psql -h").await;
    tab.presses("[data-testid=modal-close]").await;
    tab.until_gone("[data-testid=modal]").await;
    extends(&tab, &home("doppel_extend"), "1d").await;
    world
        .until_record(&clone.id, |record| record.expires_at > clone.expires_at)
        .await;
    deletes(&tab, &home("doppel_delete")).await;
    tab.until_shown("#home", "You have none").await;
    world.until_closed(&clone.id).await;
    tab.close().await;
    browser.stop().await;
    world.stop().await;
}

//! The README's pictures, taken of the page at work. `cargo xtask screenshots` names the folder in which they stay.

use std::path::Path;

use specs::{ALICE, BOB, Browser, CAROL, World};

/// The folder for the pictures.
const FOLDER: &str = "DOPPEL_PICTURES";

/// The size of a picture in bytes: an empty page takes less, and a README should not have to load more.
const BYTES: std::ops::Range<u64> = 15_000..250_000;

fn is_a_picture(file: &Path) {
    let bytes = std::fs::metadata(file).unwrap().len();
    assert!(BYTES.contains(&bytes), "{} has {bytes} bytes", file.display());
}

#[tokio::test]
async fn the_readmes_pictures_show_a_form_a_clone_on_its_way_and_one_that_is_ready_and_the_home_tab() {
    let dropped = tempfile::tempdir().unwrap();
    let folder = std::env::var_os(FOLDER).map_or(dropped.path().to_owned(), Into::into);
    let [form, slack, home] = ["form.png", "slack.png", "home.png"].map(|name| folder.join(name));
    // An hour a minute: spans that look like those of AWS. Enough rows for a masking that can be watched.
    let world = World::builder().customers(20_000).speed(60).start().await;
    let browser = Browser::start().await;
    let alice = browser.opens(&world, ALICE, "Europe/Berlin").await;

    alice.types("#input", "/clone").await;
    alice
        .chooses(
            "[data-testid=modal] [data-testid=field-class-production]",
            "db.r6g.large",
        )
        .await;
    alice
        .until_shown("[data-testid=modal]", "for 1d on db.r6g.large")
        .await;
    alice.photographs("[data-testid=modal]", &form).await;
    alice.presses("[data-testid=modal-cancel]").await;
    alice.until_gone("[data-testid=modal]").await;

    alice.types("#input", "/clone production 8h").await;
    alice.until_shown("#messages article", "is ready").await;
    world.asks(CAROL, "/clone production db.r6g.large 3d").await;
    alice.until_shown("#messages b", "Masking").await;
    alice.photographs("body", &slack).await;
    assert_eq!(
        world
            .records()
            .await
            .iter()
            .filter(|clone| clone.ready_at.is_some())
            .count(),
        1,
        "it was on its way"
    );

    let carol = browser.opens(&world, CAROL, "Europe/Berlin").await;
    carol.presses("#apps button").await;
    carol.until_shown("#home button", "How to connect").await;
    world.asks(BOB, "/clone production serverless:0-4 1d").await;
    carol.until_shown("#home", "3 of 12 taken").await;
    carol.photographs("#home", &home).await;

    for picture in [form, slack, home] {
        is_a_picture(&picture);
    }
    for tab in [alice, carol] {
        tab.close().await;
    }
    browser.stop().await;
    world.stop().await;
}

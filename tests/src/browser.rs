//! A real Chromium in which specs open Slack's page: clicks and keys go through the browser's own input.

mod tab;

use std::time::Duration;

use chromiumoxide::handler::viewport::Viewport;
use chromiumoxide::{Browser as Chromium, BrowserConfig};
use futures::StreamExt;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::World;

pub use tab::Tab;

/// The size of the window, in pixels.
const WINDOW: (u32, u32) = (1180, 1150);

/// How long Chromium may take to start: the machines are shared and slow at times.
const START: Duration = Duration::from_secs(90);

/// A running Chromium without a window, with a profile of its own that goes with it.
pub struct Browser {
    chromium: Chromium,
    events: JoinHandle<()>,
    profile: TempDir,
}

impl Browser {
    /// The Chromium (or Chrome) of this machine; `CHROME` names another one.
    ///
    /// # Panics
    /// When there is none: a spec that needs a browser is never skipped.
    pub async fn start() -> Self {
        let profile = tempfile::Builder::new().prefix("chromium-").tempdir();
        let profile = profile.expect("a folder for the browser's profile can be made");
        let (chromium, mut handler) = Chromium::launch(config(&profile)).await.expect("Chromium starts");
        let events = tokio::spawn(async move { while handler.next().await.is_some() {} });
        Self {
            chromium,
            events,
            profile,
        }
    }

    /// Somebody opens the page, somewhere in the world (`Asia/Tokyo`).
    pub async fn opens(&self, world: &World, user: &str, time_zone: &str) -> Tab {
        let page = self.chromium.new_page("about:blank").await.expect("a tab opens");
        Tab::open(page, world.slack().url(), user, time_zone).await
    }

    /// Closes it, and removes its profile.
    pub async fn stop(mut self) {
        if self.chromium.close().await.is_ok() {
            let _ = tokio::time::timeout(START, self.chromium.wait()).await;
        }
        let _ = self.chromium.kill().await;
        self.events.abort();
        self.profile.close().expect("the browser's profile goes");
    }
}

fn config(profile: &TempDir) -> BrowserConfig {
    let (width, height) = WINDOW;
    let viewport = Viewport {
        width,
        height,
        ..Viewport::default()
    };
    let config = BrowserConfig::builder()
        .user_data_dir(profile.path())
        .launch_timeout(START)
        .window_size(width, height)
        .viewport(viewport)
        .args([
            "disable-component-update",
            "disable-gpu",
            "no-default-browser-check",
        ]);
    // Chromium refuses to run as root with its sandbox.
    let config = if rustix::process::geteuid().is_root() {
        config.no_sandbox()
    } else {
        config
    };
    config
        .build()
        .unwrap_or_else(|error| panic!("{error}: `cargo xtask setup` installs Chromium"))
}

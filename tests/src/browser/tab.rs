//! One person's tab: what it shows, and what the person does there.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use chromiumoxide::Page;
use chromiumoxide::cdp::browser_protocol::emulation::SetTimezoneOverrideParams;
use chromiumoxide::cdp::browser_protocol::input::InsertTextParams;
use chromiumoxide::cdp::browser_protocol::log::{EventEntryAdded, LogEntryLevel, LogEntrySource};
use chromiumoxide::cdp::browser_protocol::page::Viewport;
use chromiumoxide::cdp::js_protocol::runtime::EventExceptionThrown;
use chromiumoxide::layout::Point;
use chromiumoxide::page::ScreenshotParams;
use futures::StreamExt;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::wait::{PATIENCE, PAUSE};

/// Finds the one element of a selector that can be clicked where it is, and notes what the next click meets. Null
/// while there is none or several, or while it is hidden, disabled, or something lies over it.
const AIM: &str = "(css) => {
    const all = document.querySelectorAll(css);
    const it = all[0];
    if (all.length !== 1 || it.disabled) return null;
    it.scrollIntoView({ block: 'nearest', behavior: 'instant' });
    const box = it.getBoundingClientRect();
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const top = document.elementFromPoint(x, y);
    if (!top || !it.contains(top)) return null;
    window.met = null;
    const note = (event) => { window.met = event.target.closest(css) !== null; };
    document.addEventListener('click', note, { capture: true, once: true });
    return [x, y];
}";

/// What all elements of a selector show, in order.
const TEXTS: &str =
    "(css) => [...document.querySelectorAll(css)].map((it) => it.innerText ?? it.textContent)";

/// The frame of a picture: around what is in the element, with a little of what surrounds it.
const FRAME: &str = "(css) => {
    const boxes = [...document.querySelector(css).children].map((it) => it.getBoundingClientRect()).filter((box) => box.width);
    const [left, top] = [Math.min(...boxes.map((box) => box.left)), Math.min(...boxes.map((box) => box.top))].map((at) => Math.max(at - 16, 0));
    const right = Math.min(Math.max(...boxes.map((box) => box.right)) + 16, innerWidth);
    const bottom = Math.min(Math.max(...boxes.map((box) => box.bottom)) + 16, innerHeight);
    return [left, top, right - left, bottom - top];
}";

/// Chooses an option of a menu as the browser itself does: the menus of the platforms are drawn outside the page.
const CHOOSE: &str = "(css, value) => {
    const it = document.querySelector(css);
    if (!it || ![...it.options].some((option) => option.value === value && !option.disabled)) return false;
    it.focus();
    it.value = value;
    it.dispatchEvent(new Event('input', { bubbles: true }));
    it.dispatchEvent(new Event('change', { bubbles: true }));
    return true;
}";

/// Slack's page as one person sees it.
pub struct Tab {
    page: Page,
    /// What went wrong in the page's script, or was stopped by its content security policy.
    faults: Arc<Mutex<Vec<String>>>,
}

impl Tab {
    pub(super) async fn open(page: Page, url: &str, user: &str, time_zone: &str) -> Self {
        let faults = Arc::default();
        listen(&page, &faults).await;
        page.emulate_timezone(SetTimezoneOverrideParams::new(time_zone))
            .await
            .expect("the time zone is known");
        page.goto(format!("{url}/?user={user}"))
            .await
            .expect("the page loads");
        let tab = Self { page, faults };
        tab.until_shown("#channel-name", "clones").await;
        tab
    }

    /// Presses the one element of a CSS selector, with the mouse, as soon as it can be pressed.
    ///
    /// # Panics
    /// When that does not come, or when the press met something else.
    pub async fn presses(&self, css: &str) {
        let start = Instant::now();
        loop {
            self.page
                .bring_to_front()
                .await
                .expect("the tab comes to the front");
            if let Some((x, y)) = self.asks::<Option<(f64, f64)>>(AIM, &[css]).await {
                self.page
                    .click(Point::new(x, y))
                    .await
                    .expect("the mouse is pressed");
                match self.asks::<Option<bool>>("() => window.met", &[]).await {
                    Some(true) => return,
                    Some(false) => panic!("the press of `{css}` met something else"),
                    // It was rendered anew between pressing and letting go: no click.
                    None => {}
                }
            }
            self.waits(start, &format!("`{css}` can be pressed")).await;
        }
    }

    /// Types into a field, key by key, and then presses Enter.
    pub async fn types(&self, css: &str, text: &str) {
        self.presses(css).await;
        let field = self.page.find_element(css).await.expect("it was just pressed");
        field.type_str(text).await.expect("the keys exist");
        field.press_key("Enter").await.expect("the key exists");
    }

    /// Puts a text into a field at once, as from the clipboard.
    pub async fn pastes(&self, css: &str, text: &str) {
        self.presses(css).await;
        self.page
            .execute(InsertTextParams::new(text))
            .await
            .expect("the text is inserted");
    }

    /// Chooses an option of a menu.
    pub async fn chooses(&self, css: &str, value: &str) {
        let start = Instant::now();
        while !self.asks::<bool>(CHOOSE, &[css, value]).await {
            self.waits(start, &format!("`{css}` offers `{value}`")).await;
        }
    }

    /// What all elements of a selector show.
    pub async fn texts(&self, css: &str) -> Vec<String> {
        self.asks(TEXTS, &[css]).await
    }

    /// An attribute of every element of a selector that has it.
    pub async fn attributes(&self, css: &str, name: &str) -> Vec<String> {
        let all = "(css, name) => [...document.querySelectorAll(css)].map((it) => it.getAttribute(name))";
        let all: Vec<Option<String>> = self.asks(all, &[css, name]).await;
        all.into_iter().flatten().collect()
    }

    /// Waits until an element of this selector shows these words; answers all that it shows.
    pub async fn until_shown(&self, css: &str, words: &str) -> String {
        let start = Instant::now();
        loop {
            let shown = self.texts(css).await;
            if let Some(text) = shown.into_iter().find(|text| text.contains(words)) {
                return text;
            }
            self.waits(start, &format!("`{css}` shows `{words}`")).await;
        }
    }

    /// Waits until no element of this selector is there.
    pub async fn until_gone(&self, css: &str) {
        let start = Instant::now();
        while !self.texts(css).await.is_empty() {
            self.waits(start, &format!("`{css}` is gone")).await;
        }
    }

    /// Takes a picture (PNG) of what the one element of a selector holds.
    pub async fn photographs(&self, css: &str, file: &Path) {
        let (x, y, width, height) = self.asks(FRAME, &[css]).await;
        let clip = Viewport {
            x,
            y,
            width,
            height,
            scale: 1.0,
        };
        let picture = ScreenshotParams::builder().clip(clip).build();
        let picture = self.page.save_screenshot(picture, file).await;
        picture.expect("the picture is taken");
    }

    /// Closes the tab.
    ///
    /// # Panics
    /// When anything went wrong in the page's script meanwhile.
    pub async fn close(self) {
        let faults = self.faults.lock().expect("nobody panicked").clone();
        assert_eq!(faults, Vec::<String>::new(), "the page's own faults");
        self.page.close().await.expect("the tab closes");
    }

    /// Waits a little, unless it was in vain.
    async fn waits(&self, start: Instant, what: &str) {
        if start.elapsed() > PATIENCE {
            let shown = self.texts("body").await;
            panic!(
                "waited {PATIENCE:?} in vain until {what}; the page shows:\n{}",
                shown.join("\n")
            );
        }
        tokio::time::sleep(PAUSE).await;
    }

    /// Calls a function in the page.
    async fn asks<T: DeserializeOwned>(&self, function: &str, arguments: &[&str]) -> T {
        let arguments: Vec<String> = arguments.iter().map(|text| json!(text).to_string()).collect();
        let call = format!("({function})({})", arguments.join(", "));
        let answer = self
            .page
            .evaluate_expression(call)
            .await
            .expect("the page answers");
        let value = answer.value().cloned().unwrap_or_default();
        serde_json::from_value(value).expect("the page answers as asked")
    }
}

/// Notes what goes wrong in the page from now on.
async fn listen(page: &Page, faults: &Arc<Mutex<Vec<String>>>) {
    let mut thrown = page
        .event_listener::<EventExceptionThrown>()
        .await
        .expect("the tab tells of exceptions");
    let noted = faults.clone();
    tokio::spawn(async move {
        while let Some(event) = thrown.next().await {
            noted
                .lock()
                .expect("nobody panicked")
                .push(format!("{:?}", event.exception_details));
        }
    });
    let mut logged = page
        .event_listener::<EventEntryAdded>()
        .await
        .expect("the tab tells of its log");
    let noted = faults.clone();
    tokio::spawn(async move {
        while let Some(event) = logged.next().await {
            let entry = &event.entry;
            // Lost connections are no fault of the script: it connects again.
            if entry.level == LogEntryLevel::Error && entry.source != LogEntrySource::Network {
                noted.lock().expect("nobody panicked").push(entry.text.clone());
            }
        }
    });
}

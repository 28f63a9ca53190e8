//! The audit trail, as whoever collects the logs reads it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, Once, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// The lines of every world of this process.
static LINES: Mutex<Vec<AuditLine>> = Mutex::new(Vec::new());

/// One line: its fields by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditLine(BTreeMap<String, String>);

impl AuditLine {
    /// A field's text; empty if the line has none of that name.
    pub fn field(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// What was decided, by whom.
    pub fn decision(&self) -> (&str, &str) {
        (self.field("decision"), self.field("who"))
    }
}

impl Visit for AuditLine {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}

struct Collector;

impl<S: Subscriber> Layer<S> for Collector {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != runtime::audit::TARGET {
            return;
        }
        let mut line = AuditLine::default();
        event.record(&mut line);
        LINES.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

/// Collects from now on. Nobody else in a spec's process reads logs.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::registry()
            .with(Collector)
            .try_init()
            .expect("nobody else collects logs");
    });
}

/// The lines of which this is so, in order.
pub fn audit_lines(is: impl Fn(&AuditLine) -> bool) -> Vec<AuditLine> {
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    lines.iter().filter(|line| is(line)).cloned().collect()
}

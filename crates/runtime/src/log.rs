//! Logs: JSON where a machine collects them, readable where a person looks.

use tracing_subscriber::EnvFilter;

/// Set by AWS where nobody reads the logs as they come: on Lambda and in an ECS task.
const COLLECTED: [&str; 2] = ["AWS_LAMBDA_FUNCTION_NAME", "ECS_CONTAINER_METADATA_URI_V4"];

/// The first line of every binary: installs the TLS provider (the Slack client brings another one, and rustls
/// refuses to choose) and starts the logs. `RUST_LOG` says how much is logged; without it, `info`. The audit trail is
/// logged whatever it says. Safe to call more than once: the first call counts.
pub fn init() {
    // Both fail only if somebody was quicker, which is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let filter = match format!("{}=info", crate::audit::TARGET).parse() {
        Ok(audit) => filter.add_directive(audit),
        Err(_) => filter,
    };
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let _ = if COLLECTED.iter().any(|name| std::env::var_os(name).is_some()) {
        logs.json().flatten_event(true).try_init()
    } else {
        logs.try_init()
    };
}

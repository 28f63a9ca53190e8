//! The hand-over, and the warning before the end.

use domain::cost::Prices;
use domain::policy::Engine;
use domain::record::{Access, MaskingReport};
use domain::serverless::{SLEEPS_AFTER_MINUTES, WAKES_IN_SECONDS};
use domain::{Class, CloneRecord};
use slack_morphism::prelude::*;

use super::progress::durations;
use super::{Message, action, dollars, footer, prices_of, region, until, what, who};
use crate::blocks::{button, buttons, confirm, context, fields, section};
use crate::text::{code, code_block, count, date};

/// Shown in place of the progress once the clone is handed over. It holds no password: that lies in the secret.
pub fn ready(clone: &CloneRecord, prices: &Prices) -> Message {
    let title = format!(
        "*The clone of {} is ready*, {}. It deletes itself {}.",
        code(clone.source.as_str()),
        who(&clone.principal),
        until(clone)
    );
    let text = format!(
        "The clone of {} is ready, {}",
        code(clone.source.as_str()),
        who(&clone.principal)
    );
    let mut blocks = vec![section(&title)];
    if let Some(access) = &clone.access {
        blocks.extend(connection(clone, access));
    }
    if clone.target_class != clone.class {
        let asked = code(&clone.class.to_string());
        blocks.push(context(&format!(
            "AWS had no capacity for {asked}: this is the policy's next best."
        )));
    }
    if let Some(report) = &clone.report {
        blocks.push(context(&masked(report, &clone.config.rules_hash)));
    }
    blocks.push(context(&price(clone, prices)));
    blocks.extend(sleep(clone));
    blocks.extend(durations(clone));
    blocks.extend([life_buttons(clone, true), footer(clone)]);
    Message::new(text, blocks)
}

/// Said once before the expiry, to the person, in the thread of the clone's message.
pub fn warning(clone: &CloneRecord) -> Message {
    let text = format!(
        "{}: the clone of {} expires {} and deletes itself. Extend it if you still need it.",
        who(&clone.principal),
        what(clone),
        until(clone)
    );
    let blocks = vec![section(&text), life_buttons(clone, false), footer(clone)];
    Message::new(text, blocks)
}

/// The lines that connect, by the command line's name and by hand.
pub(super) fn connection(clone: &CloneRecord, access: &Access) -> Vec<SlackBlock> {
    let pairs = [
        ("Host", code(&access.host)),
        ("Port", code(&access.port.to_string())),
        ("Database", code(&access.database)),
        ("User", code(&access.user)),
        ("Password", format!("in the secret {}", code(&access.secret))),
        ("Class", code(&clone.target_class.to_string())),
    ];
    let mut blocks = vec![fields(&pairs), section(&code_block(&lines(clone, access)))];
    if let Some(proxy) = &access.proxy {
        let at = code(&format!("{}:{}", proxy.host, proxy.port));
        blocks.push(context(&format!(
            "RDS Proxy: {at}, with the same user and password, over TLS. It shares a few connections among many clients."
        )));
    }
    blocks
}

pub(crate) fn lines(clone: &CloneRecord, access: &Access) -> Vec<String> {
    let secret = format!(
        "aws secretsmanager get-secret-value --region {} --secret-id {} --query SecretString --output text | jq -r .password",
        shell(region(&clone.execution_arn)),
        shell(&access.secret)
    );
    let (host, user, database) = (shell(&access.host), shell(&access.user), shell(&access.database));
    let port = access.port;
    let by_hand = match clone.engine {
        Engine::Postgres => [
            format!("export PGPASSWORD=\"$({secret})\""),
            format!("psql -h {host} -p {port} -U {user} -d {database}"),
        ],
        Engine::Mysql => [
            format!("export MYSQL_PWD=\"$({secret})\""),
            format!("mysql -h {host} -P {port} -u {user} {database}"),
        ],
    };
    let mut lines = vec![format!("doppel connect {}", clone.id)];
    if clone.options.data_api {
        lines.push(format!("doppel sql {} 'SELECT …'", clone.id));
    }
    lines.push("# or by hand:".to_owned());
    lines.extend(by_hand);
    lines
}

/// A word of a shell command: as it is, or in quotes if a shell would read more into it.
fn shell(word: &str) -> String {
    let is_plain = !word.is_empty()
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._/:@".contains(c));
    if is_plain {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

pub(crate) fn masked(report: &MaskingReport, rules_hash: &str) -> String {
    let (tables, columns, rows) = report.totals();
    let rules: String = rules_hash.chars().take(12).collect();
    let mut said = format!(
        "Masked and verified: {}, {}, {}; {} of production locked; rules {}",
        count(tables as u64, "table"),
        count(columns.into(), "column"),
        count(rows, "row"),
        count(report.users_locked.into(), "user"),
        code(&rules)
    );
    if let Some(scan) = &report.scan {
        said.push_str(&format!("; {} read again", count(scan.rows, "row")));
    }
    if !report.dropped.is_empty() {
        said.push_str(&format!(
            "; dropped: {}",
            count(
                report.dropped.len() as u64,
                "thing that held credentials or called out"
            )
        ));
    }
    said
}

pub(crate) fn price(clone: &CloneRecord, prices: &Prices) -> String {
    let Some((least, most)) = prices.per_hour(clone.engine, clone.storage, &clone.target_class) else {
        return format!(
            "Cost: unknown; the config folder has no price for {}.",
            code(&clone.target_class.to_string())
        );
    };
    let hour = match &clone.target_class {
        Class::Instance(_) => format!("{} an hour", dollars(most)),
        Class::Serverless(range) => {
            let awake = prices.awake_per_hour(clone.engine, clone.storage, *range);
            let (from, to) = awake.unwrap_or((least, most));
            let awake = format!("{} to {} an hour", dollars(from), dollars(to));
            match range.sleeps() {
                true => format!("{} an hour asleep, {awake} awake", dollars(least)),
                false => awake,
            }
        }
    };
    let total = prices
        .spent(clone, clone.expires_at)
        .map(|amount| format!(", at most {} until it ends", dollars(amount)));
    let as_of = prices_of(prices);
    format!(
        "Cost: {hour}{}{as_of}. Storage is shared with production until you write.",
        total.unwrap_or_default()
    )
}

/// When the clone goes to sleep and what wakes it, if it sleeps at all.
fn sleep(clone: &CloneRecord) -> Option<SlackBlock> {
    clone.target_class.acu().filter(|range| range.sleeps())?;
    Some(context(&format!(
        "It sleeps after {SLEEPS_AFTER_MINUTES} minutes without a connection. The next query wakes it, and waits some {WAKES_IN_SECONDS} seconds for that; \
         an open connection keeps it awake.",
    )))
}

fn life_buttons(clone: &CloneRecord, with_connect: bool) -> SlackBlock {
    let connect = with_connect.then(|| connect_button(clone));
    buttons(
        connect
            .into_iter()
            .chain([extend_button(clone), delete_button(clone)])
            .collect(),
    )
}

pub(crate) fn connect_button(clone: &CloneRecord) -> SlackBlockButtonElement {
    button(action::CONNECT, "How to connect", clone.id.as_str())
}

pub(crate) fn extend_button(clone: &CloneRecord) -> SlackBlockButtonElement {
    button(action::EXTEND, "Extend …", clone.id.as_str())
}

pub(crate) fn delete_button(clone: &CloneRecord) -> SlackBlockButtonElement {
    let id = clone.id.as_str();
    let question = format!("{} and all that was written to it will be gone.", code(id));
    button(action::DELETE, "Delete now", id)
        .with_style(SlackBlockButtonStyle::Danger)
        .with_confirm(confirm("Delete this clone?", &question, "Delete it", "Keep it"))
}

/// Since when the clone has been ready, for lists.
pub(super) fn ready_since(clone: &CloneRecord) -> String {
    clone
        .ready_at
        .map(|at| format!("ready since {}", date(at)))
        .unwrap_or_default()
}

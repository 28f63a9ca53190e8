//! `/clone list` and `/clone show`.

use chrono::{DateTime, Utc};
use domain::cost::Prices;
use domain::{CloneRecord, CloneState};

use super::progress::steps;
use super::ready::ready_since;
use super::{Message, of, until, what, who};
use crate::blocks::{context, section};
use crate::text::{code, count, date};

/// The most clones that are listed.
const MOST: usize = 20;

/// The clones that somebody may change, the newest first.
pub fn list(clones: &[CloneRecord], is_admin: bool) -> Message {
    if clones.is_empty() {
        let none = if is_admin {
            "There are no clones."
        } else {
            "You have no clones."
        };
        return Message::line(format!("{none} `/clone help` tells how to get one."));
    }
    let whose = if is_admin { "Everybody's" } else { "Your" };
    let text = format!("{whose} {}", count(clones.len() as u64, "clone"));
    let mut blocks = vec![section(&format!("*{text}*"))];
    blocks.extend(
        clones
            .iter()
            .take(MOST)
            .map(|clone| section(&row(clone, is_admin))),
    );
    if clones.len() > MOST {
        blocks.push(context(&format!("… and {} more.", clones.len() - MOST)));
    }
    Message::new(text, blocks)
}

fn row(clone: &CloneRecord, with_owner: bool) -> String {
    let owner = if with_owner {
        format!(" · {}", who(&clone.principal))
    } else {
        String::new()
    };
    let when = match clone.state {
        CloneState::Ready => format!("ends {}", until(clone)),
        CloneState::Deleting | CloneState::Failed => "being deleted".to_owned(),
        CloneState::Deleted => "gone".to_owned(),
        _ => format!("asked for {}", date(clone.requested_at)),
    };
    format!(
        "{} · {} · *{}*{owner}\n{when}",
        code(clone.id.as_str()),
        what(clone),
        clone.state
    )
}

/// One clone: its message, and what took how long.
pub fn show(clone: &CloneRecord, prices: &Prices, now: DateTime<Utc>) -> Message {
    let mut message = of(clone, prices);
    let mut told = vec![format!(
        "Asked for {} by {}",
        date(clone.requested_at),
        who(&clone.principal)
    )];
    told.extend(Some(ready_since(clone)).filter(|since| !since.is_empty()));
    told.extend(
        prices
            .spent(clone, now)
            .map(|amount| format!("cost so far {}", super::dollars(amount))),
    );
    if !clone.state.is_being_set_up() {
        message.blocks.push(section(&steps(clone)));
    }
    message.blocks.push(context(&told.join(" · ")));
    message
}

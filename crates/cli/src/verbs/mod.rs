//! What each verb does.

mod approve;
mod bar;
mod connect;
mod create;
mod delete;
mod export;
mod extend;
mod list;
mod local;
mod mask;
mod prices;
mod rules;
mod show;
mod sql;
mod sweep;
mod wait;

pub use sql::Parameter;

use crate::account::Account;
use crate::args::{Args, Verb};
use crate::exit::Stop;

/// Does what the command line says.
pub async fn run(args: Args) -> Result<(), Stop> {
    let json = args.json;
    let place = args.place;
    match args.verb {
        Verb::Local(options) => local::run(*options, place.local_file, json).await,
        Verb::Rules(rules) => rules::run(rules, &place, json).await,
        Verb::Mask(mask) => mask::run(mask, &place, json).await,
        Verb::Prices(prices) => prices::run(prices, &place, json).await,
        verb => {
            let account = Account::open(&place).await?;
            match verb {
                Verb::Create(create) => create::run(&account, create, json).await,
                Verb::List { all } => list::run(&account, all, json).await,
                Verb::Show(one) => show::run(&account, &one.id, json).await,
                Verb::Extend { clone, span } => extend::run(&account, &clone.id, &span, json).await,
                Verb::Approve(one) => approve::approve(&account, &one.id, json).await,
                Verb::Deny { clone, reason } => approve::deny(&account, &clone.id, &reason, json).await,
                Verb::Delete {
                    clone,
                    wait,
                    patience,
                } => delete::run(&account, &clone.id, wait.then_some(patience), json).await,
                Verb::Connect { clone, print, rest } => {
                    connect::run(&account, &clone.id, print, &rest, json).await
                }
                Verb::Export(args) => export::run(&account, *args, json).await,
                Verb::Sql(args) => sql::run(&account, *args, json).await,
                Verb::Sweep { dry_run, patience } => sweep::run(&account, dry_run, &patience, json).await,
                Verb::Rules(_) | Verb::Mask(_) | Verb::Prices(_) | Verb::Local(_) => Ok(()),
            }
        }
    }
}

//! What the Data API refuses, in words that say what to do instead.

use domain::CloneRecord;
use runtime::aws::Failed;

use crate::exit::{Exit, Stop};

/// The clone is waking.
pub(super) const RESUMING: &str = "DatabaseResumingException";

/// How a refused statement ends.
pub(super) fn stop(record: &CloneRecord, error: &Failed) -> Stop {
    let id = &record.id;
    let said = error.said();
    let instead = format!("`doppel export {id}` has no such limit");
    let is = |code: &str, words: &str| error.is(code) && said.contains(words);
    match () {
        () if is("ValidationException", "Multistatements") => Exit::Failed.with(
            "the Data API takes one statement a call, and doppel splits nothing, since a `;` may be part of a text. None of it was run: send them one by one",
        ),
        () if is("ValidationException", "Cannot find parameter") => {
            let name = said.rsplit(' ').next().unwrap_or_default();
            Exit::Usage.with(format!("the statement has a parameter `:{name}`: give it with --param {name}=…"))
        }
        () if is("UnsupportedResultException", "data type") => Exit::Failed.with(format!(
            "{said} Cast it to text: `CAST(column AS {})`",
            match record.engine {
                domain::policy::Engine::Postgres => "text",
                domain::policy::Engine::Mysql => "char",
            }
        )),
        () if is("UnsupportedResultException", "row") => Exit::Failed.with(format!(
            "a row of the result is larger than the 64 KB that the Data API carries: ask for fewer columns, or a part of the long one; {instead}"
        )),
        () if is("UnsupportedResultException", "size limit") => Exit::Failed.with(format!(
            "the result is larger than the 1 MiB that the Data API carries: ask for fewer rows (`LIMIT`) or columns; {instead}"
        )),
        () if error.is("StatementTimeoutException") => Exit::TimedOut.with(format!(
            "the statement took longer than the 45 seconds of a Data API call, and was cancelled; {instead}"
        )),
        () if error.is(RESUMING) => Exit::TimedOut.with(format!(
            "{id} sleeps, and was not awake within 30 seconds: try again"
        )),
        () if is("InternalServerErrorException", "infinite") => {
            Exit::Failed.with(format!("{said} Cast it to text: `CAST(column AS text)`"))
        }
        () if error.is("HttpEndpointNotEnabledException") => {
            Exit::Failed.with(format!("the Data API of {id} is off; `doppel connect {id}` works without it"))
        }
        () if error.is("AccessDeniedException") || error.is("ForbiddenException") => Exit::Refused.with(format!(
            "AWS does not let you use the secret of {id}: only its owner may run statements on it"
        )),
        // The database's own words are for whoever sent the statement.
        () if error.is("DatabaseErrorException") => Exit::Failed.with(said.to_owned()),
        () => Exit::Failed.because(error),
    }
}

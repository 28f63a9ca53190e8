//! "Clone a database" as a step of a Slack workflow.

use domain::request::{Principal, Wish};
use slack::step::{CLONE_DATABASE, FunctionExecuted, Outcome};

use crate::deeds::{self, Asker};
use crate::{Deps, Error, told};

/// Starts the clone. A step that cannot be is told so at once; every other one is told by notify, as surely as the
/// clone's message says it.
///
/// # Errors
/// Faults that go away, and what Slack would not hear of a refusal. Slack sends the event again, and nothing is
/// done twice.
pub(crate) async fn run(deps: &Deps, event: FunctionExecuted) -> Result<(), Error> {
    if event.function.callback_id != CLONE_DATABASE {
        return Ok(());
    }
    let refused = match ask(deps, &event).await {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(why)) => Outcome::failed(&format!("Not done: {why}.")),
        Err(error) if error.is_transient() => return Err(error),
        Err(error) => Outcome::failed(&told(&error).text),
    };
    deps.slack
        .complete_step(&event.function_execution_id, &refused)
        .await?;
    Ok(())
}

async fn ask(deps: &Deps, event: &FunctionExecuted) -> Result<Result<(), String>, Error> {
    let wish = match Wish::read(&event.inputs) {
        Ok(wish) => wish,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let run = &event.function_execution_id;
    let asker = Asker {
        principal: Principal::Workflow,
        channel: None,
        trigger: format!("step/{run}"),
    };
    let policy = deps.config.policy().await?;
    let asked = deeds::create_for(deps, &policy, &asker, wish, Some(run.clone())).await?;
    Ok(asked.map(drop).map_err(|refusal| refusal.to_string()))
}

//! How the steps of workflows end.

use serde_json::{Value, json};

use super::args::Args;
use super::{Refusal, Reply};
use crate::shared::{Change, Shared};

pub(super) fn complete_success(shared: &Shared, args: &Args) -> Reply {
    let run = args.required("function_execution_id", "invalid_arguments")?;
    let outputs = args.value("outputs");
    if !outputs.is_object() {
        return Err(missing("outputs"));
    }
    end(shared, run, Ok(outputs.clone()))
}

pub(super) fn complete_error(shared: &Shared, args: &Args) -> Reply {
    let run = args.required("function_execution_id", "invalid_arguments")?;
    let error = args.text("error").ok_or_else(|| missing("error"))?;
    end(shared, run, Err(error.to_owned()))
}

fn missing(field: &str) -> Refusal {
    Refusal::because(
        "invalid_arguments",
        vec![format!("[ERROR] missing required field: {field}")],
    )
}

fn end(shared: &Shared, run: &str, how: Result<Value, String>) -> Reply {
    let mut store = shared.store();
    let step = store.steps.get_mut(run);
    let step = step.ok_or_else(|| Refusal::new("function_execution_not_found"))?;
    if step.ended.is_some() {
        return Err(Refusal::new("execution_not_in_running_state"));
    }
    if let (Some(manifest), Ok(outputs)) = (&shared.options.manifest, &how)
        && let Some(problem) = manifest.problem(&step.callback_id, "output_parameters", outputs)
    {
        return Err(Refusal::because("parameter_validation_failed", vec![problem]));
    }
    step.ended = Some(how);
    drop(store);
    shared.changed(Change::Unseen);
    Ok(json!({}))
}

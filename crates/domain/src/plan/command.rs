//! Which ECS tasks mask a clone: ours as one, or a team's own command between our prepare and our verify.

use crate::policy::Source;
use crate::record::CloneRecord;
use crate::workflow::{MaskTask, MaskTasks};

const PLACEHOLDERS: &[&str] = &["endpoint", "port", "database", "secret_arn", "rules", "clone_id"];

/// What a team's command may be told about the clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandFacts<'a> {
    /// Host name of the clone.
    pub endpoint: &'a str,
    /// Its port.
    pub port: u16,
    /// ARN of the master's secret.
    pub secret_arn: &'a str,
}

/// Our worker's task, as it is deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worker {
    /// The task definition, by family or ARN.
    pub task_definition: String,
    /// Its container.
    pub container: String,
}

/// The tasks that mask this clone, in order.
pub fn tasks(clone: &CloneRecord, source: &Source, facts: &CommandFacts<'_>, worker: &Worker) -> MaskTasks {
    let ours = |verbs: &[&str]| MaskTask {
        task_definition: worker.task_definition.clone(),
        container: worker.container.clone(),
        command: [
            "mask-worker",
            "--clone-id",
            clone.id.as_str(),
            "--execution",
            &clone.execution_arn,
            "--attempt",
            &clone.attempt.to_string(),
        ]
        .iter()
        .chain(verbs)
        .map(ToString::to_string)
        .collect(),
    };
    let masking = &source.masking;
    let tasks = match (&masking.command, &masking.task_definition, &masking.container) {
        (Some(command), Some(task_definition), Some(container)) => vec![
            ours(&["prepare"]),
            MaskTask {
                task_definition: task_definition.clone(),
                container: container.clone(),
                command: command.iter().map(|word| fill(word, clone, facts)).collect(),
            },
            ours(&["verify"]),
        ],
        _ => vec![ours(&["prepare", "mask", "verify"])],
    };
    MaskTasks {
        clone_id: clone.id.clone(),
        tasks,
    }
}

fn fill(word: &str, clone: &CloneRecord, facts: &CommandFacts<'_>) -> String {
    let values = [
        facts.endpoint,
        &facts.port.to_string(),
        &clone.database,
        facts.secret_arn,
        &clone.config.rules,
        clone.id.as_str(),
    ];
    PLACEHOLDERS
        .iter()
        .zip(values)
        .fold(word.to_owned(), |word, (name, value)| {
            word.replace(&format!("{{{name}}}"), value)
        })
}

/// The first `{name}` in a word of the policy's command that means nothing.
pub fn unknown_placeholder(word: &str) -> Option<&str> {
    word.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name)
        .find(|name| {
            !PLACEHOLDERS.contains(name)
                && name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
                && !name.is_empty()
        })
}

#[cfg(test)]
mod tests {
    use super::super::tests::*;
    use super::*;
    use crate::record::CloneState;

    fn tasks_under(masking: crate::policy::Masking) -> Vec<Vec<String>> {
        let policy = policy();
        let record = record(CloneState::Masking);
        let mut source = policy.sources[&record.source].clone();
        source.masking = masking;
        let facts = CommandFacts {
            endpoint: "clone.rds",
            port: 5432,
            secret_arn: "arn:secret",
        };
        let worker = Worker {
            task_definition: "worker".into(),
            container: "worker".into(),
        };
        tasks(&record, &source, &facts, &worker)
            .tasks
            .into_iter()
            .map(|task| task.command)
            .collect()
    }

    #[test]
    fn our_worker_does_it_in_one_task() {
        let commands = tasks_under(crate::policy::Masking::default());
        assert_eq!(commands.len(), 1);
        assert_eq!(commands[0][7..], ["prepare", "mask", "verify"]);
    }

    #[test]
    fn a_rake_task_runs_between_our_prepare_and_our_verify() {
        let words = ["bundle", "exec", "rake", "db:masking[{endpoint}]"]
            .map(String::from)
            .to_vec();
        let commands = tasks_under(crate::policy::Masking {
            command: Some(words),
            task_definition: Some("rails".into()),
            container: Some("app".into()),
        });
        assert_eq!(commands[0].last().unwrap(), "prepare");
        assert_eq!(commands[1], ["bundle", "exec", "rake", "db:masking[clone.rds]"]);
        assert_eq!(commands[2].last().unwrap(), "verify");
    }

    #[test]
    fn braces_that_are_no_placeholder_stay() {
        assert_eq!(unknown_placeholder("{host}"), Some("host"));
        assert_eq!(unknown_placeholder("{endpoint}:{port}"), None);
        assert_eq!(unknown_placeholder("${HOME} {}"), None);
    }
}

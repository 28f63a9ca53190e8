//! The command line's grammar.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use query_worker::Format;

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed
  2  the command line cannot be understood
  3  there is no such clone, source, or running `doppel local`
  4  the policy, the rules, a cap or a quota do not allow it
  5  it took too long
  6  rules and database differ";

/// Private, masked, self-expiring copies of production databases.
#[derive(Debug, Parser)]
#[command(name = "doppel", version, after_help = EXIT_CODES)]
pub struct Args {
    /// Print JSON instead of words.
    #[arg(long, global = true)]
    pub json: bool,
    #[command(flatten)]
    pub place: Place,
    #[command(subcommand)]
    pub verb: Verb,
}

/// Where the clones are.
#[derive(Clone, Debug, clap::Args)]
pub struct Place {
    /// Work on what `doppel local` runs on this machine.
    #[arg(long, global = true)]
    pub local: bool,
    /// The file in which a running `doppel local` wrote its addresses.
    #[arg(long, global = true, env = "DOPPEL_LOCAL", value_name = "FILE", hide = true)]
    pub local_file: Option<PathBuf>,
    /// The DynamoDB table of clones.
    #[arg(long, global = true, env = "DOPPEL_TABLE")]
    pub table: Option<String>,
    /// The state machine that makes clones.
    #[arg(long, global = true, env = "DOPPEL_STATE_MACHINE_ARN", value_name = "ARN")]
    pub state_machine_arn: Option<String>,
    /// The state machine that sweeps.
    #[arg(long, global = true, env = "DOPPEL_SWEEP_ARN", value_name = "ARN")]
    pub sweep_arn: Option<String>,
    /// The config folder: a path or `s3://bucket/prefix`.
    #[arg(long, global = true, env = "DOPPEL_CONFIG", value_name = "FOLDER")]
    pub config: Option<String>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Ask for a clone.
    Create(Create),
    /// List the clones that live.
    List {
        /// The deleted ones of the last 30 days too.
        #[arg(long)]
        all: bool,
    },
    /// Show one clone, and how its time divides over its states.
    Show(One),
    /// Let a clone live longer.
    Extend {
        #[command(flatten)]
        clone: One,
        /// How much longer: `4h`, `3d`.
        #[arg(value_name = "FOR")]
        span: String,
    },
    /// Approve a request that waits for it. The policy must name you among its approvers, as `cli/NAME`.
    Approve(One),
    /// Deny a request that waits for an approval.
    Deny {
        #[command(flatten)]
        clone: One,
        /// Why: whoever asked reads it.
        #[arg(long, default_value = "", value_name = "TEXT")]
        reason: String,
    },
    /// Delete a clone.
    Delete {
        #[command(flatten)]
        clone: One,
        /// Wait until it is gone.
        #[arg(long)]
        wait: bool,
        #[command(flatten)]
        patience: Patience,
    },
    /// Open psql, mysql or mariadb on a clone, with its own user.
    Connect {
        #[command(flatten)]
        clone: One,
        /// Print the DSN, with its password, instead.
        #[arg(long)]
        print: bool,
        /// Passed on to the client, after `--`.
        #[arg(last = true)]
        rest: Vec<String>,
    },
    /// Run a batch query, or a program, against a clone, and leave its result in S3 or in a folder.
    Export(Box<Export>),
    /// Run one SQL statement on a clone over HTTPS, through the RDS Data API: without a bastion, a driver or a password.
    Sql(Box<Sql>),
    /// Sweep now: delete what is due, warn, look for orphans.
    Sweep {
        /// Only say what would be done.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        patience: Patience,
    },
    /// Write, check or compare masking rules.
    #[command(subcommand)]
    Rules(Rules),
    /// Keep the prices of the estimates.
    #[command(subcommand)]
    Prices(Prices),
    /// Mask a database that is no clone of ours, such as a dump restored on this machine, or say how it would be masked.
    Mask(Mask),
    /// Run the whole of doppel on this machine: an embedded AWS and Slack, and a production to clone.
    Local(Box<Local>),
}

/// One clone.
#[derive(Clone, Debug, clap::Args)]
pub struct One {
    /// The clone's id, or the end of it.
    #[arg(value_name = "ID")]
    pub id: String,
}

/// How long to wait.
#[derive(Clone, Debug, clap::Args)]
pub struct Patience {
    /// Give up waiting after so many minutes.
    #[arg(long, default_value_t = 360, value_name = "MINUTES")]
    pub timeout: u64,
}

/// A clone that is asked for.
#[derive(Debug, clap::Args)]
pub struct Create {
    /// The source's name; may be left out when the policy knows only one.
    pub source: Option<String>,
    /// The class (`db.r6g.large`, `serverless:0-4`) and how long it lives after hand-over (`4h`, `3d`), in any order.
    #[arg(value_name = "CLASS LIFETIME", num_args = 0..=2)]
    pub words: Vec<String>,
    /// Switch the RDS Data API on.
    #[arg(long)]
    pub data_api: bool,
    /// Put an RDS Proxy before it.
    #[arg(long)]
    pub proxy: bool,
    /// Wait until it is handed over.
    #[arg(long)]
    pub wait: bool,
    #[command(flatten)]
    pub patience: Patience,
}

/// A batch query, and where its result goes.
#[derive(Debug, clap::Args)]
pub struct Export {
    #[command(flatten)]
    pub clone: One,
    /// The file with the query: one statement, of any length. `-` is standard input.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["query", "script"])]
    pub query_file: Option<PathBuf>,
    /// The query itself.
    #[arg(
        long,
        value_name = "SQL",
        conflicts_with = "script",
        allow_hyphen_values = true
    )]
    pub query: Option<String>,
    /// A program in S3 to run instead: it finds the clone's endpoint and a token for 15 minutes in its environment, and what
    /// it writes to standard output is the result.
    #[arg(long, value_name = "S3 URL", conflicts_with_all = ["format", "header"])]
    pub script: Option<query_worker::Place>,
    /// `s3://bucket/prefix`, or a folder of this machine.
    #[arg(long, value_name = "PLACE")]
    pub to: String,
    /// How the rows are written: `tsv` or `csv`.
    #[arg(long, default_value_t)]
    pub format: Format,
    /// Let the first line name the columns.
    #[arg(long)]
    pub header: bool,
    /// Replace an export that is there already.
    #[arg(long)]
    pub overwrite: bool,
    #[command(flatten)]
    pub task: ExportTask,
}

/// Where the task of an export runs.
#[derive(Debug, clap::Args)]
pub struct ExportTask {
    /// The ECS cluster.
    #[arg(long, env = "DOPPEL_ECS_CLUSTER", value_name = "NAME", hide_short_help = true)]
    pub ecs_cluster: Option<String>,
    /// The task definition.
    #[arg(
        long,
        env = "DOPPEL_QUERY_TASK_DEFINITION",
        default_value = "query-worker",
        value_name = "NAME",
        hide_short_help = true
    )]
    pub query_task_definition: String,
    /// The task's subnets.
    #[arg(
        long,
        env = "DOPPEL_QUERY_SUBNETS",
        value_delimiter = ',',
        value_name = "IDS",
        hide_short_help = true
    )]
    pub query_subnets: Vec<String>,
    /// The task's security groups: the clones' own must let them in.
    #[arg(
        long,
        env = "DOPPEL_QUERY_SECURITY_GROUPS",
        value_delimiter = ',',
        value_name = "IDS",
        hide_short_help = true
    )]
    pub query_security_groups: Vec<String>,
    /// By which place in S3 an export comes into a folder.
    #[arg(long, env = "DOPPEL_EXPORTS", value_name = "S3 URL", hide_short_help = true)]
    pub exports: Option<String>,
}

/// A statement for the Data API.
#[derive(Debug, clap::Args)]
pub struct Sql {
    #[command(flatten)]
    pub clone: One,
    /// The statement: one, with `:name` for what comes from `--param`.
    #[arg(
        value_name = "SQL",
        required_unless_present = "file",
        allow_hyphen_values = true
    )]
    pub sql: Option<String>,
    /// Read the statement from this file; `-` is standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "sql")]
    pub file: Option<PathBuf>,
    /// A parameter's value. What looks like a number, `true`, `false` or `null` is one, all else is text; NAME:TYPE=VALUE
    /// says a type: text, int, double, decimal, bool, date, time, timestamp, json, uuid, hex.
    #[arg(long, value_name = "NAME=VALUE")]
    pub param: Vec<crate::verbs::Parameter>,
    /// Write CSV instead of a table: NULL is nothing, an empty text is `""`.
    #[arg(long)]
    pub csv: bool,
}

/// What about the prices.
#[derive(Debug, Subcommand)]
pub enum Prices {
    /// Write what AWS's Price List says of Aurora into the config folder's `prices.toml`, in place of what is there.
    Refresh {
        /// The Region; the caller's own if it is left out.
        #[arg(long)]
        region: Option<String>,
        /// Only print it.
        #[arg(long)]
        print: bool,
    },
}

/// What about the rules.
#[derive(Debug, Subcommand)]
pub enum Rules {
    /// Look at a database, and write a first rules file for it to standard output.
    Suggest {
        /// `postgres://…` or `mysql://…`; the source of `doppel local` if it is left out.
        dsn: Option<String>,
    },
    /// Say what changed in a database since its rules file was written: columns that no rule speaks of, rules for what is
    /// gone, types that changed, and columns that a pattern keeps although they look personal.
    Diff {
        /// The rules file.
        rules: PathBuf,
        /// `postgres://…` or `mysql://…`; the source of `doppel local` if it is left out.
        dsn: Option<String>,
    },
    /// Hold a rules file against a database.
    Check {
        /// The rules file.
        rules: PathBuf,
        /// `postgres://…` or `mysql://…`; the source of `doppel local` if it is left out.
        dsn: Option<String>,
    },
}

/// A database to mask.
#[derive(Debug, clap::Args)]
pub struct Mask {
    /// The database, as a user that may do everything there: `postgres://…` or `mysql://…`. With `--plan` it may be left
    /// out for the source of `doppel local`.
    pub dsn: Option<String>,
    /// The rules file.
    #[arg(long, value_name = "FILE")]
    pub rules: PathBuf,
    /// Only say how each table would be masked, and why so. Nothing is written.
    #[arg(long, conflicts_with = "yes")]
    pub plan: bool,
    /// Mask. What was there cannot be brought back; all other users of the server are locked out.
    #[arg(long)]
    pub yes: bool,
    /// The user that is created for the masked database.
    #[arg(long, default_value = "masked_user", value_name = "NAME")]
    pub user: String,
}

/// What `doppel local` runs.
#[derive(Debug, clap::Args)]
pub struct Local {
    /// The first of the ports that are used.
    #[arg(long, default_value_t = 7400, value_name = "PORT")]
    pub port_base: u16,
    /// Customers in the generated shop; the other tables grow with it.
    #[arg(long, default_value_t = crate::local::shop::DEFAULT_CUSTOMERS, conflicts_with = "load")]
    pub rows: u64,
    /// Load this dump (plain SQL, or pg_dump's custom format) instead of the shop; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub load: Vec<PathBuf>,
    /// The masking rules for `--load`; without them a first version is written, as `doppel rules suggest` does.
    #[arg(long, value_name = "FILE", requires = "load")]
    pub rules: Option<PathBuf>,
    /// What production runs on.
    #[arg(long, value_enum, default_value_t = Engine::Postgres)]
    pub engine: Engine,
    /// Let waits, expiry and schedules pass so many times faster.
    #[arg(long, default_value_t = 1.0, value_parser = speed)]
    pub speed: f64,
}

/// A database engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// PostgreSQL.
    Postgres,
    /// MySQL or MariaDB, whichever is installed.
    Mysql,
}

impl From<Engine> for domain::policy::Engine {
    fn from(engine: Engine) -> Self {
        match engine {
            Engine::Postgres => Self::Postgres,
            Engine::Mysql => Self::Mysql,
        }
    }
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| format!("`{text}` is no number"))?;
    if (1.0..=1000.0).contains(&speed) {
        Ok(speed)
    } else {
        Err("it must be from 1 to 1000".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_grammar_holds_together() {
        Args::command().debug_assert();
    }

    #[test]
    fn global_flags_may_stand_after_the_verb() {
        let args =
            Args::try_parse_from(["doppel", "create", "production", "--local", "--json", "--wait"]).unwrap();
        assert!(args.json && args.place.local);
    }
}

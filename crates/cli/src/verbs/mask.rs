//! `doppel mask`: how a database would be masked, and the masking of one that is no clone.

use domain::record::MaskingReport;
use mask_worker::{Explained, Job, Reporter, Target, Tuning, Verb};
use masking::{Method, Rules, TablePlan};
use runtime::Login;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::bar::Bar;
use super::rules::{database, read_rules};
use crate::args::{Mask, Place};
use crate::diagnosis;
use crate::exit::{Exit, Stop};
use crate::output;
use crate::table::table;

pub async fn run(args: Mask, place: &Place, json: bool) -> Result<(), Stop> {
    let rules = read_rules(&args.rules)?;
    if args.plan {
        let target: Target = target(&database(args.dsn, place)?)?;
        let explained = mask_worker::explain(&target, &rules).await;
        let explained = explained.map_err(|error| diagnosis::stop(&error))?;
        return if json {
            output::json(&plan_as_json(&explained))
        } else {
            output::text(&plan_as_text(&explained))
        };
    }
    let dsn = args
        .dsn
        .ok_or_else(|| Exit::Usage.with("say which database to mask: a DSN"))?;
    let target = target(&dsn)?;
    may_be_masked(&target, args.yes)?;
    let user = Login::new(args.user);
    let report = mask(&target, &rules, &user, json).await?;
    let dsn = dsn_of(&target, &user);
    if json {
        return output::json(&json!({ "report": report, "user": user.username, "dsn": dsn }));
    }
    output::text(&report_as_text(&report))?;
    output::line(&format!("the user `{}` was made for it: {dsn}", user.username))
}

fn target(dsn: &str) -> Result<Target, Stop> {
    dsn.parse().map_err(|error| diagnosis::stop(&error))
}

/// Masking is for ever, so it must be meant, and must not be production.
fn may_be_masked(target: &Target, yes: bool) -> Result<(), Stop> {
    let at = format!("`{}` on {}:{}", target.database, target.host, target.port);
    if target.host.to_lowercase().ends_with(".rds.amazonaws.com") {
        return Err(Exit::Refused.with(format!(
            "{at} is a database of Amazon RDS, and could be production: a copy of it is masked by `doppel create`"
        )));
    }
    if !yes {
        return Err(Exit::Usage.with(format!(
            "masking overwrites {at} for ever and locks out all other users of that server; \
             look at `--plan` first, and say `--yes` if you mean it"
        )));
    }
    Ok(())
}

async fn mask(target: &Target, rules: &Rules, user: &Login, json: bool) -> Result<MaskingReport, Stop> {
    let stop = CancellationToken::new();
    mask_worker::stop_on_signal(&stop);
    let (reporter, progress) = Reporter::new(stop);
    let bar = tokio::spawn(Bar::follow(progress, !json));
    let job = Job {
        target,
        rules,
        user,
        tuning: Tuning::default(),
    };
    let done = job
        .run(&[Verb::Prepare, Verb::Mask, Verb::Verify], &reporter)
        .await;
    // The bar ends with the last reporter.
    drop(reporter);
    let _ = bar.await;
    done.map_err(|error| match error {
        mask_worker::Error::Interrupted => Exit::Refused.with(
            "this database was masked before, or a masking of it was interrupted: restore it anew, then mask it once",
        ),
        error => diagnosis::stop(&error),
    })
}

fn dsn_of(target: &Target, user: &Login) -> String {
    let scheme = match target.engine {
        masking::Engine::Postgres => "postgres",
        masking::Engine::Mysql => "mysql",
    };
    let password = user.password.expose_secret();
    format!(
        "{scheme}://{}:{password}@{}:{}/{}",
        user.username, target.host, target.port, target.database
    )
}

/// Each table with its method, then its columns that change.
fn plan_as_text(explained: &Explained) -> String {
    let mut text = String::new();
    let (kept, changed): (Vec<_>, Vec<_>) = explained
        .plans
        .iter()
        .partition(|plan| plan.method == Method::Keep);
    for plan in changed {
        text.push_str(&format!(
            "{}  {} rows, {}: {}\n",
            plan.table,
            grouped(plan.rows),
            plan.method.name(),
            plan.why
        ));
        let rows: Vec<Vec<String>> = lines_of(explained, plan);
        text.push_str(&table(&rows));
        text.push('\n');
    }
    if !kept.is_empty() {
        let names: Vec<_> = kept.iter().map(|plan| plan.table.to_string()).collect();
        text.push_str(&format!("kept as they are: {}\n", names.join(", ")));
    }
    text
}

fn lines_of(explained: &Explained, plan: &TablePlan) -> Vec<Vec<String>> {
    let Some(treatment) = explained.classified.table(&plan.table) else {
        return Vec::new();
    };
    let filter = treatment.filter.iter();
    let mut lines: Vec<_> = filter
        .map(|filter| vec!["  rows".to_owned(), format!("where {filter}")])
        .collect();
    lines.extend(treatment.masked().map(|masked| {
        let mut how = masked.transform.name().to_owned();
        if masked.linked {
            how.push_str(", the same everywhere");
        }
        vec![format!("  {}", masked.column), how]
    }));
    lines
}

fn plan_as_json(explained: &Explained) -> Value {
    let tables = explained.plans.iter().map(|plan| {
        let treatment = explained.classified.table(&plan.table);
        let masked = treatment.into_iter().flat_map(|treatment| treatment.masked());
        let columns: Vec<_> = masked
            .map(|masked| {
                json!({ "column": masked.column, "transform": masked.transform.name(), "linked": masked.linked })
            })
            .collect();
        json!({
            "table": plan.table.to_string(),
            "rows": plan.rows,
            "method": plan.method.name(),
            "why": plan.why,
            "filter": treatment.and_then(|treatment| treatment.filter.clone()),
            "columns": columns,
        })
    });
    json!({ "tables": tables.collect::<Vec<_>>() })
}

fn report_as_text(report: &MaskingReport) -> String {
    let mut rows = vec![
        ["TABLE", "METHOD", "COLUMNS", "ROWS", "SECONDS"]
            .map(str::to_owned)
            .to_vec(),
    ];
    rows.extend(report.tables.iter().map(|table| {
        vec![
            table.name.clone(),
            table.method.clone(),
            table.columns.to_string(),
            grouped(table.rows),
            format!("{:.1}", table.seconds),
        ]
    }));
    let (tables, columns, masked) = report.totals();
    let steps: Vec<_> = report
        .seconds
        .iter()
        .map(|(step, seconds)| format!("{step} {seconds:.1} s"))
        .collect();
    let dropped: String = report
        .dropped
        .iter()
        .map(|what| format!("dropped: {what}\n"))
        .collect();
    format!(
        "{}\n{dropped}masked and verified: {} rows in {columns} columns of {tables} tables ({}); {} users locked\n",
        table(&rows),
        grouped(masked),
        steps.join(", "),
        report.users_locked
    )
}

/// `1234567` is `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_of_rds_is_never_masked_and_others_only_on_purpose() {
        let rds: Target = "postgres://a:b@shop.cluster-x.ap-northeast-1.rds.amazonaws.com/shop"
            .parse()
            .unwrap();
        assert_eq!(may_be_masked(&rds, true).unwrap_err().exit, Exit::Refused);
        let laptop: Target = "mysql://root:x@127.0.0.1:3306/shop".parse().unwrap();
        assert_eq!(may_be_masked(&laptop, false).unwrap_err().exit, Exit::Usage);
        assert!(may_be_masked(&laptop, true).is_ok());
    }

    #[test]
    fn long_numbers_are_grouped() {
        assert_eq!([7, 1_234, 1_234_567].map(grouped), ["7", "1,234", "1,234,567"]);
    }
}

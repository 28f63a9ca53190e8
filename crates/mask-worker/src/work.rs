//! The three steps over one database. They know nothing of AWS: the record and the secrets are the caller's.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Instant;

use domain::record::{MaskedTable, MaskingReport};
use masking::{Classified, Difference, Key, Method, Rules, Sample, Schema, TablePlan, coverage, plan};
use rand::RngCore;
use runtime::Login;

use crate::Error;
use crate::progress::Reporter;
use crate::server::Server;
use crate::target::Target;
use crate::verify::witness::Witness;
use crate::verify::{self, Digester, Finding, take_witness};

/// One step of the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Verb {
    /// Lock production's users, drop what holds credentials or calls out, remember what `verify` must know.
    Prepare,
    /// Mask by the rules.
    Mask,
    /// Look at all that is left, and create the clone's user.
    Verify,
}

impl Verb {
    fn name(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Mask => "mask",
            Self::Verify => "verify",
        }
    }
}

/// How the work is cut up: what makes a run faster or slower, and changes nothing of what comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// PostgreSQL: a table that streams is read in ranges side by side if each gets at least so many pages of 8 KiB. 128 MiB
    /// if nobody says otherwise.
    pub range_pages: NonZeroU32,
}

impl Default for Tuning {
    fn default() -> Self {
        const PAGES: NonZeroU32 = NonZeroU32::MIN.saturating_add(16 * 1024 - 1);
        Self { range_pages: PAGES }
    }
}

/// The work on one clone's database.
#[derive(Debug)]
pub struct Job<'a> {
    /// The clone's database, as the master.
    pub target: &'a Target,
    /// The rules.
    pub rules: &'a Rules,
    /// The user that `verify` creates in the end.
    pub user: &'a Login,
    /// How it is cut up.
    pub tuning: Tuning,
}

impl Job<'_> {
    /// Carries out the steps in the order given. The report holds what these steps did.
    ///
    /// # Errors
    /// The first failure. After one in `mask`, the clone can only be discarded.
    pub async fn run(&self, verbs: &[Verb], reporter: &Reporter) -> Result<MaskingReport, Error> {
        let mut report = MaskingReport::default();
        self.run_into(&mut report, verbs, reporter).await?;
        Ok(report)
    }

    /// As [`run`](Self::run), with a report that also tells what was done before a failure.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_into(
        &self,
        report: &mut MaskingReport,
        verbs: &[Verb],
        reporter: &Reporter,
    ) -> Result<(), Error> {
        // The lock lasts as long as this connection, which does nothing else.
        let guard = Server::connect(self.target).await?;
        guard.lock().await?;
        let mut witness = None;
        for verb in verbs {
            reporter.stop_if_told()?;
            let start = Instant::now();
            match verb {
                Verb::Prepare => {
                    witness = Some(
                        self.prepare(report, verbs.contains(&Verb::Verify), reporter)
                            .await?,
                    )
                }
                Verb::Mask => self.mask(report, reporter).await?,
                Verb::Verify => self.verify(witness.take(), report, reporter).await?,
            }
            report
                .seconds
                .insert(verb.name().to_owned(), start.elapsed().as_secs_f64());
        }
        Ok(())
    }

    async fn prepare(
        &self,
        report: &mut MaskingReport,
        stays: bool,
        reporter: &Reporter,
    ) -> Result<Witness, Error> {
        reporter.phase("prepare", 0, 0);
        let server = Server::connect(self.target).await?;
        server.refuse_second_run().await?;
        // What needs no masking is dropped first; then the rules must cover the rest, before anything of it is read.
        let prepared = server.prepare(&self.rules.drop_databases, reporter).await?;
        report.users_locked = prepared.users_locked;
        report.dropped = prepared.dropped;
        let (_, classified) = self.classify(&server).await?;
        // A secret in the schema is no matter of masking: it is told before the time for that is spent.
        let (secrets, _) = verify::read_schema(&server, &self.rules.accept).await?;
        if !secrets.is_empty() {
            return Err(Error::Findings(secrets));
        }
        let digester = Digester::new(&self.target.password);
        // The schema is what it is with row-level security in force.
        let lines = server.schema_lines().await?;
        let taken = server.unbound(reporter, async {
            let taken = async {
                server.note_rows(&classified.notes).await?;
                take_witness(
                    &server,
                    self.target,
                    &classified,
                    &digester,
                    lines,
                    stays,
                    reporter,
                )
                .await
            };
            server.unless_stopped(reporter, taken).await
        });
        let witness = taken.await?;
        if !stays {
            server.save_notes(&witness.to_bytes()).await?;
        }
        Ok(witness)
    }

    async fn classify(&self, server: &Server) -> Result<(Schema, Classified), Error> {
        let schema = server.schema().await?;
        let classified = coverage(self.rules, &schema).map_err(Box::new)?;
        Ok((schema, classified))
    }

    async fn mask(&self, report: &mut MaskingReport, reporter: &Reporter) -> Result<(), Error> {
        let server = Server::connect(self.target).await?;
        server.refuse_second_run().await?;
        let (schema, classified) = self.classify(&server).await?;
        let key = random_key();
        let plans = plan(&classified, &schema, &key);
        let changed: Vec<_> = plans.iter().filter(|plan| plan.method != Method::Keep).collect();
        reporter.phase("mask", changed.len(), changed.iter().map(|plan| plan.rows).sum());
        let masked = server.unbound(reporter, async {
            server
                .rehearse(&schema, &classified, &plans, &key, reporter)
                .await?;
            server.note_run().await?;
            server
                .mask(&schema, &classified, &plans, &key, reporter, self.tuning)
                .await
        });
        let rows = masked.await?;
        server.forget_rows().await?;
        for (plan, rows) in plans
            .iter()
            .zip(rows)
            .filter(|(plan, _)| plan.method != Method::Keep)
        {
            let columns = classified
                .table(&plan.table)
                .map_or(0, |table| table.masked().count());
            report.tables.push(MaskedTable {
                name: plan.table.to_string(),
                columns: u32::try_from(columns).unwrap_or(u32::MAX),
                rows,
                method: plan.method.name().to_owned(),
                seconds: reporter.seconds_of(&plan.table),
            });
        }
        Ok(())
    }

    /// Verifies on a connection of its own; then creates the clone's user.
    async fn verify(
        &self,
        witness: Option<Witness>,
        report: &mut MaskingReport,
        reporter: &Reporter,
    ) -> Result<(), Error> {
        let server = Server::connect(self.target).await?;
        // Another command may have masked.
        server.forget_rows().await?;
        let alone = witness.is_some();
        let witness = match witness {
            Some(witness) => witness,
            None => {
                let notes = server.load_notes().await?.ok_or(Error::NotPrepared)?;
                Witness::from_bytes(&notes).ok_or(Error::NotPrepared)?
            }
        };
        let (_, classified) = self.classify(&server).await?;
        let digester = Digester::new(&self.target.password);
        let witness = Arc::new(witness);
        let verified = server.unbound(reporter, async {
            let read = verify::verify(
                &server,
                self.target,
                &classified,
                &witness,
                &digester,
                alone,
                reporter,
            );
            let scanned = server.unless_stopped(reporter, read).await?;
            if report.tables.is_empty() {
                report.tables = masked_by_others(&server, &classified).await?;
            }
            Ok(scanned)
        });
        let mut scanned = verified.await?;
        let mut findings = std::mem::take(&mut scanned.findings);
        findings.extend(verify::changes(&witness, &server.schema_lines().await?));
        report.scan = Some(scanned.scan);
        let (secrets, noted) = verify::read_schema(&server, &self.rules.accept).await?;
        findings.extend(secrets);
        scanned.accepted.extend(noted);
        report.note_accepted(scanned.accepted);
        let unlocked = server.unlocked_users(&self.user.username).await?;
        findings.extend(unlocked.into_iter().map(|user| Finding {
            table: format!("user {user}"),
            column: None,
            what: "can still log in".to_owned(),
            count: 1,
        }));
        if !findings.is_empty() {
            return Err(Error::Findings(findings));
        }
        server.create_user(self.user).await?;
        server.drop_notes().await
    }
}

/// Creates the user of batch queries on a clone, beside its `owner`. It can log in only once IAM authentication is
/// switched on, which is done at release. False on a server that knows no such thing.
pub(crate) async fn create_batch_user(target: &Target, owner: &str) -> Result<bool, Error> {
    Server::connect(target).await?.create_batch_user(owner).await
}

/// The report of a masking that another command did: what the rules asked for, and the verification found done.
async fn masked_by_others(server: &Server, classified: &Classified) -> Result<Vec<MaskedTable>, Error> {
    let mut tables = Vec::new();
    for table in classified
        .tables
        .iter()
        .filter(|table| table.emptied || table.masked().next().is_some())
    {
        tables.push(MaskedTable {
            name: table.name.to_string(),
            columns: u32::try_from(table.masked().count()).unwrap_or(u32::MAX),
            rows: server.count(&table.name).await?,
            method: "own command".to_owned(),
            seconds: 0.0,
        });
    }
    Ok(tables)
}

/// Writes a first rules file from the database behind a DSN: its schema and a sample of its values.
///
/// # Errors
/// The DSN cannot be read, or the database not be reached.
pub async fn suggest_for(dsn: &str) -> Result<String, Error> {
    let server = Server::connect(&dsn.parse()?).await?;
    let schema = server.schema().await?;
    Ok(masking::suggest(&schema, &samples(&server, &schema).await?))
}

/// How rules and the database behind a DSN differ: what came, went and changed since the rules were written.
///
/// # Errors
/// The DSN cannot be read, or the database not be reached.
pub async fn difference(dsn: &str, rules: &Rules) -> Result<Difference, Error> {
    let server = Server::connect(&dsn.parse()?).await?;
    let schema = server.schema().await?;
    Ok(masking::diff(rules, &schema, &samples(&server, &schema).await?))
}

/// Some values of each column of text. What the user may not read, or a policy hides, is judged by its name and type.
async fn samples(server: &Server, schema: &Schema) -> Result<Sample, Error> {
    let mut samples: Sample = BTreeMap::new();
    for table in schema
        .tables
        .iter()
        .filter(|table| table.kind == masking::TableKind::Base)
    {
        for column in table
            .columns
            .iter()
            .filter(|column| column.kind == masking::Kind::Text)
        {
            match server.sample(&table.name, &column.name).await {
                Ok(values) => {
                    samples.insert((table.name.clone(), column.name.clone()), values);
                }
                Err(Error::Database(refused)) if refused.is_denied() => {
                    tracing::warn!(table = %table.name, %refused, "the values of a column cannot be looked at");
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(samples)
}

/// Holds rules against the database behind a DSN: what would be masked, or why they are refused.
///
/// # Errors
/// [`Error::Refused`] with everything that is missing or wrong.
pub async fn check(dsn: &str, rules: &Rules) -> Result<Classified, Error> {
    Ok(explain(&dsn.parse()?, rules).await?.classified)
}

/// How a database would be masked.
#[derive(Clone, Debug)]
pub struct Explained {
    /// What happens to each column.
    pub classified: Classified,
    /// The method of each table, the largest first.
    pub plans: Vec<TablePlan>,
}

/// How the rules would mask a database, without writing to it.
///
/// # Errors
/// [`Error::Refused`] with everything that is missing or wrong.
pub async fn explain(target: &Target, rules: &Rules) -> Result<Explained, Error> {
    let schema = Server::connect(target).await?.schema().await?;
    let classified = coverage(rules, &schema).map_err(Box::new)?;
    let plans = plan(&classified, &schema, &random_key());
    Ok(Explained { classified, plans })
}

/// A key that nobody knows, for one run.
fn random_key() -> Key {
    let mut random = [0; 32];
    rand::rng().fill_bytes(&mut random);
    Key::new(random)
}

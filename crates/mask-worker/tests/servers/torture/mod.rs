//! Torture: every trap of masking that is known, on a real server. Each trap is a few lines of SQL, the rules that mask
//! it, and what must hold afterwards; see [`trap`] for how a file of them reads.
//!
//! A trap is either survived (the run succeeds, and everything is right: schema, rows, kept columns, masked columns, what
//! the trap itself claims) or refused, by name, before the first write. Nothing in between.

mod maria;
mod postgres;
mod sakila;
mod snapshot;
mod trap;

use mask_worker::{Error, Job, Reporter, Target, Tuning, Verb};
use masking::{Rules, TableName};
use runtime::Login;

use snapshot::Snapshot;
use trap::{Claim, Fate, Trap};

const ALL: &[Verb] = &[Verb::Prepare, Verb::Mask, Verb::Verify];

/// A server whose database can be made anew for each trap.
trait Ground {
    /// An empty database, with these statements run in it as the master.
    async fn fresh(&mut self, sql: &str);
    /// Where the worker finds it.
    fn dsn(&self) -> String;
    /// Every row of a query as text, its columns joined with `|`, NULL as `-`; as somebody from whom nothing is hidden.
    async fn texts(&mut self, sql: &str) -> Vec<String>;
    /// The columns of all rows of a table as text.
    async fn rows(&mut self, table: &TableName, columns: &[&str]) -> Vec<Vec<Option<String>>>;
    /// Everything that the engine's own tool says of the schema, in pieces whose order says nothing.
    async fn schema(&mut self, user: &Login) -> Vec<String>;
    /// Whether a run has begun to write.
    async fn has_begun(&mut self) -> bool;
    /// What the engine's own checks find wrong: constraints that do not hold, broken tables.
    async fn broken(&mut self) -> Vec<String>;
}

/// The worker's run over a ground.
async fn run(dsn: &str, rules: &Rules, user: &Login) -> Result<domain::record::MaskingReport, Error> {
    let target: Target = dsn.parse().unwrap();
    let (reporter, _progress) = Reporter::new(Default::default());
    Job {
        target: &target,
        rules,
        user,
        tuning: Tuning::default(),
    }
    .run(ALL, &reporter)
    .await
}

/// Runs a file of traps: those that must be survived together, once with rules that leave the method to the planner and
/// once with rules that want every column consistent, so that the worker must see each value; every other trap alone.
/// Panics with all that was wrong, trap by trap.
async fn suffer(ground: &mut impl Ground, file: &str) {
    let (together, alone): (Vec<_>, Vec<_>) = traps(file)
        .into_iter()
        .partition(|trap| trap.fate == Fate::Survived);
    let consistent: Vec<_> = together.iter().map(Trap::consistent).collect();
    let mut wrong = Vec::new();
    for traps in [together, consistent] {
        let at_once = one(ground, &Trap::all(&traps)).await;
        if at_once.is_empty() {
            continue;
        }
        eprintln!("{}\nWhich of the traps is it?", at_once.join("\n"));
        let before = wrong.len();
        for trap in &traps {
            wrong.extend(one(ground, trap).await);
        }
        if wrong.len() == before {
            wrong.extend(at_once);
        }
    }
    for trap in &alone {
        wrong.extend(one(ground, trap).await);
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Suggests rules for every trap of a file, and holds them, as they are, against the schema: all traps together that can
/// be survived by rules of some kind, every other one alone. Panics with all that was refused.
async fn suggest(ground: &mut impl Ground, file: &str) {
    let (together, alone): (Vec<_>, Vec<_>) = traps(file)
        .into_iter()
        .partition(|trap| trap.fate == Fate::Survived);
    let mut wrong = Vec::new();
    // No rule makes a table that keeps its past fit.
    let keeps_its_past = |trap: &&Trap| trap.sql.contains("SYSTEM VERSIONING");
    for trap in
        std::iter::once(&Trap::all(&together)).chain(alone.iter().filter(|trap| !keeps_its_past(trap)))
    {
        ground.fresh(&trap.sql).await;
        let text = mask_worker::suggest_for(&ground.dsn()).await.unwrap();
        let held = match Rules::parse("suggested.toml", &text) {
            Ok(rules) => mask_worker::check(&ground.dsn(), &rules).await.map(|_| ()),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = held {
            wrong.push(format!("{}: {}\n{text}", trap.name, runtime::chain(&error)));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn traps(file: &str) -> Vec<Trap> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/torture");
    trap::read(&std::fs::read_to_string(folder.join(file)).unwrap())
}

/// What is wrong after one trap.
async fn one(ground: &mut impl Ground, trap: &Trap) -> Vec<String> {
    ground.fresh(&trap.sql).await;
    let wrong = hold(ground, trap).await;
    wrong
        .into_iter()
        .map(|what| format!("{}: {what}", trap.name))
        .collect()
}

/// Masks what is in the ground by a trap's rules, and answers what is then wrong.
async fn hold(ground: &mut impl Ground, trap: &Trap) -> Vec<String> {
    let rules = match Rules::parse("trap.toml", &trap.rules) {
        Ok(rules) => rules,
        Err(error) => return vec![error.to_string()],
    };
    let user = Login::new("clone_user");
    let classified = match mask_worker::check(&ground.dsn(), &rules).await {
        Ok(classified) => classified,
        Err(error) => return refused(ground, trap, &error).await,
    };
    let before = Snapshot::take(ground, &classified).await;
    let schema = ground.schema(&user).await;
    let same = answers(ground, &trap.claims).await;
    match run(&ground.dsn(), &rules, &user).await {
        Err(error) => refused(ground, trap, &error).await,
        Ok(_) if trap.fate == Fate::Refused => vec!["nobody refused it".to_owned()],
        Ok(_) => {
            let mut wrong = before.compare(&Snapshot::take(ground, &classified).await, &classified);
            wrong.extend(changes(&schema, &ground.schema(&user).await));
            wrong.extend(ground.broken().await);
            wrong.extend(claims(ground, &trap.claims, &same).await);
            wrong
        }
    }
}

/// A refusal is right where the trap expects one, and it names the trap, and nothing was written.
async fn refused(ground: &mut impl Ground, trap: &Trap, error: &Error) -> Vec<String> {
    let told = runtime::chain(error);
    let mut wrong = Vec::new();
    if trap.fate == Fate::Survived {
        wrong.push(format!("it should have been survived: {told}"));
    }
    if told.to_lowercase().contains("planted") || told.contains("corp-mail") {
        wrong.push(format!("the message holds a value: {told}"));
    }
    wrong.extend(
        trap.named
            .iter()
            .filter(|word| !told.contains(*word))
            .map(|word| format!("the message does not name `{word}`: {told}")),
    );
    if ground.has_begun().await {
        wrong.push(format!("refused only after the first write: {told}"));
    }
    wrong
}

async fn answers(ground: &mut impl Ground, claims: &[Claim]) -> Vec<Vec<String>> {
    let mut answers = Vec::new();
    for claim in claims {
        let answer = if claim.expected.is_none() {
            ground.texts(&claim.sql).await
        } else {
            Vec::new()
        };
        answers.push(answer);
    }
    answers
}

async fn claims(ground: &mut impl Ground, claims: &[Claim], before: &[Vec<String>]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (claim, before) in claims.iter().zip(before) {
        let found = ground.texts(&claim.sql).await;
        let expected = claim
            .expected
            .as_ref()
            .map_or_else(|| before.clone(), |text| vec![text.clone()]);
        if found != expected {
            wrong.push(format!("{}: {found:?}, not {expected:?}", claim.sql));
        }
    }
    wrong
}

/// What is only in one of two descriptions of the schema.
fn changes(before: &[String], after: &[String]) -> Vec<String> {
    let only = |some: &[String], others: &[String], what: &str| {
        some.iter()
            .filter(|piece| !others.contains(piece))
            .map(|piece| format!("the schema {what}: {piece}"))
            .collect::<Vec<_>>()
    };
    [only(before, after, "lost"), only(after, before, "got")].concat()
}

//! A raw look: after a run the server is stopped, and every byte of its data directory is searched for the originals, those of
//! rows too that a condition of the rules takes out. One table a method, and the report is asked whether it was that method.
//!
//! What is not searched, and why, stands in `docs/verification.md`: the logs by which a server survives a crash. That the
//! originals are in the files before the run is looked at first, so that a search that finds nothing cannot pass.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use mask_worker::{Job, Reporter, Target, Tuning, Verb};
use masking::Rules;
use regex::bytes::Regex;
use runtime::Login;

use crate::support::{Server, maria, postgres};

/// Begins every original of these tests, in whatever case.
const NEEDLE: &str = "(?i)needle[a-z]+[-.]";

/// Every needle in the files below a folder, with the file, but for those that `skip` names.
fn needles(folder: &Path, skip: &[&str]) -> BTreeSet<(String, PathBuf)> {
    let needle = Regex::new(NEEDLE).unwrap();
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if skip.iter().any(|skip| name.starts_with(skip)) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if !path.is_file() {
                continue; // a socket
            }
            let bytes = std::fs::read(&path).unwrap();
            let words = needle
                .find_iter(&bytes)
                .map(|word| String::from_utf8_lossy(word.as_bytes()).to_lowercase());
            found.extend(words.map(|word| (word, path.clone())));
        }
    }
    found
}

fn words(found: &BTreeSet<(String, PathBuf)>) -> BTreeSet<&str> {
    found
        .iter()
        .map(|(word, _)| word.trim_start_matches("needle").trim_end_matches(['-', '.']))
        .collect()
}

/// Masks, and answers the method of each table.
async fn mask(dsn: &str, rules: &str) -> BTreeMap<String, String> {
    let target: Target = dsn.parse().unwrap();
    let rules = Rules::parse("rules.toml", rules).unwrap();
    let (reporter, _progress) = Reporter::new(Default::default());
    let user = Login::new("clone_user");
    let job = Job {
        target: &target,
        rules: &rules,
        user: &user,
        tuning: Tuning::default(),
    };
    let report = job
        .run(&[Verb::Prepare, Verb::Mask, Verb::Verify], &reporter)
        .await;
    let report = report.unwrap_or_else(|error| panic!("{error}"));
    let methods = report.tables.into_iter().map(|table| (table.name, table.method));
    methods.collect()
}

fn methods(expected: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = expected
        .iter()
        .map(|(table, method)| ((*table).to_owned(), (*method).to_owned()));
    owned.collect()
}

/// One table a method, with and without rows that go; what hangs on them makes the planner choose it. Rows that were changed
/// and deleted, values that lie outside their row, copies in views and in statistics are there too.
const POSTGRES: &str = "
CREATE TABLE altered (id int PRIMARY KEY, note text, email text);
CREATE TABLE streamed (id int PRIMARY KEY, email text UNIQUE, note text);
CREATE TABLE restaged (id int PRIMARY KEY, email text REFERENCES streamed (email), name text, note text);
CREATE TABLE few_streamed (id int PRIMARY KEY, name text, note text);
CREATE TABLE few_restaged (id int PRIMARY KEY, name text, note text);
CREATE TABLE emptied (id int PRIMARY KEY, token text);
CREATE TABLE parted (id int, name text) PARTITION BY RANGE (id);
CREATE TABLE parted_a PARTITION OF parted DEFAULT;
ALTER TABLE altered ALTER note SET STORAGE EXTERNAL;
ALTER TABLE streamed ALTER note SET STORAGE EXTERNAL;
ALTER TABLE restaged ALTER note SET STORAGE EXTERNAL;
ALTER TABLE few_streamed ALTER note SET STORAGE EXTERNAL;
INSERT INTO altered SELECT n, 'needlealter-' || n || repeat(' needlealter-far', 300), 'needlealter.' || n || '@corp-mail.jp' FROM generate_series(1, 500) n;
INSERT INTO streamed SELECT n, 'needlestream.' || n || '@corp-mail.jp', 'needlestream-' || repeat(' needlestream-far', 300) FROM generate_series(1, 500) n;
INSERT INTO restaged SELECT n, 'needlestream.' || n || '@corp-mail.jp', 'needlerestage-' || n, repeat(' needlerestage-far', 300) FROM generate_series(1, 500) n;
INSERT INTO few_streamed SELECT n, 'needlefew-' || n, repeat(CASE WHEN n % 2 = 0 THEN ' needlegone-far' ELSE ' needlefew-far' END, 300) FROM generate_series(1, 500) n;
INSERT INTO few_restaged SELECT n, 'needleless-' || n, CASE WHEN n % 2 = 0 THEN 'needleaway-' ELSE 'needleless-' END FROM generate_series(1, 500) n;
INSERT INTO emptied SELECT n, 'needleempty-' || n FROM generate_series(1, 500) n;
INSERT INTO parted SELECT n, 'needlepart-' || n FROM generate_series(1, 500) n;
CREATE INDEX ON altered (email);
CREATE INDEX ON few_streamed (name);
CREATE MATERIALIZED VIEW copied AS SELECT id, email, note FROM restaged;
CREATE MATERIALIZED VIEW few_copied AS SELECT id, name, note FROM few_restaged;
CREATE STATISTICS together (mcv) ON id, name FROM restaged;
UPDATE altered SET email = 'needledead.' || id || '@corp-mail.jp' WHERE id % 3 = 0;
DELETE FROM restaged WHERE id % 7 = 0;
ANALYZE;
";

const POSTGRES_RULES: &str = r#"
[tables.altered]
note = "null"
email = "null"
[tables.streamed]
email = { mask = "email", same = "email" }
note = { text = "drop" }
[tables.restaged]
email = { mask = "email", same = "email" }
name = { mask = "name", same = "name" }
note = { text = "drop" }
[tables.few_streamed]
rows = { where = "id % 2 = 1" }
name = { mask = "name", same = "name" }
note = { text = "drop" }
[tables.few_restaged]
rows = { where = "id % 2 = 1" }
name = { mask = "name", same = "name" }
note = { text = "drop" }
[tables.emptied]
rows = "none"
[tables.parted]
name = { mask = "hash", same = "name" }
"#;

const POSTGRES_WORDS: [&str; 10] = [
    "alter", "away", "dead", "empty", "few", "gone", "less", "part", "restage", "stream",
];

const POSTGRES_METHODS: [(&str, &str); 7] = [
    ("public.altered", "altered in place"),
    ("public.emptied", "emptied"),
    ("public.few_restaged", "restaged"),
    ("public.few_streamed", "streamed"),
    ("public.parted_a", "restaged"),
    ("public.restaged", "restaged"),
    ("public.streamed", "streamed"),
];

async fn look_at_postgres(stop: impl FnOnce(&mut Server)) {
    let mut server = postgres::server().await;
    let db = postgres::master(&server).await;
    db.batch_execute(POSTGRES).await.unwrap();
    let admin = postgres::as_user(&server, "rdsadmin", "admin-password", "shop").await;
    admin.batch_execute("CHECKPOINT").await.unwrap();
    let before = needles(&server.data, &["pg_wal"]);
    assert_eq!(words(&before), BTreeSet::from(POSTGRES_WORDS), "{before:?}");
    let used = mask(&postgres::dsn(&server), POSTGRES_RULES).await;
    assert_eq!(used, methods(&POSTGRES_METHODS));
    stop(&mut server);
    assert_eq!(needles(&server.data, &["pg_wal"]), BTreeSet::new());
}

#[tokio::test]
async fn postgresqls_files_hold_no_original_after_it_was_stopped() {
    look_at_postgres(|server| server.stop("-INT")).await;
}

#[tokio::test]
async fn postgresqls_files_hold_no_original_when_it_was_killed() {
    look_at_postgres(Server::kill).await;
}

const MARIA: &str = "
CREATE TABLE rewritten (id INT PRIMARY KEY, note TEXT, email VARCHAR(60), KEY (email), FULLTEXT KEY (note)) ROW_FORMAT = DYNAMIC;
CREATE TABLE streamed (id INT PRIMARY KEY, email VARCHAR(60) UNIQUE, note TEXT);
CREATE TABLE referring (id INT PRIMARY KEY, email VARCHAR(60), name VARCHAR(60), FOREIGN KEY (email) REFERENCES streamed (email));
CREATE TRIGGER in_the_way AFTER UPDATE ON referring FOR EACH ROW DELETE FROM emptied WHERE id = OLD.id;
CREATE TABLE few_rewritten (id INT PRIMARY KEY, note TEXT, name VARCHAR(60), KEY (name));
CREATE TABLE few_streamed (id INT PRIMARY KEY, note TEXT, name VARCHAR(60), KEY (name));
CREATE TABLE emptied (id INT PRIMARY KEY, token VARCHAR(60));
CREATE TABLE parted (id INT PRIMARY KEY, name VARCHAR(60)) PARTITION BY HASH (id) PARTITIONS 3;
INSERT INTO rewritten SELECT seq, CONCAT('needlerewrite-', seq, REPEAT(' needlerewrite-far', 1500)), CONCAT('needlerewrite.', seq, '@corp-mail.jp') FROM seq_1_to_300;
INSERT INTO streamed SELECT seq, CONCAT('needlestream.', seq, '@corp-mail.jp'), REPEAT(' needlestream-far', 1500) FROM seq_1_to_300;
INSERT INTO referring SELECT id, email, CONCAT('needlerefer-', id) FROM streamed;
INSERT INTO few_rewritten SELECT seq, REPEAT(IF(seq % 2, ' needlefew-far', ' needlegone-far'), 1500), CONCAT('needlefew-', seq) FROM seq_1_to_300;
INSERT INTO few_streamed SELECT seq, REPEAT(IF(seq % 2, ' needleless-far', ' needleaway-far'), 1500), CONCAT('needleless-', seq) FROM seq_1_to_300;
INSERT INTO emptied SELECT seq, CONCAT('needleempty-', seq) FROM seq_1_to_300;
INSERT INTO parted SELECT seq, CONCAT('needlepart-', seq) FROM seq_1_to_300;
UPDATE rewritten SET email = CONCAT('needledead.', id, '@corp-mail.jp') WHERE id % 3 = 0;
DELETE FROM referring WHERE id % 7 = 0;
ANALYZE TABLE rewritten, streamed, referring, few_rewritten, few_streamed, parted PERSISTENT FOR ALL;
FLUSH TABLES rewritten, streamed, referring, few_rewritten, few_streamed, emptied, parted FOR EXPORT;
UNLOCK TABLES;
";

const MARIA_RULES: &str = r#"
[tables.rewritten]
note = "null"
email = "null"
[tables.streamed]
email = { mask = "email", same = "email" }
note = { text = "drop" }
[tables.referring]
email = { mask = "email", same = "email" }
name = { mask = "name", same = "name" }
[tables.few_rewritten]
rows = { where = "id % 2 = 1" }
note = "null"
name = "null"
[tables.few_streamed]
rows = { where = "id % 2 = 1" }
note = { text = "drop" }
name = { mask = "name", same = "name" }
[tables.emptied]
rows = "none"
[tables.parted]
name = { mask = "hash", same = "name" }
"#;

const MARIA_WORDS: [&str; 10] = [
    "away", "dead", "empty", "few", "gone", "less", "part", "refer", "rewrite", "stream",
];

/// Nothing hangs on a table of MySQL or MariaDB so that it must be restaged.
const MARIA_METHODS: [(&str, &str); 7] = [
    ("shop.emptied", "emptied"),
    ("shop.few_rewritten", "rewritten"),
    ("shop.few_streamed", "streamed"),
    ("shop.parted", "streamed"),
    ("shop.referring", "streamed"),
    ("shop.rewritten", "rewritten"),
    ("shop.streamed", "streamed"),
];

/// Redo logs, and the system tablespace: undo logs and the doublewrite buffer; no table lies in it.
const MARIA_LOGS: [&str; 3] = ["ib_logfile", "ibdata1", "aria_log."];

async fn look_at_maria(stop: impl FnOnce(&mut Server)) {
    let mut server = maria::server().await;
    let mut db = maria::master(&server).await;
    maria::script(&mut db, MARIA).await;
    let before = needles(&server.data, &MARIA_LOGS);
    assert_eq!(words(&before), BTreeSet::from(MARIA_WORDS), "{before:?}");
    let used = mask(&maria::dsn(&server), MARIA_RULES).await;
    assert_eq!(used, methods(&MARIA_METHODS));
    stop(&mut server);
    assert_eq!(needles(&server.data, &MARIA_LOGS), BTreeSet::new());
}

#[tokio::test]
async fn mariadbs_files_hold_no_original_after_it_was_stopped() {
    look_at_maria(|server| server.stop("-TERM")).await;
}

#[tokio::test]
async fn mariadbs_files_hold_no_original_when_it_was_killed() {
    look_at_maria(Server::kill).await;
}

//! A raw look: after a run the server is stopped, and every byte of its data directory is searched for the originals.
//!
//! What is not searched, and why: the write-ahead log, redo and undo logs and the doublewrite buffer hold what was last written
//! by anybody, also before the masking. They are the server's own means to survive a crash; Aurora's storage has none of
//! these files, and no user can read them in any engine. That the originals are in the files before the run is looked at
//! first, so that a search that finds nothing cannot pass.

use std::collections::BTreeSet;
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

/// Masks, and answers the methods that were used.
async fn mask(dsn: &str, rules: &str) -> BTreeSet<String> {
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
    report.tables.into_iter().map(|table| table.method).collect()
}

/// One table a method; what hangs on them makes the planner choose it. Rows that were changed and deleted, values that
/// lie outside their row, copies in views and in statistics are there too.
const POSTGRES: &str = "
CREATE TABLE altered (id int PRIMARY KEY, note text, email text);
CREATE TABLE streamed (id int PRIMARY KEY, email text UNIQUE, note text);
CREATE TABLE restaged (id int PRIMARY KEY, email text REFERENCES streamed (email), name text);
CREATE VIEW in_the_way AS SELECT id, email FROM restaged;
CREATE TABLE emptied (id int PRIMARY KEY, token text);
CREATE TABLE parted (id int, name text) PARTITION BY RANGE (id);
CREATE TABLE parted_a PARTITION OF parted DEFAULT;
ALTER TABLE altered ALTER note SET STORAGE EXTERNAL;
ALTER TABLE streamed ALTER note SET STORAGE EXTERNAL;
INSERT INTO altered SELECT n, 'needlealter-' || n || repeat(' needlealter-far', 300), 'needlealter.' || n || '@corp-mail.jp' FROM generate_series(1, 500) n;
INSERT INTO streamed SELECT n, 'needlestream.' || n || '@corp-mail.jp', 'needlestream-' || repeat(' needlestream-far', 300) FROM generate_series(1, 500) n;
INSERT INTO restaged SELECT n, 'needlestream.' || n || '@corp-mail.jp', 'needlerestage-' || n FROM generate_series(1, 500) n;
INSERT INTO emptied SELECT n, 'needleempty-' || n FROM generate_series(1, 500) n;
INSERT INTO parted SELECT n, 'needlepart-' || n FROM generate_series(1, 500) n;
CREATE INDEX ON altered (email);
CREATE MATERIALIZED VIEW copied AS SELECT id, email, note FROM streamed;
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
[tables.emptied]
rows = "none"
[tables.parted]
name = { mask = "hash", same = "name" }
"#;

const POSTGRES_WORDS: [&str; 6] = ["alter", "dead", "empty", "part", "restage", "stream"];

async fn look_at_postgres(stop: impl FnOnce(&mut Server)) {
    let mut server = postgres::server().await;
    let db = postgres::master(&server).await;
    db.batch_execute(POSTGRES).await.unwrap();
    let admin = postgres::as_user(&server, "rdsadmin", "admin-password", "shop").await;
    admin.batch_execute("CHECKPOINT").await.unwrap();
    let before = needles(&server.data, &["pg_wal"]);
    assert_eq!(words(&before), BTreeSet::from(POSTGRES_WORDS), "{before:?}");
    let methods = mask(&postgres::dsn(&server), POSTGRES_RULES).await;
    assert!(
        methods.contains("emptied") && methods.contains("altered in place"),
        "{methods:?}"
    );
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
CREATE TABLE restaged (id INT PRIMARY KEY, email VARCHAR(60), name VARCHAR(60), FOREIGN KEY (email) REFERENCES streamed (email));
CREATE TRIGGER in_the_way AFTER UPDATE ON restaged FOR EACH ROW DELETE FROM emptied WHERE id = OLD.id;
CREATE TABLE emptied (id INT PRIMARY KEY, token VARCHAR(60));
CREATE TABLE parted (id INT PRIMARY KEY, name VARCHAR(60)) PARTITION BY HASH (id) PARTITIONS 3;
INSERT INTO rewritten SELECT seq, CONCAT('needlerewrite-', seq, REPEAT(' needlerewrite-far', 1500)), CONCAT('needlerewrite.', seq, '@corp-mail.jp') FROM seq_1_to_300;
INSERT INTO streamed SELECT seq, CONCAT('needlestream.', seq, '@corp-mail.jp'), REPEAT(' needlestream-far', 1500) FROM seq_1_to_300;
INSERT INTO restaged SELECT id, email, CONCAT('needlerestage-', id) FROM streamed;
INSERT INTO emptied SELECT seq, CONCAT('needleempty-', seq) FROM seq_1_to_300;
INSERT INTO parted SELECT seq, CONCAT('needlepart-', seq) FROM seq_1_to_300;
UPDATE rewritten SET email = CONCAT('needledead.', id, '@corp-mail.jp') WHERE id % 3 = 0;
DELETE FROM restaged WHERE id % 7 = 0;
ANALYZE TABLE rewritten, streamed, restaged, parted PERSISTENT FOR ALL;
FLUSH TABLES rewritten, streamed, restaged, emptied, parted FOR EXPORT;
UNLOCK TABLES;
";

const MARIA_RULES: &str = r#"
[tables.rewritten]
note = "null"
email = "null"
[tables.streamed]
email = { mask = "email", same = "email" }
note = { text = "drop" }
[tables.restaged]
email = { mask = "email", same = "email" }
name = { mask = "name", same = "name" }
[tables.emptied]
rows = "none"
[tables.parted]
name = { mask = "hash", same = "name" }
"#;

const MARIA_WORDS: [&str; 6] = ["dead", "empty", "part", "restage", "rewrite", "stream"];
/// Redo logs, and the system tablespace: undo logs and the doublewrite buffer; no table lies in it.
const MARIA_LOGS: [&str; 3] = ["ib_logfile", "ibdata1", "aria_log."];

async fn look_at_maria(stop: impl FnOnce(&mut Server)) {
    let mut server = maria::server().await;
    let mut db = maria::master(&server).await;
    maria::script(&mut db, MARIA).await;
    let before = needles(&server.data, &MARIA_LOGS);
    assert_eq!(words(&before), BTreeSet::from(MARIA_WORDS), "{before:?}");
    let methods = mask(&maria::dsn(&server), MARIA_RULES).await;
    assert!(
        methods.contains("emptied") && methods.contains("rewritten"),
        "{methods:?}"
    );
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

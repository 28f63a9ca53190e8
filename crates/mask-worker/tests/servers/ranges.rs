//! A large table is read in ranges of pages side by side: every row arrives, and none twice.

use std::num::NonZeroU32;

use mask_worker::{Job, Reporter, Target, Tuning, Verb};
use masking::Rules;
use runtime::Login;

use crate::support::postgres::{dsn, master, one, server, texts};

/// Few rows a page, some of them changed, some gone, some pages without any; values that lie outside their row.
const PEOPLE: &str = "
CREATE TABLE people (id int PRIMARY KEY, number int NOT NULL, email text NOT NULL UNIQUE, note text, born date, kind text) WITH (fillfactor = 10);
ALTER TABLE people ALTER note SET STORAGE EXTERNAL;
INSERT INTO people SELECT n, n * 7, 'planted.' || n || '@corp-mail.jp', CASE WHEN n % 50 = 0 THEN repeat('planted ', 1000) END, date '1980-01-01' + n,
    CASE WHEN n % 3 = 0 THEN 'a' ELSE 'b' END FROM generate_series(1, 4000) n;
UPDATE people SET number = number + 1 WHERE id % 5 = 0;
DELETE FROM people WHERE id BETWEEN 1000 AND 1500 OR id % 11 = 0;
VACUUM people;
INSERT INTO people SELECT n, n * 7, 'planted.' || n || '@corp-mail.jp', NULL, NULL, 'c' FROM generate_series(5001, 5100) n;
ANALYZE people;
";

const RULES: &str = r#"
[tables.people]
email = { mask = "email", same = "email" }
note = { text = "redact" }
born = { mask = "birthday", same = "born" }
kind = "shuffle"
"#;

#[tokio::test]
async fn ranges_side_by_side_give_every_row_once() {
    let server = server().await;
    let db = master(&server).await;
    for statement in PEOPLE.split(";\n") {
        db.batch_execute(statement).await.unwrap();
    }
    let kept = "SELECT id, number, note IS NULL, born IS NULL FROM people ORDER BY id";
    let kinds = "SELECT kind, count(*) FROM people GROUP BY kind ORDER BY kind";
    let before = (texts(&db, kept).await, texts(&db, kinds).await);

    let target: Target = dsn(&server).parse().unwrap();
    let rules = Rules::parse("people.toml", RULES).unwrap();
    let (reporter, _progress) = Reporter::new(Default::default());
    let user = Login::new("clone_user");
    let job = Job {
        target: &target,
        rules: &rules,
        user: &user,
        tuning: Tuning {
            range_pages: NonZeroU32::MIN,
        },
    };
    let report = job
        .run(&[Verb::Prepare, Verb::Mask, Verb::Verify], &reporter)
        .await
        .unwrap_or_else(|error| panic!("{error}"));

    assert_eq!((texts(&db, kept).await, texts(&db, kinds).await), before);
    let people = &report.tables[0];
    assert_eq!(
        (people.method.as_str(), people.rows),
        ("streamed", before.0.len() as u64)
    );
    let masked = "SELECT count(DISTINCT email) FROM people WHERE email LIKE '%@example.%'";
    assert_eq!(one(&db, masked).await, before.0.len().to_string());

    // The server logs every statement: ranges were read, and they meet without a gap.
    let log = std::fs::read_to_string(server.data.with_file_name("log")).unwrap();
    let bound = |line: &str, sign: &str| {
        let (_, after) = line.split_once(&format!("ctid {sign} '("))?;
        after.split_once(",0)'")?.0.parse::<u32>().ok()
    };
    let copies = log
        .lines()
        .filter(|line| line.contains("COPY (SELECT") && line.contains("ctid >="));
    let mut ranges: Vec<_> = copies.map(|line| (bound(line, ">="), bound(line, "<"))).collect();
    ranges.sort();
    assert!(ranges.len() > 1, "{ranges:?}");
    assert_eq!((ranges[0].0, ranges[ranges.len() - 1].1), (Some(0), None));
    assert!(ranges.windows(2).all(|pair| pair[0].1 == pair[1].0), "{ranges:?}");
}

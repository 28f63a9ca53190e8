//! Only some rows stay: foreign keys hold, and nothing is counted as lost that the rules left out.

use std::collections::BTreeSet;

use crate::support::{Server, maria, postgres};
use mask_worker::{Job, Reporter, Target, Tuning, Verb};
use masking::Rules;
use runtime::Login;

const PEOPLE: u32 = 400;

/// People with bosses, their orders, the orders' lines (a key of two columns), returns that refer to a line or to
/// nothing; visits and their pages.
fn shop() -> Vec<String> {
    let mut statements: Vec<String> = [
        "CREATE TABLE people (id int PRIMARY KEY, boss_id int, email varchar(60) NOT NULL, FOREIGN KEY (boss_id) REFERENCES people (id))",
        "CREATE TABLE orders (id int PRIMARY KEY, person_id int NOT NULL, note varchar(60) NOT NULL, FOREIGN KEY (person_id) REFERENCES people (id))",
        "CREATE TABLE order_lines (order_id int, number int, PRIMARY KEY (order_id, number), FOREIGN KEY (order_id) REFERENCES orders (id))",
        "CREATE TABLE returns (id int PRIMARY KEY, order_id int, number int, FOREIGN KEY (order_id, number) REFERENCES order_lines (order_id, number))",
        "CREATE TABLE visits (id int PRIMARY KEY)",
        "CREATE TABLE pages (id int PRIMARY KEY, visit_id int NOT NULL, FOREIGN KEY (visit_id) REFERENCES visits (id))",
    ]
    .map(str::to_owned)
    .to_vec();
    let mut fill = |table: &str, rows: Vec<String>| {
        statements.push(format!("INSERT INTO {table} VALUES {}", rows.join(", ")));
    };
    let boss = |id: u32| boss(id).map_or("NULL".to_owned(), |boss| boss.to_string());
    fill(
        "people",
        (1..=PEOPLE)
            .map(|id| format!("({id}, {}, 'p{id}@corp.example')", boss(id)))
            .collect(),
    );
    fill(
        "orders",
        (1..=PEOPLE)
            .map(|id| format!("({id}, {id}, 'for {id}')"))
            .collect(),
    );
    fill(
        "order_lines",
        (1..=PEOPLE).map(|id| format!("({id}, 1), ({id}, 2)")).collect(),
    );
    let line = |id: u32| {
        if id.is_multiple_of(3) {
            "NULL, NULL".to_owned()
        } else {
            format!("{id}, 2")
        }
    };
    fill(
        "returns",
        (1..=PEOPLE).map(|id| format!("({id}, {})", line(id))).collect(),
    );
    fill("visits", (1..=1000).map(|id| format!("({id})")).collect());
    fill(
        "pages",
        (1..=3000)
            .map(|id| format!("({id}, {})", id % 1000 + 1))
            .collect(),
    );
    statements
}

/// A tree, and one who is their own boss.
fn boss(id: u32) -> Option<u32> {
    match id {
        1 => None,
        50 => Some(50),
        _ => Some(id / 2),
    }
}

/// Those who stay: nobody up their chain goes.
fn survivors() -> BTreeSet<u32> {
    let stays = |mut id: u32| loop {
        match boss(id) {
            _ if id % 7 == 3 => return false,
            Some(boss) if boss != id => id = boss,
            _ => return true,
        }
    };
    (1..=PEOPLE).filter(|id| stays(*id)).collect()
}

fn rules(random: &str) -> String {
    format!(
        "[tables.people]\nrows = {{ where = \"id % 7 <> 3 AND email LIKE '%@corp.example'\" }}\nemail = \"email\"\n\
         [tables.orders]\nnote = {{ text = \"drop\" }}\n[tables.visits]\nrows = {{ where = \"{random} < 0.5\" }}\n"
    )
}

async fn run(dsn: String, rules: &str) {
    let target: Target = dsn.parse().unwrap();
    let rules = Rules::parse("rows.toml", rules).unwrap();
    let (reporter, _progress) = Reporter::new(Default::default());
    let user = Login::new("clone_user");
    let job = Job {
        target: &target,
        rules: &rules,
        user: &user,
        tuning: Tuning::default(),
    };
    job.run(&[Verb::Prepare, Verb::Mask, Verb::Verify], &reporter)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
}

/// What must hold afterwards, each as a query and its answer.
fn expected() -> Vec<(&'static str, String)> {
    let stay = survivors();
    assert!(
        (20..PEOPLE as usize / 2).contains(&stay.len()),
        "some go and some stay: {}",
        stay.len()
    );
    let returned = (1..=PEOPLE)
        .filter(|id| id.is_multiple_of(3) || stay.contains(id))
        .count();
    let sum: u32 = stay.iter().sum();
    vec![
        ("SELECT count(*) FROM people", stay.len().to_string()),
        ("SELECT sum(id) FROM people", sum.to_string()),
        (
            "SELECT count(*) FROM people WHERE email NOT LIKE '%@example.com'",
            "0".to_owned(),
        ),
        ("SELECT sum(id) FROM orders", sum.to_string()),
        ("SELECT count(*) FROM order_lines", (2 * stay.len()).to_string()),
        ("SELECT count(*) FROM returns", returned.to_string()),
        ("SELECT count(*) FROM visits WHERE id > 1000", "0".to_owned()),
        (
            "SELECT count(*) FROM pages WHERE visit_id NOT IN (SELECT id FROM visits)",
            "0".to_owned(),
        ),
        (
            "SELECT count(*) FROM visits WHERE (SELECT count(*) FROM pages WHERE visit_id = visits.id) <> 3",
            "0".to_owned(),
        ),
    ]
}

fn is_a_sample(visits: &str) {
    let visits: u32 = visits.parse().unwrap();
    assert!((300..700).contains(&visits), "about half of 1000 stay: {visits}");
}

#[tokio::test]
async fn postgres_keeps_what_the_condition_says_and_what_refers_to_it() {
    let server: Server = postgres::server().await;
    let db = postgres::master(&server).await;
    for statement in shop() {
        db.batch_execute(&statement).await.unwrap();
    }
    run(postgres::dsn(&server), &rules("random()")).await;
    for (query, answer) in expected() {
        assert_eq!(postgres::one(&db, query).await, answer, "{query}");
    }
    is_a_sample(&postgres::one(&db, "SELECT count(*) FROM visits").await);
    let left = postgres::one(
        &db,
        "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'doppel\\_%'",
    )
    .await;
    assert_eq!(left, "0", "nothing of the notes is left");
}

#[tokio::test]
async fn mariadb_keeps_what_the_condition_says_and_what_refers_to_it() {
    let server: Server = maria::server().await;
    let mut db = maria::master(&server).await;
    for statement in shop() {
        maria::script(&mut db, &statement).await;
    }
    run(maria::dsn(&server), &rules("rand()")).await;
    for (query, answer) in expected() {
        assert_eq!(maria::one(&mut db, query).await, answer, "{query}");
    }
    is_a_sample(&maria::one(&mut db, "SELECT count(*) FROM visits").await);
}

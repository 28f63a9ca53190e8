//! Sakila, the database of a film rental that every engine's users know, masked by the rules that are suggested for it.
//!
//! `DOPPEL_SAKILA` names the folder of its SQL files (jOOQ's collection); without it these tests say that they skip.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::maria::Maria;
use super::postgres::Postgres;
use super::trap::Trap;
use super::{Ground, hold};
use crate::support::maria::MASTER_PASSWORD;
use crate::support::must;
use crate::support::postgres::texts;

/// What must be true of it afterwards, in both dialects.
const CLAIMS: &str = "
--> 0: SELECT COUNT(*) FROM customer WHERE email LIKE '%sakilacustomer%' OR LOWER(first_name) = 'mary' AND LOWER(last_name) = 'smith'
--> 599: SELECT COUNT(DISTINCT email) FROM customer WHERE email LIKE '%@example.%'
--= SELECT COUNT(*), SUM(amount) FROM payment JOIN rental USING (rental_id) JOIN customer ON customer.customer_id = payment.customer_id JOIN address USING (address_id) JOIN city USING (city_id)
--= SELECT COUNT(*) FROM film_actor JOIN film USING (film_id) JOIN actor USING (actor_id) JOIN film_category USING (film_id)
--= SELECT COUNT(*) FROM customer_list
--= SELECT COUNT(*) FROM film_list
--= SELECT rating, COUNT(*) FROM film GROUP BY rating ORDER BY rating
";

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("DOPPEL_SAKILA").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: DOPPEL_SAKILA names no folder with sakila's SQL files");
    }
    folder
}

/// Masks what is in the ground by the rules that are suggested for it, and judges it like a trap that must be survived.
async fn masked_as_suggested(ground: &mut impl Ground, claims: &str) {
    let rules = mask_worker::suggest_for(&ground.dsn()).await.unwrap();
    let mut claims = super::trap::read(&format!("-- # sakila\n{claims}"));
    let trap = Trap {
        rules,
        ..claims.remove(0)
    };
    let wrong = hold(ground, &trap).await;
    assert!(wrong.is_empty(), "{}\n\n{}", trap.rules, wrong.join("\n"));
}

#[tokio::test]
async fn postgresqls_sakila_is_masked_by_the_rules_that_are_suggested_for_it() {
    let Some(folder) = folder() else { return };
    let mut ground = Postgres::new().await;
    ground.fresh("").await;
    for file in ["postgres-sakila-schema.sql", "postgres-sakila-data.sql"] {
        let admin = ground.dsn().replace(
            &format!("dba:{}", crate::support::postgres::MASTER_PASSWORD),
            "rdsadmin:admin-password",
        );
        must(
            Command::new("psql")
                .args(["-q", &admin, "-f"])
                .arg(folder.join(file)),
        );
    }
    // On Aurora nothing belongs to a superuser.
    let owned = "SELECT format('ALTER %s %s OWNER TO dba', CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, oid::regclass) FROM pg_class
                 WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')";
    for statement in texts(ground.admin(), owned).await {
        ground.admin().batch_execute(&statement).await.unwrap();
    }
    ground.admin().batch_execute("ANALYZE").await.unwrap();
    masked_as_suggested(&mut ground, CLAIMS).await;
}

#[tokio::test]
async fn mariadbs_sakila_is_masked_by_the_rules_that_are_suggested_for_it() {
    let Some(folder) = folder() else { return };
    let mut ground = Maria::new().await;
    ground.fresh("").await;
    for file in ["mysql-sakila-schema.sql", "mysql-sakila-data.sql"] {
        let input = std::fs::File::open(folder.join(file)).unwrap();
        let status = Command::new("mariadb")
            .args(["--no-defaults", "--host=127.0.0.1", "--user=dba"])
            .arg(format!("--port={}", ground.port()))
            .arg(format!("--password={MASTER_PASSWORD}"))
            .stdin(Stdio::from(input))
            .status();
        assert!(status.unwrap().success());
    }
    ground.texts("USE sakila").await;
    masked_as_suggested(&mut ground, CLAIMS).await;
}

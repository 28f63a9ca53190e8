//! The plain copy: what any method must do that gives the tables new files, done as fast as the server can. New tables
//! without indexes, both filled at once, then the indexes, the foreign key, and the new tables take the old ones' names.
//! Column constraints, grants and statistics, which a masking must bring over too, are left out.

use std::time::Instant;

use local_aws::engine::EngineKind;

use super::data::{CUSTOMERS, FOREIGN_KEY, ORDERS, Table};
use super::lab::Db;

/// Seconds that it took.
pub async fn plain(db: &Db) -> anyhow::Result<f64> {
    let begun = Instant::now();
    match db.kind {
        EngineKind::Postgres => postgres(db).await?,
        EngineKind::Mysql => mariadb(db).await?,
    }
    Ok(begun.elapsed().as_secs_f64())
}

async fn postgres(db: &Db) -> anyhow::Result<()> {
    db.script(&["CREATE SCHEMA copied".to_owned()]).await?;
    let copy = |table: Table| {
        let name = format!("copied.{}", table.name);
        let mut script = vec![
            format!("CREATE TABLE {name} AS SELECT * FROM public.{}", table.name),
            format!("ALTER TABLE {name} ADD PRIMARY KEY (id)"),
        ];
        script.extend(table.index(EngineKind::Postgres, &name));
        script
    };
    let (customers, orders) = (copy(CUSTOMERS), copy(ORDERS));
    tokio::try_join!(db.script(&customers), db.script(&orders))?;
    db.script(&[
        "BEGIN; DROP TABLE public.orders, public.customers; ALTER TABLE copied.customers SET SCHEMA public; \
         ALTER TABLE copied.orders SET SCHEMA public; COMMIT"
            .to_owned(),
        format!("ALTER TABLE orders {FOREIGN_KEY}"),
    ])
    .await
}

async fn mariadb(db: &Db) -> anyhow::Result<()> {
    let copy = |table: Table| {
        let name = format!("copied_{}", table.name);
        let create = table.create(EngineKind::Mysql);
        let mut script = vec![
            // No locks on the rows that are read.
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED".to_owned(),
            create.replacen(table.name, &name, 1),
            format!("INSERT INTO {name} SELECT * FROM {}", table.name),
        ];
        script.extend(table.index(EngineKind::Mysql, &name));
        script
    };
    let (customers, orders) = (copy(CUSTOMERS), copy(ORDERS));
    tokio::try_join!(db.script(&customers), db.script(&orders))?;
    let last = [
        // A foreign key that is checked would copy the table once more.
        "SET foreign_key_checks = 0",
        "DROP TABLE orders, customers",
        "RENAME TABLE copied_customers TO customers, copied_orders TO orders",
        &format!("ALTER TABLE orders {FOREIGN_KEY}"),
    ];
    db.script(&last.map(str::to_owned)).await
}

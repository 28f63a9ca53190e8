//! The shop on MySQL or MariaDB: tables, then rows by long `INSERT`s, then everything that holds them together.

use anyhow::Context;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts};

use super::batch::{Batch, Dialect};
use super::tables::{Maker, TABLES, Table};
use super::{APP, REPORTS};

/// Bytes of one `INSERT`: well below the smallest `max_allowed_packet` in use.
const CHUNK: usize = 1024 * 1024;

pub(super) async fn load(dsn: &str, maker: &Maker) -> anyhow::Result<()> {
    let options = Opts::from_url(dsn).context("the DSN")?;
    let mut conn = Conn::new(options).await.context("connecting")?;
    let filled = fill(&mut conn, maker).await;
    conn.disconnect().await.context("disconnecting")?;
    filled
}

async fn fill(conn: &mut Conn, maker: &Maker) -> anyhow::Result<()> {
    run(conn, include_str!("mysql_tables.sql"))
        .await
        .context("creating the tables")?;
    run(
        conn,
        "SET foreign_key_checks = 0, autocommit = 0, sql_mode = 'STRICT_ALL_TABLES'",
    )
    .await?;
    for table in TABLES {
        insert(conn, maker, table)
            .await
            .with_context(|| format!("filling {}", table.name))?;
    }
    run(conn, "SET foreign_key_checks = 1, autocommit = 1").await?;
    run(conn, include_str!("mysql_rest.sql"))
        .await
        .context("indexes, views and triggers")?;
    for user in [APP, REPORTS] {
        let sql = format!("ALTER USER '{}'@'%' IDENTIFIED BY '{}'", user.name, user.password);
        conn.query_drop(sql)
            .await
            .with_context(|| format!("the password of {}", user.name))?;
    }
    Ok(())
}

/// Runs statements that each end at the end of a line.
async fn run(conn: &mut Conn, script: &str) -> anyhow::Result<()> {
    for statement in script
        .split(";\n")
        .filter(|statement| !statement.trim().is_empty())
    {
        conn.query_drop(statement).await?;
    }
    Ok(())
}

async fn insert(conn: &mut Conn, maker: &Maker, table: &Table) -> anyhow::Result<()> {
    let mut batch = Batch::new(Dialect::Values);
    let rows = (table.rows)(maker.customers);
    for number in 1..=rows {
        (table.write)(maker, number, &mut batch);
        if batch.len() >= CHUNK || number == rows {
            let sql = format!(
                "INSERT INTO {} ({}) VALUES {}",
                table.name,
                table.columns,
                batch.take()
            );
            conn.query_drop(sql).await?;
        }
    }
    conn.query_drop("COMMIT").await?;
    Ok(())
}

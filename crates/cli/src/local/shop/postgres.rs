//! The shop on PostgreSQL: tables, then rows by `COPY`, then everything that holds them together.

use anyhow::Context;
use bytes::Bytes;
use futures::SinkExt;
use tokio_postgres::{Client, NoTls};

use super::batch::{Batch, Dialect};
use super::tables::{Maker, TABLES, Table};
use super::{APP, REPORTS};

const CHUNK: usize = 256 * 1024;

pub(super) async fn load(dsn: &str, maker: &Maker) -> anyhow::Result<()> {
    let (client, connection) = tokio_postgres::connect(dsn, NoTls).await.context("connecting")?;
    let connection = tokio::spawn(connection);
    let filled = fill(&client, maker).await;
    drop(client);
    connection
        .await
        .context("the connection's task")?
        .context("the connection broke")?;
    filled
}

async fn fill(client: &Client, maker: &Maker) -> anyhow::Result<()> {
    client
        .batch_execute(include_str!("postgres_tables.sql"))
        .await
        .context("creating the tables")?;
    for table in TABLES {
        copy(client, maker, table)
            .await
            .with_context(|| format!("filling {}", table.name))?;
    }
    client
        .batch_execute(include_str!("postgres_rest.sql"))
        .await
        .context("keys, indexes, views and triggers")?;
    for user in [APP, REPORTS] {
        let sql = format!("ALTER ROLE {} PASSWORD '{}'", user.name, user.password);
        client
            .batch_execute(&sql)
            .await
            .with_context(|| format!("the password of {}", user.name))?;
    }
    Ok(())
}

async fn copy(client: &Client, maker: &Maker, table: &Table) -> anyhow::Result<()> {
    let sql = format!("COPY {} ({}) FROM STDIN", table.name, table.columns);
    let sink = client.copy_in::<_, Bytes>(&sql).await?;
    futures::pin_mut!(sink);
    let mut batch = Batch::new(Dialect::Copy);
    for number in 1..=(table.rows)(maker.customers) {
        (table.write)(maker, number, &mut batch);
        if batch.len() >= CHUNK {
            sink.send(batch.take().into()).await?;
        }
    }
    sink.send(batch.take().into()).await?;
    sink.finish().await?;
    Ok(())
}

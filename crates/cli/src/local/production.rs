//! Production: a cluster on a real server, with data, and the masking rules that fit it.

use anyhow::Context;
use domain::policy::Engine;
use local_aws::LocalAws;
use local_aws::engine::EngineKind;
use local_aws::rds::{SourceReady, SourceSpec};
use mysql_async::prelude::Queryable;

use super::options::{Data, LocalOptions};
use super::{SOURCE, folder};

/// Production, ready to be cloned.
pub(super) struct Production {
    pub(super) source: SourceReady,
    /// The text of its masking rules.
    pub(super) rules: String,
}

pub(super) async fn make(aws: &LocalAws, options: &LocalOptions) -> anyhow::Result<Production> {
    let database = if matches!(options.data, Data::Shop(_)) {
        "shop"
    } else {
        "production"
    };
    let kind = match options.engine {
        Engine::Postgres => EngineKind::Postgres,
        Engine::Mysql => EngineKind::Mysql,
    };
    let spec = SourceSpec::new(SOURCE, kind, database);
    let mut source = aws
        .rds()
        .create_source(spec)
        .await
        .context("production cannot be made")?;
    let mut rules = options.rules.clone();
    match &options.data {
        Data::Shop(shop) => {
            shop.load(&source.dsn).await?;
            rules.get_or_insert_with(|| folder::SHOP_RULES.to_owned());
        }
        Data::Dump(dumps) => {
            for dump in dumps {
                let loaded = aws.rds().load_sql(SOURCE, dump).await;
                loaded.with_context(|| format!("{} cannot be loaded", dump.display()))?;
            }
            if kind == EngineKind::Mysql {
                follow_the_dump(&mut source)
                    .await
                    .context("production's databases cannot be listed")?;
            }
        }
        Data::Empty => {}
    }
    let rules = match rules {
        Some(rules) => rules,
        None => mask_worker::suggest_for(&source.dsn)
            .await
            .context("no masking rules can be suggested")?,
    };
    Ok(Production { source, rules })
}

/// A dump of MySQL may bring a database of its own (`CREATE DATABASE sakila; USE sakila`): the one with most tables
/// is the application's then.
async fn follow_the_dump(source: &mut SourceReady) -> anyhow::Result<()> {
    let mut conn = mysql_async::Conn::new(mysql_async::Opts::from_url(&source.dsn)?).await?;
    let most: Option<String> = conn
        .query_first(
            "SELECT table_schema FROM information_schema.tables \
             WHERE table_schema NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys') \
             GROUP BY table_schema ORDER BY count(*) DESC, table_schema LIMIT 1",
        )
        .await?;
    conn.disconnect().await?;
    if let Some(database) = most.filter(|database| *database != source.database) {
        let server = source
            .dsn
            .rsplit_once('/')
            .map_or(source.dsn.as_str(), |(server, _)| server);
        source.dsn = format!("{server}/{database}");
        source.database = database;
    }
    Ok(())
}

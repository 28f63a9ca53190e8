//! Security groups keep out whom they should, on both engines.

use local_aws::engine::EngineKind;
use mysql_async::prelude::Queryable;

use crate::support::{World, mysql, postgres};

#[tokio::test]
async fn a_quarantined_postgresql_clone_admits_only_the_master() {
    let world = World::start().await;
    let source = world.source(EngineKind::Postgres).await;
    let master = postgres(source.port, "postgres", &source.master_password, "shop")
        .await
        .unwrap();
    master
        .batch_execute("CREATE ROLE app LOGIN PASSWORD 'app-password'")
        .await
        .unwrap();
    postgres(source.port, "app", "app-password", "shop")
        .await
        .unwrap();
    world.clone("copy", "sg-quarantine").await;
    let port = world.port("copy").await;
    postgres(port, "postgres", &source.master_password, "shop")
        .await
        .unwrap();
    assert!(
        postgres(port, "app", "app-password", "shop")
            .await
            .unwrap_err()
            .is_closed_or_io()
    );

    let modify = world
        .client
        .modify_db_cluster()
        .db_cluster_identifier("copy")
        .vpc_security_group_ids("sg-default");
    let answer = modify.send().await.unwrap();
    let mut groups: Vec<_> = answer
        .db_cluster()
        .unwrap()
        .vpc_security_groups()
        .iter()
        .map(shown)
        .collect();
    groups.sort_unstable();
    assert_eq!(
        groups,
        [
            ("sg-default".into(), "adding".into()),
            ("sg-quarantine".into(), "removing".into())
        ]
    );
    world.cluster_is("copy", "available").await;
    let now: Vec<_> = world
        .cluster("copy")
        .await
        .vpc_security_groups()
        .iter()
        .map(shown)
        .collect();
    assert_eq!(now, [("sg-default".into(), "active".into())]);
    postgres(port, "app", "app-password", "shop").await.unwrap();

    for unknown in ["sg-closed", "sg-that-nobody-made"] {
        let modify = world
            .client
            .modify_db_cluster()
            .db_cluster_identifier("copy")
            .vpc_security_group_ids(unknown);
        modify.send().await.unwrap();
        world.cluster_is("copy", "available").await;
        assert!(
            postgres(port, "postgres", &source.master_password, "shop")
                .await
                .unwrap_err()
                .is_closed_or_io()
        );
    }
    world.rds.shutdown().await;
}

fn shown(group: &aws_sdk_rds::types::VpcSecurityGroupMembership) -> (String, String) {
    (
        group.vpc_security_group_id().unwrap().to_owned(),
        group.status().unwrap().to_owned(),
    )
}

trait ClosedOrIo {
    fn is_closed_or_io(&self) -> bool;
}

impl ClosedOrIo for tokio_postgres::Error {
    /// The network hung up: the server itself said nothing.
    fn is_closed_or_io(&self) -> bool {
        self.as_db_error().is_none()
    }
}

#[tokio::test]
async fn a_quarantined_mysql_clone_admits_only_the_master() {
    let world = World::start().await;
    let source = world.source(EngineKind::Mysql).await;
    let mut master = mysql(source.port, "admin", &source.master_password)
        .await
        .unwrap();
    master
        .query_drop("CREATE USER app@'%' IDENTIFIED BY 'app-password'")
        .await
        .unwrap();
    master
        .query_drop("GRANT SELECT ON shop.* TO app@'%'")
        .await
        .unwrap();
    mysql(source.port, "app", "app-password").await.unwrap();
    world.clone("copy", "sg-worker").await;
    let port = world.port("copy").await;
    mysql(port, "admin", &source.master_password).await.unwrap();
    let kept_out = mysql(port, "app", "app-password").await.unwrap_err();
    assert!(!matches!(kept_out, mysql_async::Error::Server(_)), "{kept_out}");
    drop(master);
    world.rds.shutdown().await;
}

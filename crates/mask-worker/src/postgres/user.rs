//! The clone's own user: everything on the data, nothing above it.

use domain::id::BATCH_USER;
use runtime::Login;
use secrecy::ExposeSecret;

use super::catalogue::not_production;
use super::{Postgres, failed, ident, literal};
use crate::error::{DatabaseFailed, Error};

impl Postgres {
    /// Creates the user of `login` and proves that it can log in, and can do no more than it should.
    pub(crate) async fn create_user(&self, login: &Login) -> Result<(), Error> {
        let user = ident(&login.username);
        let verifier = literal(&postgres_protocol::password::scram_sha_256(
            login.password.expose_secret().as_bytes(),
        ));
        // Only a superuser may speak of SUPERUSER, REPLICATION or BYPASSRLS at all; a new role has none of them.
        let attributes = "LOGIN NOCREATEDB NOCREATEROLE VALID UNTIL 'infinity'";
        let exists = format!(
            "SELECT count(*) FROM pg_roles WHERE rolname = {}",
            literal(&login.username)
        );
        let verb = if self.number("looking for the clone's user", &exists).await? == 0 {
            "CREATE"
        } else {
            "ALTER"
        };
        self.run(
            "creating the clone's user",
            &format!("{verb} ROLE {user} {attributes} PASSWORD {verifier}"),
        )
        .await?;
        let database = ident(&self.target.database);
        self.run(
            "granting the database",
            &format!("GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {user}"),
        )
        .await?;
        // Only what the master may grant: an extension's own tables can belong to the service.
        let grants = format!(
            "SELECT format('GRANT USAGE, CREATE ON SCHEMA %I TO %s', nspname, {0}) FROM pg_namespace WHERE nspname <> ALL ($1) \
                AND nspname NOT LIKE 'pg\\_t%' AND pg_has_role(nspowner, 'USAGE') \
             UNION ALL SELECT format('GRANT ALL ON %s %s TO %s', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.oid::regclass, {0}) \
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') \
                AND c.relpersistence <> 't' AND n.nspname <> ALL ($1) AND pg_has_role(c.relowner, 'USAGE') \
             UNION ALL SELECT format('GRANT EXECUTE ON ROUTINE %s TO %s', p.oid::regprocedure, {0}) FROM pg_proc p \
                JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname <> ALL ($1) AND pg_has_role(p.proowner, 'USAGE') AND p.prokind <> 'a'",
            literal(&user)
        );
        let grants = self.client.query(&grants, &[&not_production()]).await;
        let grants: Vec<String> = grants
            .map_err(failed(|| "listing what to grant".to_owned()))?
            .iter()
            .map(|row| row.get(0))
            .collect();
        for some in grants.chunks(200) {
            self.run("granting the data to the clone's user", &some.join("; "))
                .await?;
        }
        self.prove_user(login).await
    }

    /// Creates the user of batch queries: it has all that `owner` has, also what `owner` makes later.
    pub(crate) async fn create_batch_user(&self, owner: &str) -> Result<bool, DatabaseFailed> {
        let known = "SELECT count(*) FROM pg_roles WHERE rolname = 'rds_iam'";
        if self.number("looking for IAM authentication", known).await? == 0 {
            return Ok(false);
        }
        let (name, owner) = (ident(BATCH_USER), ident(owner));
        let exists = format!(
            "SELECT count(*) FROM pg_roles WHERE rolname = {}",
            literal(BATCH_USER)
        );
        let doing = "creating the user of batch queries";
        let verb = match self.number(doing, &exists).await? {
            0 => "CREATE",
            _ => "ALTER",
        };
        let sql = format!("{verb} ROLE {name} LOGIN PASSWORD NULL; GRANT rds_iam, {owner} TO {name}");
        self.run(doing, &sql).await?;
        Ok(true)
    }

    async fn prove_user(&self, login: &Login) -> Result<(), Error> {
        let mut target = self.target.clone();
        target.user.clone_from(&login.username);
        target.password = login.password.clone();
        let user = Box::pin(Self::connect(&target)).await?;
        let powers = "SELECT count(*) FROM pg_roles r WHERE r.rolname = current_user AND (r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR \
            r.rolreplication OR r.rolbypassrls OR EXISTS (SELECT 1 FROM pg_auth_members m WHERE m.member = r.oid))";
        if user.number("looking at the clone's user", powers).await? != 0 {
            return Err(Error::User("it has rights of an administrator"));
        }
        let hidden = "SELECT (has_table_privilege('pg_authid', 'SELECT') OR has_table_privilege('pg_statistic', 'SELECT') \
            OR has_schema_privilege('doppel', 'USAGE'))::int4::int8";
        let hidden_without_run = hidden.replace(" OR has_schema_privilege('doppel', 'USAGE')", "");
        let ours = self
            .number(
                "looking for our schema",
                "SELECT count(*) FROM pg_namespace WHERE nspname = 'doppel'",
            )
            .await?;
        if user
            .number(
                "looking at the clone's user",
                if ours > 0 { hidden } else { &hidden_without_run },
            )
            .await?
            != 0
        {
            return Err(Error::User("it can read what only the service may"));
        }
        Ok(())
    }
}

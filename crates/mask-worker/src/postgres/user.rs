//! The clone's own user: everything on the data, nothing above it.

use runtime::Login;
use secrecy::ExposeSecret;

use super::catalogue::not_production;
use super::{Postgres, failed, ident, literal};
use crate::error::Error;

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
        let sql = "SELECT nspname::text FROM pg_namespace WHERE nspname <> ALL ($1) AND nspname NOT LIKE 'pg\\_temp%' \
                   AND nspname NOT LIKE 'pg\\_toast%' AND pg_has_role(nspowner, 'USAGE')";
        let schemas = self.client.query(sql, &[&not_production()]).await;
        for row in schemas.map_err(failed(|| "listing schemas".to_owned()))? {
            let schema = ident(row.get(0));
            let grant = format!(
                "GRANT USAGE, CREATE ON SCHEMA {schema} TO {user}; GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO {user}; \
                 GRANT ALL ON ALL SEQUENCES IN SCHEMA {schema} TO {user}; GRANT EXECUTE ON ALL ROUTINES IN SCHEMA {schema} TO {user}"
            );
            self.run(&format!("granting the schema {schema}"), &grant).await?;
        }
        self.prove_user(login).await
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
            OR has_schema_privilege('doppel', 'USAGE'))::int8";
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

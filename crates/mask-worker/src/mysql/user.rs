//! The clone's own user: everything on the data, nothing above it.

use domain::id::BATCH_USER;
use runtime::Login;
use secrecy::ExposeSecret;
use sha1::{Digest, Sha1};

use super::{Mysql, NOT_PRODUCTION, literal};
use crate::error::{DatabaseFailed, Error};

/// What the user may do in each database: no events, no users, no files, no grants.
const RIGHTS: &str = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, \
     CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, TRIGGER";

/// `ER_PLUGIN_IS_NOT_LOADED`: the server is not Aurora's.
const NO_SUCH_PLUGIN: &str = "1524";

impl Mysql {
    /// Creates the user of `login` and proves that it can log in, and can do no more than it should.
    pub(crate) async fn create_user(&self, login: &Login) -> Result<(), Error> {
        let user = format!("{}@'%'", literal(&login.username));
        let hash = native_hash(login.password.expose_secret());
        self.run(
            "creating the clone's user",
            &format!("DROP USER IF EXISTS {user}"),
        )
        .await?;
        self.run(
            "creating the clone's user",
            &format!("CREATE USER {user} IDENTIFIED WITH mysql_native_password AS '{hash}'"),
        )
        .await?;
        self.grant_data(&user).await?;
        self.prove_user(login).await
    }

    async fn grant_data(&self, user: &str) -> Result<(), DatabaseFailed> {
        let databases = format!(
            "SELECT schema_name FROM information_schema.schemata WHERE schema_name NOT IN ({NOT_PRODUCTION})"
        );
        for database in self.rows::<String>("listing databases", &databases).await? {
            // In a grant, `_` and `%` stand for any characters.
            let pattern = database
                .replace('`', "``")
                .replace('_', "\\_")
                .replace('%', "\\%");
            self.run(
                &format!("granting the database `{database}`"),
                &format!("GRANT {RIGHTS} ON `{pattern}`.* TO {user}"),
            )
            .await?;
        }
        Ok(())
    }

    /// Creates the user of batch queries, with the rights that the clone's user has.
    pub(crate) async fn create_batch_user(&self) -> Result<bool, DatabaseFailed> {
        let user = format!("{}@'%'", literal(BATCH_USER));
        let doing = "creating the user of batch queries";
        self.run(doing, &format!("DROP USER IF EXISTS {user}")).await?;
        let sql = format!("CREATE USER {user} IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL");
        match self.run(doing, &sql).await {
            Err(error) if error.code == NO_SUCH_PLUGIN => return Ok(false),
            made => made?,
        }
        self.grant_data(&user).await?;
        Ok(true)
    }

    async fn prove_user(&self, login: &Login) -> Result<(), Error> {
        let mut target = self.target.clone();
        target.user.clone_from(&login.username);
        target.password = login.password.clone();
        let user = Box::pin(Self::connect(&target)).await?;
        let global =
            "SELECT COUNT(*) FROM information_schema.user_privileges WHERE privilege_type <> 'USAGE'";
        if user.number("looking at the clone's user", global).await? != 0 {
            return Err(Error::User("it has rights of an administrator"));
        }
        for hidden in [
            "SELECT COUNT(*) FROM mysql.user",
            "SELECT COUNT(*) FROM doppel.masking",
        ] {
            if user.number("looking at the clone's user", hidden).await.is_ok() {
                return Err(Error::User("it can read what only the service may"));
            }
        }
        Ok(())
    }
}

/// What `mysql_native_password` keeps of a password: the password itself is never sent.
fn native_hash(password: &str) -> String {
    let twice = Sha1::digest(Sha1::digest(password.as_bytes()));
    let hex: String = twice.iter().map(|byte| format!("{byte:02X}")).collect();
    format!("*{hex}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_hash_is_mysqls_own() {
        // SELECT PASSWORD('password')
        assert_eq!(
            super::native_hash("password"),
            "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19"
        );
    }
}

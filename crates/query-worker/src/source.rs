//! A database to read from.

use std::path::PathBuf;

use domain::policy::Engine;
use secrecy::SecretString;

use crate::error::Error;
use crate::output::Output;
use crate::request::Format;
use crate::{mysql, postgres};

/// One login to one database. `Debug` hides the password.
#[derive(Clone, Debug)]
pub struct Source {
    /// The engine.
    pub engine: Engine,
    /// Host name.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Database.
    pub database: String,
    /// User.
    pub user: String,
    /// A token of IAM authentication, or a password.
    pub password: SecretString,
    /// PEM file with the authorities that the server's certificate must come from.
    pub authorities: PathBuf,
}

impl Source {
    /// Writes the result of one statement to `output`, and answers the names of its columns.
    ///
    /// # Errors
    /// Whatever stopped it. What was written so far is to be thrown away then.
    pub async fn query(
        &self,
        statement: &str,
        format: Format,
        header: bool,
        output: &mut Output,
    ) -> Result<Vec<String>, Error> {
        match self.engine {
            Engine::Postgres => postgres::query(self, statement, format, header, output).await,
            Engine::Mysql => mysql::query(self, statement, format, header, output).await,
        }
    }
}

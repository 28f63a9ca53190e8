//! Where a clone's database is and how to log in.

use std::path::PathBuf;
use std::str::FromStr;

use masking::Engine;
use secrecy::SecretString;

use crate::Error;

/// One login to one database. `Debug` hides the password.
#[derive(Clone, Debug)]
pub struct Target {
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
    /// Password.
    pub password: SecretString,
    /// PEM file with the certificate authorities that the server's certificate must come from. Without it the
    /// connection is not encrypted.
    pub authorities: Option<PathBuf>,
}

impl FromStr for Target {
    type Err = Error;

    /// Reads `postgres://user:password@host:port/database`, or `mysql://…`.
    fn from_str(dsn: &str) -> Result<Self, Error> {
        let url = url::Url::parse(dsn).map_err(|_| Error::Dsn("it is no URL"))?;
        let (engine, port) = match url.scheme() {
            "postgres" | "postgresql" => (Engine::Postgres, 5432),
            "mysql" | "mariadb" => (Engine::Mysql, 3306),
            _ => return Err(Error::Dsn("the scheme is unknown")),
        };
        let text = |part: &str| percent_decode(part).ok_or(Error::Dsn("it is no UTF-8"));
        Ok(Self {
            engine,
            host: url
                .host_str()
                .ok_or(Error::Dsn("the host is missing"))?
                .trim_matches(['[', ']'])
                .to_owned(),
            port: url.port().unwrap_or(port),
            database: text(url.path().trim_start_matches('/'))?,
            user: text(url.username())?,
            password: text(url.password().unwrap_or_default())?.into(),
            authorities: url
                .query_pairs()
                .find(|(key, _)| key == "sslrootcert")
                .map(|(_, path)| PathBuf::from(&*path)),
        })
    }
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        bytes.push(match (first, tail) {
            (b'%', [high, low, tail @ ..]) => {
                rest = tail;
                let hex = [*high, *low];
                u8::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok()?
            }
            _ => *first,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_dsn_is_read_and_its_password_not_shown() {
        let target: Target = "postgres://app:p%40ss@db.example:6543/shop".parse().unwrap();
        assert_eq!(
            (target.host.as_str(), target.port, target.database.as_str()),
            ("db.example", 6543, "shop")
        );
        assert_eq!(target.password.expose_secret(), "p@ss");
        assert!(!format!("{target:?}").contains("p@ss"));
        assert!(
            "oracle://a:hunter2@b/c"
                .parse::<Target>()
                .is_err_and(|error| !error.to_string().contains("hunter2"))
        );
    }
}

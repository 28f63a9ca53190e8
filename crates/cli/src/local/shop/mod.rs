//! The generated shop: a production database with made-up people in every corner where real ones hide.
//!
//! Customers with names, e-mails, phones, addresses, birthdays, IPs, free text and JSON; orders, payments, support
//! tickets with e-mails planted in their text, session tokens, an audit table that a trigger fills, a view, on
//! PostgreSQL a materialized view; and production's own database users, one of whom owns tables. All of it follows
//! from a seed, so that a spec knows what it looks for.

mod batch;
mod mysql;
mod people;
mod postgres;
mod tables;

use anyhow::Context;

pub use people::Person;

/// How many customers `doppel local` makes unless it is told otherwise.
pub const DEFAULT_CUSTOMERS: u64 = 100_000;

/// A database user of production, who must not get into a clone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProductionUser {
    /// The user's name.
    pub name: &'static str,
    /// The password with which production lets them in.
    pub password: &'static str,
}

/// The application's own user; on PostgreSQL it owns half of the tables.
pub const APP: ProductionUser = ProductionUser {
    name: "shop_app",
    password: "app-password-of-production",
};

/// A user that may read everything.
pub const REPORTS: ProductionUser = ProductionUser {
    name: "shop_reports",
    password: "reports-password-of-production",
};

/// A shop to be generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shop {
    /// The number of customers; the other tables grow with it. At least 1.
    pub customers: u64,
    /// The same seed gives the same rows.
    pub seed: u64,
}

impl Default for Shop {
    fn default() -> Self {
        Self {
            customers: DEFAULT_CUSTOMERS,
            seed: 20_260_131,
        }
    }
}

impl Shop {
    /// The customer of that number, from 1: who they are before any masking.
    pub fn customer(&self, number: u64) -> Person {
        Person::new(self.seed, number)
    }

    /// Fills the empty database behind `dsn`, of the master user of a `postgres://…` or `mysql://…` server.
    ///
    /// # Errors
    /// The step that the server refused.
    pub async fn load(&self, dsn: &str) -> anyhow::Result<()> {
        let maker = tables::Maker {
            seed: self.seed,
            customers: self.customers.max(1),
        };
        if dsn.starts_with("mysql:") {
            mysql::load(dsn, &maker)
                .await
                .context("the shop cannot be loaded into the MySQL server")
        } else {
            postgres::load(dsn, &maker)
                .await
                .context("the shop cannot be loaded into the PostgreSQL server")
        }
    }
}

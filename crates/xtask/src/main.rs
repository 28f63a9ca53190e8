//! Chores: `cargo xtask setup` installs what the tests need, `cargo xtask test` does that and runs them all,
//! `cargo xtask package` builds what runs in an AWS account, `cargo xtask infra` checks the Terraform module,
//! `cargo xtask bench-masking`, `bench-gateway`, `bench-export` and `bench-lambda` measure, `cargo xtask fuzz` tries many cases.

mod bench_export;
mod bench_gateway;
mod bench_lambda;
mod bench_masking;
mod fuzz;
mod infra;
mod package;
mod screenshots;
mod setup;
mod test;

use clap::{Parser, Subcommand};

/// Chores of this repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", version)]
struct Args {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Install what the tests need: PostgreSQL, MariaDB, Chromium, and boto3 in a Python environment of its own.
    Setup(setup::Args),
    /// Take the README's pictures anew, with a real browser of a real run.
    Screenshots(screenshots::Args),
    /// Measure masking against a plain copy of the same tables and against other tools, on real servers.
    BenchMasking(bench_masking::Args),
    /// Measure the front door for Slack under 64 connections, against a bare axum server.
    BenchGateway(bench_gateway::Args),
    /// Measure exports of 5,000,000 rows against `psql \copy` and `mariadb --batch`, on real servers.
    BenchExport(bench_export::Args),
    /// Build what runs in an AWS account: the functions' packages, the workers for their images, a bill of materials.
    Package(package::Args),
    /// Measure the packages' size, cold start and memory against the same functions in Python with boto3.
    BenchLambda(bench_lambda::Args),
    /// Try the grammar of commands and the reading of payloads on 100,000 cases each.
    Fuzz(fuzz::Args),
    /// Check the Terraform module: form, validity, its tests, checkov, and the tables that are made of it.
    Infra(infra::Args),
    /// Set up, then run all tests: with cargo-nextest if it is installed, else with `cargo test`.
    Test(test::Args),
}

fn main() -> anyhow::Result<()> {
    match Args::parse().chore {
        Chore::BenchMasking(args) => bench_masking::run(&args),
        Chore::BenchGateway(args) => bench_gateway::run(&args),
        Chore::BenchExport(args) => bench_export::run(&args),
        Chore::Package(args) => package::run(&args),
        Chore::BenchLambda(args) => bench_lambda::run(&args),
        Chore::Fuzz(args) => fuzz::run(&args),
        Chore::Infra(args) => infra::run(&args),
        Chore::Setup(args) => setup::run(&args).map(|_| ()),
        Chore::Screenshots(args) => screenshots::run(&args),
        Chore::Test(args) => test::run(&args),
    }
}

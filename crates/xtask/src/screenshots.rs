//! `cargo xtask screenshots`: the README's pictures, made by a real browser of a real run.

use std::path::PathBuf;

use anyhow::Context;

use crate::test;

/// Where the pictures go.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder for `slack.png`, `form.png` and `home.png`.
    #[arg(long, default_value = "docs")]
    out: PathBuf,
}

/// Has the spec that takes the pictures leave them in the folder.
pub fn run(args: &Args) -> anyhow::Result<()> {
    std::fs::create_dir_all(&args.out)
        .with_context(|| format!("the folder {} cannot be made", args.out.display()))?;
    let folder = std::path::absolute(&args.out).context("the folder has no absolute path")?;
    let spec = ["--test", "specs", "pictures::"].map(String::from);
    test::run_with(&spec, &[("DOPPEL_PICTURES", folder)])
}

//! Holds `infra/` to its promises: form, validity, tests, checkov, and that what people read says what it does.

mod apply;
mod permissions;
mod tables;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::setup::{cache, done, python};

/// What is checked.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write the tables in `infra/README.md` and `docs/permissions.md` anew; by default they are only compared.
    #[arg(long)]
    pub write: bool,
    /// Write the tables, or compare them, and do nothing else.
    #[arg(long)]
    pub tables: bool,
    /// Also apply all of it to an emulated account (ministack), plan once more, and destroy it: some two minutes.
    #[arg(long)]
    pub apply: bool,
}

/// Pinned: another version has other opinions.
const CHECKOV: &str = "checkov==3.3.30";

/// The module and its examples.
const FOLDERS: [&str; 3] = ["infra", "infra/examples/complete", "infra/examples/existing"];

/// The functions, as their packages are called: Terraform wants them to be there.
pub const FUNCTIONS: [&str; 7] = [
    "clone",
    "mask-command",
    "resize",
    "release",
    "sweep",
    "notify",
    "gateway",
];

/// The whole of a ZIP file without any file in it.
const EMPTY_ZIP: [u8; 22] = [
    b'P', b'K', 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

/// Checks everything.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let root = root()?;
    tables::hold(&root, args.write)?;
    permissions::hold(&root, args.write)?;
    if args.tables {
        return Ok(());
    }
    let terraform = Terraform::new(root.clone())?;
    terraform.run("infra", &["fmt", "-check", "-recursive", "-diff"])?;
    for folder in FOLDERS {
        terraform.run(folder, &["init", "-backend=false", "-input=false"])?;
        terraform.run(folder, &["validate"])?;
    }
    terraform.run("infra", &["test"])?;
    checkov(&root)?;
    if args.apply {
        apply::run(&terraform)?;
    }
    Ok(())
}

/// The repository.
pub fn root() -> anyhow::Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize()
        .with_context(|| format!("{} is not there", root.display()))
}

/// Terraform, with dummy packages. It finds the provider as any Terraform does: where `TF_CLI_CONFIG_FILE` says, in the
/// folders that it looks into by itself, or in its registry; and, where no such file is, in a mirror under [`OPTIONAL`].
struct Terraform {
    root: PathBuf,
    packages: PathBuf,
    plugins: PathBuf,
    config: Option<PathBuf>,
}

/// Where the system's optional packages are, each in a folder of its own: one of them may be a mirror of providers.
const OPTIONAL: &str = "/opt";

/// A configuration that names the machine's own mirror, if it has one and nobody has named another.
fn mirrored(cache: &Path) -> anyhow::Result<Option<PathBuf>> {
    let named = std::env::var_os("TF_CLI_CONFIG_FILE");
    if named.is_some_and(|file| Path::new(&file).is_file()) {
        return Ok(None);
    }
    let folders = std::fs::read_dir(OPTIONAL).into_iter().flatten().flatten();
    let mut folders = folders.map(|folder| folder.path());
    let Some(mirror) = folders.find(|path| path.join("registry.terraform.io/hashicorp/aws").is_dir()) else {
        return Ok(None);
    };
    let file = cache.join("infra/mirror.tfrc");
    let text = format!(
        "provider_installation {{\n  filesystem_mirror {{\n    path = {:?}\n  }}\n}}\n",
        mirror.display().to_string()
    );
    std::fs::write(&file, text).with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(Some(file))
}

impl Terraform {
    fn new(root: PathBuf) -> anyhow::Result<Self> {
        let cache = cache()?;
        let (packages, plugins) = (cache.join("infra/packages"), cache.join("infra/plugins"));
        for folder in [&packages, &plugins] {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("{} cannot be made", folder.display()))?;
        }
        for name in FUNCTIONS {
            let file = packages.join(format!("{name}.zip"));
            std::fs::write(&file, EMPTY_ZIP)
                .with_context(|| format!("{} cannot be written", file.display()))?;
        }
        Ok(Self {
            root,
            packages,
            plugins,
            config: mirrored(&cache)?,
        })
    }

    fn run(&self, folder: &str, arguments: &[&str]) -> anyhow::Result<()> {
        done(&mut self.command(folder, arguments))
    }

    fn command(&self, folder: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("terraform");
        command
            .arg(format!("-chdir={}", self.root.join(folder).display()))
            .args(arguments)
            .env("TF_VAR_package_dir", &self.packages)
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_CLI_ARGS_init", "-no-color")
            .env("TF_CLI_ARGS_validate", "-no-color")
            .env("TF_CLI_ARGS_test", "-no-color")
            // What the registry gives is fetched once, not once a folder.
            .env("TF_PLUGIN_CACHE_DIR", &self.plugins)
            .env("TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE", "1")
            .envs(self.config.iter().map(|file| ("TF_CLI_CONFIG_FILE", file)));
        command
    }
}

/// No finding without an explanation: what is skipped says why, where it is skipped.
fn checkov(root: &Path) -> anyhow::Result<()> {
    let program = python("checkov", CHECKOV)?.join("bin/checkov");
    done(
        Command::new(program)
            .args(["--directory", "infra", "--framework", "terraform"])
            .args([
                "--skip-path",
                "infra/tests",
                "--skip-download",
                "--quiet",
                "--compact",
            ])
            .env("LOG_LEVEL", "ERROR")
            .current_dir(root),
    )
}

/// Holds what stands in a file between two marks against `wanted`, or writes it there.
fn hold(root: &Path, file: &str, mark: &str, wanted: &str, write: bool) -> anyhow::Result<()> {
    let path = root.join(file);
    let text = std::fs::read_to_string(&path).with_context(|| format!("{file} cannot be read"))?;
    let (begin, end) = (format!("<!-- {mark} -->\n"), format!("<!-- end of {mark} -->\n"));
    let parts = text.split_once(&begin).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(&end)?;
        Some((before, after))
    });
    let (before, after) = parts.with_context(|| format!("{file} has no place for {mark}: {begin}…{end}"))?;
    let whole = format!("{before}{begin}{wanted}{end}{after}");
    if whole == text {
        return Ok(());
    }
    if !write {
        bail!("{mark} in {file} are not as they should be: `cargo xtask infra --write` writes them");
    }
    std::fs::write(&path, whole).with_context(|| format!("{file} cannot be written"))
}

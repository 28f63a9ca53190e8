//! What the tests need on this machine, and how it gets there.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// What is installed beyond the needs of the tests.
#[derive(Debug, Default, clap::Args)]
pub struct Args {
    /// Also install Chromium, which takes the README's pictures.
    #[arg(long)]
    browser: bool,
}

/// What a setup leads to.
#[derive(Debug)]
pub struct Ready {
    /// A Python that has boto3.
    pub python: PathBuf,
}

/// A program that is needed, and the package that brings it.
struct Need {
    /// Any of these programs will do.
    programs: &'static [&'static str],
    apt: &'static str,
    brew: &'static str,
}

const POSTGRES: Need = Need {
    programs: &["initdb", "postgres"],
    apt: "postgresql",
    brew: "postgresql@17",
};
const MARIADB: Need = Need {
    programs: &["mariadbd", "mysqld"],
    apt: "mariadb-server",
    brew: "mariadb",
};
const CHROMIUM: Need = Need {
    programs: &["chromium", "google-chrome", "chromium-browser"],
    apt: "chromium",
    brew: "chromium",
};
const PYTHON: Need = Need {
    programs: &["python3"],
    apt: "python3",
    brew: "python",
};

/// Folders beside `PATH` in which database servers are installed.
const FOLDERS: &[&str] = &[
    "/usr/sbin",
    "/usr/local/sbin",
    "/usr/libexec",
    "/opt/homebrew/bin",
    "/usr/local/mysql/bin",
];

/// Folders of which each entry holds one version with a `bin` folder.
const VERSIONED: &[&str] = &["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"];

/// Installs what is missing.
pub fn run(args: &Args) -> anyhow::Result<Ready> {
    let mut needs = vec![POSTGRES, MARIADB, PYTHON];
    if args.browser {
        needs.push(CHROMIUM);
    }
    let missing: Vec<_> = needs
        .iter()
        .filter(|need| !need.programs.iter().any(|name| is_installed(name)))
        .collect();
    if !missing.is_empty() {
        install(&missing)?;
    }
    if let Some(need) = missing
        .iter()
        .find(|need| !need.programs.iter().any(|name| is_installed(name)))
    {
        bail!(
            "`{}` was installed, yet none of {} was found",
            need.apt,
            need.programs.join(", ")
        );
    }
    Ok(Ready { python: python()? })
}

fn is_installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let versions = VERSIONED
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .flatten();
    let folders = env::split_paths(&path)
        .chain(FOLDERS.iter().map(PathBuf::from))
        .chain(versions.map(|version| version.path().join("bin")));
    folders.into_iter().any(|folder| folder.join(program).is_file())
}

fn install(missing: &[&Need]) -> anyhow::Result<()> {
    if is_installed("apt-get") {
        apt(&missing.iter().map(|need| need.apt).collect::<Vec<_>>())
    } else if is_installed("brew") {
        let packages = missing.iter().map(|need| need.brew);
        done(Command::new("brew").arg("install").args(packages))
    } else {
        let programs = missing
            .iter()
            .map(|need| need.programs.join(" or "))
            .collect::<Vec<_>>()
            .join(", ");
        bail!("neither apt-get nor brew is here to install what is missing: {programs}; install it by hand")
    }
}

fn apt(packages: &[&str]) -> anyhow::Result<()> {
    let get = |arguments: &[&str]| {
        let mut command = if is_root()? {
            Command::new("apt-get")
        } else {
            let mut sudo = Command::new("sudo");
            sudo.args(["--preserve-env=DEBIAN_FRONTEND", "apt-get"]);
            sudo
        };
        done(
            command
                .env("DEBIAN_FRONTEND", "noninteractive")
                .args(arguments)
                .args(["-q", "-y"]),
        )
    };
    get(&["update"])?;
    get(&[&["install", "--no-install-recommends"], packages].concat())
}

fn is_root() -> anyhow::Result<bool> {
    let id = Command::new("id")
        .arg("-u")
        .output()
        .context("`id -u` cannot be run")?;
    Ok(id.stdout.trim_ascii() == b"0")
}

/// A Python with boto3, in an environment that belongs to this repository alone.
fn python() -> anyhow::Result<PathBuf> {
    let folder = cache()?.join("python");
    let python = folder.join("bin/python");
    if has_boto3(&python) {
        return Ok(python);
    }
    let make = || {
        done(
            Command::new("python3")
                .args(["-m", "venv", "--clear"])
                .arg(&folder),
        )
    };
    if make().is_err() {
        // Debian keeps venv in a package of its own.
        apt(&["python3-venv"])
            .context("Python cannot make a virtual environment, and python3-venv cannot be installed")?;
        make()?;
    }
    done(Command::new(&python).args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "boto3",
    ]))?;
    Ok(python)
}

fn has_boto3(python: &Path) -> bool {
    let import = Command::new(python)
        .args(["-c", "import boto3"])
        .stderr(Stdio::null())
        .status();
    import.is_ok_and(|status| status.success())
}

fn cache() -> anyhow::Result<PathBuf> {
    let base = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let base = base.or_else(|| env::home_dir().map(|home| home.join(".cache")));
    Ok(base
        .context("neither XDG_CACHE_HOME nor a home folder is known")?
        .join("doppel"))
}

/// Runs a command to its end, with its output on standard error.
pub fn done(command: &mut Command) -> anyhow::Result<()> {
    let line = format!("{command:?}");
    let status = command
        .stdout(std::io::stderr())
        .status()
        .with_context(|| format!("{line} cannot be run"))?;
    if !status.success() {
        bail!("{line} failed with {status}");
    }
    Ok(())
}

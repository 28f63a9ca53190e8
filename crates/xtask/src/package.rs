//! What runs in an AWS account: the functions' packages, the workers and what their images are made of, a bill of
//! materials, and checksums. It shall be the same bytes from whatever folder it is built: `--check-reproducible` holds it to
//! that.

mod archive;
mod build;
mod image;
mod materials;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};

pub use archive::extract;
pub use build::Arch;

use crate::infra::{FUNCTIONS, root};

/// What is built, and where it is put.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What it runs on: the module's variable `architecture` must say the same. By default what this machine is.
    #[arg(long)]
    arch: Option<Arch>,
    /// The folder that is filled: `target/packages` by default.
    #[arg(long)]
    out: Option<PathBuf>,
    /// AWS's authorities for RDS in place of those in `infra/image`: for a Region that is newer than they are.
    #[arg(long)]
    rds_authorities: Option<PathBuf>,
    /// Build everything once more, from a copy in another folder, and compare: it takes as long again.
    #[arg(long)]
    check_reproducible: bool,
}

/// The programs of the workers' images.
const WORKERS: [&str; 2] = ["mask-worker", "query-worker"];

/// A package may be larger than this (50 MB), but starts slower.
const LARGEST_ZIP: u64 = 8_000_000;

/// What `sha256sum --check` reads.
const SUMS: &str = "SHA256SUMS";

/// Where the packages are unless it is said otherwise.
pub fn folder() -> anyhow::Result<PathBuf> {
    Ok(root()?.join("target/packages"))
}

/// The cargo package of a function.
fn package_of(function: &str) -> String {
    match function {
        "gateway" => function.to_owned(),
        step => format!("lambda-{step}"),
    }
}

/// The cargo packages of everything that is built.
fn programs() -> Vec<String> {
    let functions = FUNCTIONS.iter().map(|function| package_of(function));
    functions.chain(WORKERS.map(str::to_owned)).collect()
}

/// Builds and packs everything.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let arch = args.arch.map_or_else(Arch::of_this_machine, Ok)?;
    let out = args.out.clone().map_or_else(folder, Ok)?;
    let out = std::path::absolute(out).context("the folder of packages has no absolute path")?;
    let authorities = image::authorities(&root()?, args.rds_authorities.as_deref())?;
    let target = build::target_dir(&root()?)?;
    make(&root()?, &target, &out, arch, &authorities)?;
    print(&out, arch)?;
    if args.check_reproducible {
        let again = target.join("again");
        let twin = again.join("elsewhere");
        copy_of_sources(&root()?, &twin)?;
        make(
            &twin,
            &again.join("target"),
            &again.join("packages"),
            arch,
            &authorities,
        )?;
        same(&out, &again.join("packages"))?;
        println!("Built again from another folder: the same bytes.");
    }
    Ok(())
}

/// Fills `out` with what `workspace` is built to; what else is there stays.
fn make(workspace: &Path, target: &Path, out: &Path, arch: Arch, authorities: &str) -> anyhow::Result<()> {
    let binaries = build::build(workspace, target, arch, &programs())?;
    std::fs::create_dir_all(out).with_context(|| format!("{} cannot be made", out.display()))?;
    let mut files = Vec::new();
    for function in FUNCTIONS {
        let program = read(&binaries.join(package_of(function)))?;
        let packed = archive::pack(&program)?;
        if packed.len() as u64 > LARGEST_ZIP {
            bail!(
                "the package of {function} has {} bytes, more than {LARGEST_ZIP}",
                packed.len()
            );
        }
        files.push((format!("{function}.zip"), packed));
    }
    files.push((
        "sbom.cdx.json".to_owned(),
        materials::bill(workspace, arch, &programs())?,
    ));
    files.extend(image::files(workspace, &binaries, authorities)?);
    write(out, &files)
}

/// Writes the files, and a list of their checksums.
fn write(out: &Path, files: &[(String, Vec<u8>)]) -> anyhow::Result<()> {
    let mut sums = String::new();
    for (name, content) in files {
        let path = out.join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("{} cannot be made", folder.display()))?;
        }
        std::fs::write(&path, content).with_context(|| format!("{} cannot be written", path.display()))?;
        let _ = writeln!(sums, "{:x}  {name}", Sha256::digest(content));
    }
    image::make_executable(out)?;
    std::fs::write(out.join(SUMS), sums).context("the checksums cannot be written")
}

/// Sizes, and what the Terraform module must be told.
fn print(out: &Path, arch: Arch) -> anyhow::Result<()> {
    let sums = text(&out.join(SUMS))?;
    for name in sums
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(_, name)| name)
    {
        let size = std::fs::metadata(out.join(name))
            .with_context(|| format!("{name} is not there"))?
            .len();
        println!("{:>8.2} MB  {name}", size as f64 / 1e6);
    }
    println!("package_dir  = {:?}", out.display().to_string());
    println!("architecture = {:?}", arch.name());
    Ok(())
}

/// The files that git knows, as they are now.
fn copy_of_sources(workspace: &Path, twin: &Path) -> anyhow::Result<()> {
    if twin.exists() {
        std::fs::remove_dir_all(twin).with_context(|| format!("{} cannot be emptied", twin.display()))?;
    }
    let names = build::said(
        Command::new("git")
            .args(["ls-files", "-z"])
            .current_dir(workspace),
    )?;
    for name in names
        .split_terminator('\0')
        .filter(|name| workspace.join(name).is_file())
    {
        let to = twin.join(name);
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("{} cannot be made", folder.display()))?;
        }
        std::fs::copy(workspace.join(name), &to).with_context(|| format!("{name} cannot be copied"))?;
    }
    Ok(())
}

/// Both folders hold the same.
fn same(one: &Path, other: &Path) -> anyhow::Result<()> {
    let (one, other) = (text(&one.join(SUMS))?, text(&other.join(SUMS))?);
    let differing: Vec<_> = one
        .lines()
        .zip(other.lines())
        .filter(|(one, other)| one != other)
        .filter_map(|(one, _)| one.split_once("  "))
        .map(|(_, name)| name)
        .collect();
    if one != other {
        bail!(
            "built again, these are not the same bytes: {}",
            differing.join(", ")
        );
    }
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}

fn text(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_filled_with_the_files_and_their_checksums_and_keeps_what_is_in_it() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mine = one.path().join("mine.txt");
        std::fs::write(&mine, "mine").unwrap();
        let files = |clone: &str| {
            [
                ("clone.zip".to_owned(), clone.as_bytes().to_vec()),
                ("image/mask-worker".to_owned(), b"worker".to_vec()),
            ]
        };
        write(one.path(), &files("abc")).unwrap();
        assert_eq!(std::fs::read_to_string(mine).unwrap(), "mine");
        let sums = text(&one.path().join(SUMS)).unwrap();
        assert_eq!(
            sums.lines().next().unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  clone.zip"
        );
        write(other.path(), &files("abc")).unwrap();
        same(one.path(), other.path()).unwrap();
        write(other.path(), &files("abd")).unwrap();
        let differs = same(one.path(), other.path()).unwrap_err().to_string();
        assert!(differs.ends_with(": clone.zip"), "{differs}");
    }

    #[test]
    fn the_sources_are_copied_and_nothing_that_was_built() {
        let folder = tempfile::tempdir().unwrap();
        copy_of_sources(&root().unwrap(), folder.path()).unwrap();
        assert!(
            folder.path().join("Cargo.lock").is_file() && folder.path().join("crates/xtask/src").is_dir()
        );
        assert!(!folder.path().join("target").exists());
    }
}

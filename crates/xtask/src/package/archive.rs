//! A function's package: a ZIP file with the program `bootstrap` in it, and nothing that says when or where it was made.

use std::io::{Cursor, Read, Write};
use std::path::Path;

use anyhow::Context;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// What the runtime `provided.al2023` starts.
const PROGRAM: &str = "bootstrap";

/// Packs a program.
pub fn pack(program: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    archive
        .start_file(PROGRAM, options)
        .context("a package cannot be begun")?;
    archive.write_all(program).context("a program cannot be packed")?;
    Ok(archive
        .finish()
        .context("a package cannot be finished")?
        .into_inner())
}

/// Writes a package's program to `program`, for this machine to run.
pub fn extract(package: &Path, program: &Path) -> anyhow::Result<()> {
    let file = std::fs::File::open(package).with_context(|| {
        format!(
            "{} is not there: `cargo xtask package` makes it",
            package.display()
        )
    })?;
    let mut archive =
        ZipArchive::new(file).with_context(|| format!("{} is no ZIP file", package.display()))?;
    let mut content = Vec::new();
    archive
        .by_name(PROGRAM)
        .with_context(|| format!("{} holds no {PROGRAM}", package.display()))?
        .read_to_end(&mut content)
        .with_context(|| format!("{} cannot be unpacked", package.display()))?;
    std::fs::write(program, content).with_context(|| format!("{} cannot be written", program.display()))?;
    super::image::executable(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lambda_finds_an_executable_bootstrap_of_no_time_in_it() {
        let packed = pack(b"program").unwrap();
        assert_eq!(packed, pack(b"program").unwrap());
        let mut archive = ZipArchive::new(Cursor::new(packed)).unwrap();
        assert_eq!(archive.len(), 1);
        let file = archive.by_index(0).unwrap();
        assert_eq!(file.name().unwrap(), "bootstrap");
        assert_eq!(file.unix_mode(), Some(0o100_755));
        assert_eq!(file.last_modified(), Some(DateTime::default()));
    }

    #[test]
    fn what_was_packed_comes_out_again() {
        let folder = tempfile::tempdir().unwrap();
        let (package, program) = (folder.path().join("clone.zip"), folder.path().join("bootstrap"));
        std::fs::write(&package, pack(b"program").unwrap()).unwrap();
        extract(&package, &program).unwrap();
        assert_eq!(std::fs::read(&program).unwrap(), b"program");
        let missing = extract(&folder.path().join("resize.zip"), &program).unwrap_err();
        assert!(missing.to_string().contains("cargo xtask package"), "{missing}");
    }
}

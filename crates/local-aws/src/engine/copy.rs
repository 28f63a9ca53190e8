//! Copying a data directory: by reflink where the file system can, several files at once.

use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Error, Result, RunAs, file_error};

/// More threads do not make a disk faster.
const THREADS: usize = 4;

/// Copies the folder `from` to `to`, which must not exist or be empty, and gives it to `owner`.
/// `skip` sees paths relative to `from`; a folder that is skipped is skipped whole. Files that vanish while
/// the copy runs are left out. Links are refused.
pub(super) fn tree(
    from: &Path,
    to: &Path,
    owner: Option<&RunAs>,
    skip: &(dyn Fn(&Path) -> bool + Sync),
) -> Result<()> {
    let mut files = Vec::new();
    folders(from, to, Path::new(""), owner, skip, &mut files)?;
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(THREADS);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                        file(&from.join(path), &to.join(path), owner)?;
                    }
                    Ok(())
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })
}

/// Makes the folders and lists the files.
fn folders(
    from: &Path,
    to: &Path,
    inner: &Path,
    owner: Option<&RunAs>,
    skip: &(dyn Fn(&Path) -> bool + Sync),
    files: &mut Vec<PathBuf>,
) -> Result<()> {
    let (source, target) = (from.join(inner), to.join(inner));
    std::fs::create_dir_all(&target).map_err(file_error("making", &target))?;
    settle(&target, 0o700, owner)?;
    let entries = match std::fs::read_dir(&source) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(file_error("reading", &source))?,
    };
    for entry in entries {
        let entry = entry.map_err(file_error("reading", &source))?;
        let path = inner.join(entry.file_name());
        let kind = entry
            .file_type()
            .map_err(file_error("looking at", &entry.path()))?;
        if skip(&path) {
            continue;
        }
        if kind.is_symlink() {
            return Err(Error::Tablespace(entry.path()));
        } else if kind.is_dir() {
            folders(from, to, &path, owner, skip, files)?;
        } else if kind.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

fn file(from: &Path, to: &Path, owner: Option<&RunAs>) -> Result<()> {
    match reflink_copy::reflink_or_copy(from, to) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        done => {
            done.map_err(file_error("copying", from))?;
            settle(to, 0o600, owner)
        }
    }
}

fn settle(path: &Path, mode: u32, owner: Option<&RunAs>) -> Result<()> {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
        .map_err(file_error("closing", path))?;
    owner.map_or(Ok(()), |user| user.own(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_what_is_not_skipped_and_refuses_links() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("from");
        std::fs::create_dir_all(from.join("base/1")).unwrap();
        std::fs::create_dir_all(from.join("pg_wal")).unwrap();
        std::fs::write(from.join("base/1/16384"), b"rows").unwrap();
        std::fs::write(from.join("pg_wal/0001"), b"log").unwrap();
        let to = folder.path().join("to");
        tree(&from, &to, None, &|path| path == Path::new("pg_wal")).unwrap();
        assert_eq!(std::fs::read(to.join("base/1/16384")).unwrap(), b"rows");
        assert!(!to.join("pg_wal").exists());

        std::os::unix::fs::symlink("/elsewhere", from.join("base/link")).unwrap();
        let refused = tree(&from, &folder.path().join("again"), None, &|_| false);
        assert!(matches!(refused, Err(Error::Tablespace(path)) if path.ends_with("base/link")));
    }
}

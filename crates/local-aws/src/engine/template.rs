//! Fresh data directories that several programs share, made once and copied for each cluster.

use std::fs::File;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::{Result, file_error};

/// Names a folder that programs which run at the same time, such as tests, share. Whoever sets it removes the folder
/// in the end.
const SHARED: &str = "LOCAL_AWS_TEMPLATES";

/// The shared folder.
#[derive(Debug)]
pub(super) struct Shared {
    folder: PathBuf,
    /// The administrator's password in all data directories that are copied from here.
    pub(super) password: String,
}

impl Shared {
    /// The folder that the environment names, if it names one.
    pub(super) fn open() -> Result<Option<Self>> {
        std::env::var_os(SHARED)
            .map(|folder| Self::at(folder.into()))
            .transpose()
    }

    fn at(folder: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&folder).map_err(file_error("making", &folder))?;
        // The servers' user passes through, and sees nothing.
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o711))
            .map_err(file_error("closing", &folder))?;
        let _lock = lock(&folder)?;
        let file = folder.join("password");
        let password = match std::fs::read_to_string(&file) {
            Ok(password) => password,
            Err(_) => {
                let password = super::secret();
                let mut options = File::options();
                let made = options
                    .write(true)
                    .create(true)
                    .truncate(true)
                    .mode(0o600)
                    .open(&file);
                let mut made = made.map_err(file_error("making", &file))?;
                std::io::Write::write_all(&mut made, password.as_bytes())
                    .map_err(file_error("writing", &file))?;
                password
            }
        };
        Ok(Self { folder, password })
    }

    /// The data directory of that name; made by `make` if nobody has made it yet.
    pub(super) fn template(&self, name: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
        let _lock = lock(&self.folder)?;
        let path = self.folder.join(name);
        if !path.exists() {
            // What was left half made is made again.
            let unfinished = self.folder.join(format!("{name}-unfinished"));
            if unfinished.exists() {
                std::fs::remove_dir_all(&unfinished).map_err(file_error("removing", &unfinished))?;
            }
            make(&unfinished)?;
            std::fs::rename(&unfinished, &path).map_err(file_error("naming", &unfinished))?;
        }
        Ok(path)
    }
}

/// Only one program at a time; the lock goes with the file.
fn lock(folder: &Path) -> Result<File> {
    let path = folder.join("lock");
    let file = File::create(&path).map_err(file_error("making", &path))?;
    file.lock().map_err(file_error("locking", &path))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_made_once_and_one_that_is_half_made_again() {
        let home = tempfile::tempdir().unwrap();
        let (one, other) = (
            Shared::at(home.path().into()).unwrap(),
            Shared::at(home.path().into()).unwrap(),
        );
        assert_eq!(one.password, other.password);
        std::fs::create_dir_all(home.path().join("postgres-15-unfinished/base")).unwrap();
        let make = |path: &Path| std::fs::create_dir(path).map_err(file_error("making", path));
        let path = one.template("postgres-15", make).unwrap();
        assert!(!path.join("base").exists());
        let again = other.template("postgres-15", |_| panic!("it is there")).unwrap();
        assert_eq!(path, again);
    }
}

//! Who runs the servers: ourselves, or, as root, an ordinary user of the system.

use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::{EngineKind, Error, Result, file_error};

/// The ordinary user that servers run as when this process is root.
#[derive(Clone, Debug)]
pub struct RunAs {
    name: String,
    uid: u32,
    gid: u32,
}

impl RunAs {
    /// Nobody special unless we are root; then the database's own user, else `nobody`.
    pub fn for_engine(kind: EngineKind) -> Result<Option<Self>> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let (names, wanted): (&[&str], _) = match kind {
            EngineKind::Postgres => (&["postgres", "nobody"], "postgres, nobody"),
            EngineKind::Mysql => (&["mysql", "nobody"], "mysql, nobody"),
        };
        let path = Path::new("/etc/passwd");
        let passwd = std::fs::read_to_string(path).map_err(file_error("reading", path))?;
        let find = |name: &&str| {
            passwd
                .lines()
                .find_map(|line| Self::parse(line).filter(|user| user.name == *name))
        };
        names
            .iter()
            .find_map(find)
            .map(Some)
            .ok_or(Error::NoOrdinaryUser(wanted))
    }

    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split(':');
        let name = fields.next()?.to_owned();
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        (uid != 0).then_some(Self { name, uid, gid })
    }

    /// Lets `command` run as this user.
    pub fn apply(&self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }

    /// Makes `path` this user's.
    pub fn own(&self, path: &Path) -> Result<()> {
        chown(path, Some(self.uid), Some(self.gid)).map_err(file_error("giving away", path))
    }

    /// Fails if a folder on the way to `path` is closed to this user.
    pub fn must_reach(&self, path: &Path) -> Result<()> {
        for folder in path.ancestors().filter(|folder| !folder.as_os_str().is_empty()) {
            let about = folder.metadata().map_err(file_error("looking at", folder))?;
            let bit = match () {
                () if about.uid() == self.uid => 0o100,
                () if about.gid() == self.gid => 0o010,
                () => 0o001,
            };
            if about.mode() & bit == 0 {
                return Err(Error::Unreachable {
                    user: self.name.clone(),
                    path: folder.to_owned(),
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_never_an_ordinary_user() {
        assert!(RunAs::parse("root:x:0:0:root:/root:/bin/sh").is_none());
        let user = RunAs::parse("postgres:x:101:104:PostgreSQL:/var/lib/postgresql:/bin/bash").unwrap();
        assert_eq!((user.name.as_str(), user.uid, user.gid), ("postgres", 101, 104));
    }
}

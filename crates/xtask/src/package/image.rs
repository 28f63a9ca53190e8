//! What the workers' images are made of: a folder for any builder of images that reads a Dockerfile.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, bail};

use super::{WORKERS, read, text};

/// Where the Dockerfile and AWS's authorities for RDS are.
const FOLDER: &str = "infra/image";

const AUTHORITIES: &str = "rds-authorities.pem";

/// The folder's files, named as below the folder of packages.
pub fn files(workspace: &Path, binaries: &Path, authorities: &str) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut files = vec![
        (
            "image/Dockerfile".to_owned(),
            read(&workspace.join(FOLDER).join("Dockerfile"))?,
        ),
        (format!("image/{AUTHORITIES}"), authorities.as_bytes().to_vec()),
    ];
    for worker in WORKERS {
        files.push((format!("image/{worker}"), read(&binaries.join(worker))?));
    }
    Ok(files)
}

/// A builder takes over how the files may be used.
pub fn make_executable(out: &Path) -> anyhow::Result<()> {
    let workers = WORKERS.map(|worker| out.join("image").join(worker));
    workers
        .iter()
        .filter(|worker| worker.exists())
        .try_for_each(|worker| executable(worker))
}

/// Lets everybody run a program.
pub fn executable(program: &Path) -> anyhow::Result<()> {
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755))
        .with_context(|| format!("{} cannot be made executable", program.display()))
}

/// AWS's authorities: those that were named, or the repository's own.
pub fn authorities(workspace: &Path, named: Option<&Path>) -> anyhow::Result<String> {
    let own = workspace.join(FOLDER).join(AUTHORITIES);
    let path = named.unwrap_or(&own);
    let pem = text(path)?;
    if !pem.contains("-----BEGIN CERTIFICATE-----") || pem.contains("PRIVATE KEY") {
        bail!("{} must hold certificates, and nothing secret", path.display());
    }
    Ok(pem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::root;

    #[test]
    fn the_images_trust_three_roots_of_each_region_or_those_that_were_named() {
        let own = authorities(&root().unwrap(), None).unwrap();
        assert_eq!(own.matches("-----BEGIN CERTIFICATE-----").count(), 27 * 3);
        let named = tempfile::NamedTempFile::new().unwrap();
        let (begin, rest) = own.split_at(own.find("-----END CERTIFICATE-----\n").unwrap());
        let one = format!("{begin}{}", &rest[.."-----END CERTIFICATE-----\n".len()]);
        std::fs::write(named.path(), &one).unwrap();
        assert_eq!(authorities(&root().unwrap(), Some(named.path())).unwrap(), one);
    }

    #[test]
    fn what_is_no_certificate_or_secret_does_not_get_into_an_image() {
        let named = tempfile::NamedTempFile::new().unwrap();
        for content in [
            "<html>403</html>",
            "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n",
        ] {
            std::fs::write(named.path(), content).unwrap();
            let refused = authorities(&root().unwrap(), Some(named.path())).unwrap_err();
            assert!(
                refused.to_string().contains("must hold certificates"),
                "{refused}"
            );
        }
    }

    #[test]
    fn an_image_is_made_of_its_program_a_dockerfile_and_the_authorities() {
        let binaries = tempfile::tempdir().unwrap();
        for worker in WORKERS {
            std::fs::write(binaries.path().join(worker), worker).unwrap();
        }
        let files = files(&root().unwrap(), binaries.path(), "authorities").unwrap();
        let dockerfile = String::from_utf8(files[0].1.clone()).unwrap();
        let copied = dockerfile
            .lines()
            .filter_map(|line| line.strip_prefix("COPY ")?.split(' ').next());
        for name in copied {
            assert!(
                files.iter().any(|(file, _)| file == &format!("image/{name}")),
                "no {name}"
            );
        }
        assert!(dockerfile.contains("USER 65532") && dockerfile.contains("ENTRYPOINT []"));
        assert!(dockerfile.contains("/etc/ssl/rds/global-bundle.pem"));
    }
}

//! TLS towards the database: nothing goes without it, and the certificate must come from the configured authorities.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::error::Error;

pub(crate) fn client_config(authorities: &Path) -> Result<ClientConfig, Error> {
    let unreadable = || Error::Authorities(authorities.display().to_string());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(authorities).map_err(|_| unreadable())? {
        let certificate = certificate.map_err(|_| unreadable())?;
        roots.add(certificate).map_err(|_| unreadable())?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(config
        .map_err(|_| unreadable())?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_authority_that_the_images_hold_can_be_read() {
        let authorities = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/image/rds-authorities.pem");
        client_config(&authorities).unwrap();
    }
}

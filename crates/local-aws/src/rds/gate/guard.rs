//! What all endpoints share: their certificate, how they know a token, and the count of what clients say.

use tokio_rustls::TlsAcceptor;

use super::Heard;
use crate::Time;
use crate::rds::certificate::{Certificate, CertificateError};
use crate::rds::token::Door;

/// What all endpoints share.
pub(in crate::rds) struct Guard {
    pub heard: Heard,
    pub tls: TlsAcceptor,
    authority: String,
    time: Time,
    region: String,
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard")
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

impl Guard {
    pub fn new(time: Time, region: &str) -> Result<Self, CertificateError> {
        let certificate = Certificate::make()?;
        Ok(Self {
            heard: Heard::default(),
            tls: certificate.acceptor()?,
            authority: certificate.authority,
            time,
            region: region.to_owned(),
        })
    }

    /// The certificate authority, in PEM.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Whether a token lets this user in at the endpoint with this port.
    pub fn lets_in(&self, user: &str, port: u16, token: &str) -> bool {
        let door = Door {
            region: &self.region,
            port,
            user,
        };
        door.opens_with(token, self.time.system_now())
    }
}

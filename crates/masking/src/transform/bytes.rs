//! `bytes`: random bytes of the same length.

use crate::key::Prf;
use crate::schema::Engine;

pub(super) fn mask(value: &[u8], prf: &Prf, engine: Engine) -> Vec<u8> {
    let mut stream = prf.stream(value);
    match (engine, value.strip_prefix(b"\\x")) {
        (Engine::Postgres, Some(hex)) => format!("\\x{}", stream.hex(hex.len())).into_bytes(),
        _ => {
            let mut masked = vec![0; value.len()];
            stream.fill(&mut masked);
            masked
        }
    }
}

/// No bytes, as the engine writes them.
pub(super) fn empty(engine: Engine) -> Vec<u8> {
    match engine {
        Engine::Postgres => b"\\x".to_vec(),
        Engine::Mysql => Vec::new(),
    }
}

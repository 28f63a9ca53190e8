//! `doppel local`: the whole of doppel on this machine.

pub mod shop;

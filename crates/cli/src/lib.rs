//! `doppel`: the command line, and a whole AWS on this machine.

pub mod local;

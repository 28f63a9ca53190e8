//! The World harness: a whole doppel on this machine, for the specs.

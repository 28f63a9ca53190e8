//! Lambda `release`: opens a verified clone to its owner, one step a call.
fn main() {}

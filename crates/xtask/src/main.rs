//! Chores: setup, test and measurements.
fn main() {}

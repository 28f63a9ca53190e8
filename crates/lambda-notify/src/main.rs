//! Lambda `notify`: a clone's Slack message follows its record.
fn main() {}

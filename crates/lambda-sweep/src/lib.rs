//! Lambda `sweep`: warns, deletes and confirms, and abandons what failed.

//! The specifications, end to end.

mod architecture;

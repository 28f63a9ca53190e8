//! The specifications, end to end: a world, a deed, what everybody sees.

mod architecture;
mod faults;
mod front_door;
mod hand_over;
mod lifetime;
mod masking;
mod refusals;

//! The ECS task that masks a clone: prepare, mask, verify.

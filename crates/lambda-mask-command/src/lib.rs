//! Lambda `mask-command`: emits the ECS tasks that mask a clone.

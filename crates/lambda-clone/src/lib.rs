//! Lambda `clone`: starts a copy-on-write clone and brings it to life, one step a call.

//! Lambda `resize`: brings a masked clone to the class that was asked for, one step a call.

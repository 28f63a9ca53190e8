//! The heart of doppel: ids, policy, requests, records, plans; pure.

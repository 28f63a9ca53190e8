//! The shell around the pure parts: settings, logs, clock, AWS clients, records, config folder, Lambda bootstrap.

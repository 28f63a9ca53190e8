//! The front door for Slack: slash commands, buttons and modals over signed HTTP.

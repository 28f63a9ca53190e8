//! An embedded Slack: the Web API, and a page with a channel, buttons and modals.

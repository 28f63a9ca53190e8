//! What doppel hears and says in Slack: the command grammar, every sentence and block, and the client.

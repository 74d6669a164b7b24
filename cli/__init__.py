"""The `tally` command: thin dispatch only."""

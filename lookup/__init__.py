"""Private lookup's cryptography: the verifiable oblivious PRF and the tables that its outputs open. No files, no network, no clock."""

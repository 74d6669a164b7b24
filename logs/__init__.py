"""The log of every process of ours: one JSON object per line on standard error, and nothing secret in it."""

"""A query over rows of several owners."""

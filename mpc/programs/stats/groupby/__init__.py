"""Counts, sums and means by group."""

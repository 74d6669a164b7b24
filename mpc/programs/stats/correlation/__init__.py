"""Correlations between columns."""

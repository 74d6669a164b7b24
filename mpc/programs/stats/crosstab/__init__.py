"""Contingency table of two columns."""

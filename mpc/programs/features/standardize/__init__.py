"""Standardise columns."""

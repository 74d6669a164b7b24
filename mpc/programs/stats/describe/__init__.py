"""Describe columns."""

"""Align tables by id."""

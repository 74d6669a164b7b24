"""Evaluate a regression."""

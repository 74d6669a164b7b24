"""Evaluate a binary classifier."""

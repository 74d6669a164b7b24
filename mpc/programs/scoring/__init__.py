"""Applying a model."""

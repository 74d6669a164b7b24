"""Evaluate a classifier of several classes."""

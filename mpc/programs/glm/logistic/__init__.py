"""Logistic regression over several owners' columns or rows."""

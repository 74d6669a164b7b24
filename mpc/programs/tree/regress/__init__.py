"""Gradient boosting of trees for a quantity."""

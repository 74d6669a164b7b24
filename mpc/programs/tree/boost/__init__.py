"""Gradient boosting of trees for two classes."""

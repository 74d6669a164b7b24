"""Poisson regression."""

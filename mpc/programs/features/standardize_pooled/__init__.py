"""Standardise columns over all owners' rows."""

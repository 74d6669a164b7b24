"""Prepare one owner's raw table."""

"""Test on one fold."""

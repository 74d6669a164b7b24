"""Measured side by side; prints figures; never run by the tests."""

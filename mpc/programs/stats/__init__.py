"""Joint statistics."""

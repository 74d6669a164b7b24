"""Population stability."""

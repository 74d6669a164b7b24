"""Finding groups of similar rows."""

"""Programs that prepare columns."""

"""Keep the best columns."""

"""Stack tables of the same columns."""

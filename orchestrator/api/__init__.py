"""HTTP edge: strict parsing, problem+json, read tokens."""

"""Weight of evidence and information value."""

"""k-means clusters."""

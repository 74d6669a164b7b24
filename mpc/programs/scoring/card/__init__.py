"""Make a scorecard."""

"""Points and reasons by a scorecard."""

"""The demo: three organisations train a model together."""

"""The coordinator: convenience between parties that trust the chain, not it. ``api → services → store · dispatch``."""

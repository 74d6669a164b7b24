"""Raw tables made fit for models."""

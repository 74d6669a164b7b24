"""What the coordinator decides; no HTTP, no SQL text, no broker."""

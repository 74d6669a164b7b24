"""Score records with a shared forest."""

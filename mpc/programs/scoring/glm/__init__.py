"""Score records with a shared linear model."""

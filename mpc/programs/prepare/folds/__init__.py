"""Put rows into folds of like labels."""

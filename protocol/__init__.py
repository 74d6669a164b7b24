"""What the sides must agree on byte for byte. Pure: no IO, no clock, no randomness; `now` is an argument."""

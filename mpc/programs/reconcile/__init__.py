"""Tables of several owners compared line by line."""

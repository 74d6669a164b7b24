"""Join tables by id on shares."""

"""How tables of several owners come together."""

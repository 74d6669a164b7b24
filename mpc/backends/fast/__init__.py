"""The fast backend: three parties, one honest majority, shares as planes of machine words."""

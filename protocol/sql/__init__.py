"""Queries: the text that a contract carries and its owners sign, what it means, and the table that its reader gets."""

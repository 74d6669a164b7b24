"""Logistic regression on shares: public facts, rows, links, solvers."""

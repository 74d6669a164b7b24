"""Counts of genotypes by case and control."""

"""Costs that must not grow with history: a coordinator's database with many ended tasks, and what it then costs."""

"""How far results are from those of independent packages on the same rows: ``docs/accuracy.md``."""

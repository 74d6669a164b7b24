"""Protocol stacks behind the one secure-array interface."""

"""The party node: its keys, data, evidence log and jobs. It trusts its own chain endpoint, keys and data, nothing else."""

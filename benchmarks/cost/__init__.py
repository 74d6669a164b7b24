"""How long the programs take, what they send and how much memory they need, against what their descriptors say."""

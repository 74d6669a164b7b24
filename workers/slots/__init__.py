"""Run slots: how many runs a node computes at once, and the rule by which nodes take them together."""

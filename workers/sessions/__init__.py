"""Sessions at a node: what its holder opened, counts, answers and states; what the chain says of those who ask."""

"""The regulator's web explorer: what the chain and the evidence say of each task, server-rendered and read-only."""

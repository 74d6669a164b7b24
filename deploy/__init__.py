"""What an operator runs before ``docker compose up``: generated secrets, broker definitions, chain configuration."""

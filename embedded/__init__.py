"""Chain, database and broker as child processes: the stack a newcomer needs no container for."""

"""Who else may see a memory: grants, rooms of agents, news."""

"""From a turn to memories: admit, reconcile, write exactly once."""

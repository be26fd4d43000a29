"""Fewer memories that say as much: merging, summing up, thinning, pruning."""

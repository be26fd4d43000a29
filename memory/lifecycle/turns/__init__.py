"""What was said: a turn as evidence, what an extractor makes of it, and what waits to be extracted."""

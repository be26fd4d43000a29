"""What may help with a message: found, weighed, and told as it stands."""

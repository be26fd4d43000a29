"""What a person or an undone turn changes, so that it can be changed back."""

"""What a text is made of: its sentences, its lexemes, and the times that it names. Pure."""

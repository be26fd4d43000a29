"""The agents of the team graph: a supervisor, who acts for the user, and specialists with a memory of their own."""

"""Finding memories again: by id, by turn, beside a statement, page by page; how they fade and are used."""

"""All that is kept of a person: counted, exported, erased."""

"""What cannot be read, or may not be believed."""


class SealedError(Exception):
    """A stored value that no key opens: moved, altered, not sealed at all, or its key is gone. One sentence."""

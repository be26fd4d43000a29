"""Lists of words, written as text."""


def listed(words: str) -> list[str]:
    """Words written in a row, as a list."""
    return words.split()

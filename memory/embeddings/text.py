"""What is sent to an embedding model: any text made valid, never empty and not too long."""

from typing import Final

# A byte-level tokenizer makes at most one token of a byte, and hosted models take some 8,191 tokens.
MAX_BYTES: Final = 8000
# Hosted models refuse an empty text; one fixed stand-in gives it a valid vector everywhere.
EMPTY: Final = "(no text)"


def clean_text(text: str) -> str:
    """The text as valid Unicode without NUL, cut at MAX_BYTES of UTF-8; EMPTY when nothing is left.

    Two halves of a surrogate pair become their character, a lone half becomes U+FFFD.
    """
    text = text[:MAX_BYTES]  # a character is at least a byte: 1 MB is not encoded to be thrown away
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = text.replace("\x00", " ").encode()[:MAX_BYTES].decode(errors="ignore")
    return text if text.strip() else EMPTY

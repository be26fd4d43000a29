"""Fields of the settings that know their reason and their legal values."""

from typing import Any
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr


def setting(default: Any, why: str, legal: str, *, env: str | None = None, **bounds: Any) -> Any:
    """A field that knows its reason and its legal values, for `.env.example` and for error sentences."""
    alias = AliasChoices(env) if env else None
    return Field(
        default, description=why, json_schema_extra={"legal": legal}, validation_alias=alias, **bounds
    )


def whole(default: int, why: str, low: int, high: int) -> Any:
    return setting(default, why, f"a whole number from {low:,} to {high:,}", ge=low, le=high)


def seconds(default: float, why: str, low: float, high: float) -> Any:
    return setting(default, why, f"a number of seconds from {low:g} to {high:g}", ge=low, le=high)


def address(value: SecretStr, words: tuple[str, ...], schemes: tuple[str, ...]) -> SecretStr:
    """One of these words, or an address of one of these schemes. Raises ValueError."""
    text = value.get_secret_value()
    scheme, mark, rest = text.partition("://")
    if text in words or (scheme in schemes and mark and rest):
        return value
    raise ValueError("not an address")


def web_address(value: str) -> str:
    """An http:// or https:// address. Raises ValueError."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError("not a web address")
    return value


def sendable_key(value: SecretStr) -> SecretStr:
    """A key as it may stand in an HTTP header. Raises ValueError."""
    # A key file's closing newline would make the HTTP client refuse the header, and print it.
    key = value.get_secret_value().strip()
    if not key or not all("!" <= character <= "~" for character in key):
        raise ValueError("not a key")
    return SecretStr(key)

"""What must not leave the machine in a trace or a message: e-mail addresses, phone and card numbers, keys."""

import re
from collections.abc import Mapping
from typing import Any

from config.memos import memo

EMAIL, PHONE, CARD, SECRET = "[email]", "[phone]", "[card]", "[secret]"

_MAX_DEPTH = 60
_LONGEST = 50_000
_OVERLAP = 1_000
_CACHED_LENGTH = 4_000

# A name is secret wherever it stands: as a mapping's key, or before "=" in a text.
_SECRET_NAME = re.compile(
    r"""(?ix) api[_-]?key | secret | passw(or)?d | passwd | passphrase | (^|[_-])pwd$ | authorization
    | credential | (private|access|signing)[_-]?key | cookie | bearer | (^|[a-z_-])token$ """
)

_KEYS = re.compile(
    r"""(?x)
    -----BEGIN\ [A-Z\ ]{0,40}PRIVATE\ KEY(?:\ BLOCK)?-----
        [\s\S]*?(?:-----END\ [A-Z\ ]{0,40}KEY(?:\ BLOCK)?-----|\Z)
    | (?<![A-Za-z0-9]) (?:
        sk-[\w-]{12,} | (?:sk|rk|pk)_(?:live|test)_\w{8,} | lsv2_(?:pt|sk)_\w{8,} | ls__\w{8,}
      | gh[pousr]_\w{16,} | github_pat_\w{16,} | glpat-[\w-]{16,} | npm_\w{20,} | pypi-[\w-]{20,} | hf_\w{16,}
      | xox[abeprs]-[\w-]{8,} | xapp-[\w-]{8,} | AIza[\w-]{30,} | ya29\.[\w-]{8,} | SG\.[\w-]{16,}\.[\w-]{16,}
      | (?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16} )
    """
)
# JSON web tokens. That a dot and more follow is asked once a word, not once for each of the beginnings in it.
_TOKENS = re.compile(r"(?<![\w-])(?=[\w-]++\.[\w-]{6})([\w-]*?\b)eyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)?")
_SCHEME = re.compile(r"(?i)\b(bearer|basic)(\s+)(?=[^\s]*[\d_.~+/=-])[\w.~+/=-]{8,}")
_IN_ADDRESS = re.compile(r"(://[^\s:/@]{0,200}:)[^\s@]{1,200}(@)")
_ASSIGNED = re.compile(
    r"""(?ix) (
      (?: (?:api|access|private)[_-]?key | passw(?:or)?d | passwd | passphrase | secret | token | \bpwd )
      \\?["']?\s{0,3} (?: = \s{0,3}\\?["']? | :\s{0,3}\\?["']? (?=[^\s"']*\d) ) )
    ( [^\s"'&,;\\]{4,} )"""
)
_PASSWORD = re.compile(
    r"(?i)\b((?:password|passphrase|pwd)[\"']?(?:\s{0,3}[:=]\s{0,3}|\s+is:?\s+(?=\S*[^\sa-z.,!?]\S))[\"']?)[^\s\"'&,;]{4,}"
)
_PIN = re.compile(
    r"(?i)\b((?:pin|cvv|cvc)(?:[ -](?:code|number))?(?:\s{0,3}[:=]\s{0,3}|\s+(?:is|was):?\s+))\d{3,8}(?![\w-])"
)
_EMAIL = re.compile(r"[\w.+%'-]{1,64}(?:@|%40|＠)[\w-]{1,63}(?:\.[\w-]{1,63})+")

# Ids are kept: a run of digits within one is no card.
_ID_OR_CARD = r"""
    (?P<keep> \b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b
            | \b(?=[0-9a-f]*[a-f])[0-9a-f]{16,}\b )
    | (?P<card> (?<!\d)(?<!\d[.,]) (?: \d(?:[\ \u00a0–-]?\d){12,} | \d{4}(?:\.\d{4}){3} ) (?!\d) )
"""
_CARDS = re.compile(rf"(?ix) {_ID_OR_CARD}")
_NUMBERS = re.compile(
    rf"""(?ix) {_ID_OR_CARD}
    | (?P<phone> (?<![\w+]) (?:\+|\b00(?=[1-9])) \ ? [1-9] (?:[\ \u00a0().\-/–]{{0,2}}\d){{6,14}} (?!\d)
            | (?<![\w.-]) (?:1[\ .-])? (?:\([2-9]\d\d\)\ ?|[2-9]\d\d[\ .-]) \d{{3}}[\ .-]\d{{4}} (?![\w-])
            | (?<![\w.-]) \(?0\d{{2,4}}\)?[\ /-]\d{{3,8}}(?:[\ -]?\d{{2,5}}){{0,2}} (?![\w-]|[.:,]\d) )
    | (?P<named> \b(?:phone|telephone|tel|mobile|cell|whatsapp|fax|sms|call(?:\ me)?|text\ me)
            [^\d\n+]{{1,24}} ) \d(?:[\ ().\-/]{{0,2}}\d){{6,14}} (?!\d)
    """
)
_PHONE_IN_RUN = re.compile(r"(?<!\d)(?:(?:1[ -])?[2-9]\d\d[ -]\d{3}[ -]\d{4}|00[1-9](?:[ -]?\d){7,13})(?!\d)")
_DIGIT = re.compile(r"\d")


def is_secret_name(name: str) -> bool:
    """Whether a value under this name is a credential, whatever it looks like."""
    return _SECRET_NAME.search(name) is not None


def redact_text(text: str) -> str:
    """The same text with addresses, numbers and keys replaced; anything else is left as it is."""
    return _redact_short(text) if len(text) <= _CACHED_LENGTH else _redact(text)


def mask_secrets(text: str) -> str:
    """Passwords, keys and card numbers replaced; e-mail addresses and phone numbers are left as they are."""
    text = _mask_keys(text)
    return _CARDS.sub(_card, text) if _DIGIT.search(text) else text


def redact(value: Any, _depth: int = 0) -> Any:
    """A redacted copy as plain JSON types; texts beyond 50,000 characters are cut, and say so."""
    if _depth > _MAX_DEPTH:
        return "[left out: nested too deeply]"
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return CARD if is_card(str(value)) else value
    if isinstance(value, Mapping):
        return {_bounded(str(key)): _under(str(key), item, _depth) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(item, _depth + 1) for item in value]
    return _bounded(value if isinstance(value, str) else str(value))


def is_card(digits: str) -> bool:
    """13 to 19 digits of a card network's range with a right Luhn check digit."""
    if not (13 <= len(digits) <= 19 and digits.isascii() and digits.isdigit() and digits[0] in "23456"):
        return False
    doubled = (int(digit) * 2 for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(number - 9 * (number > 9) for number in doubled)) % 10 == 0


def _under(name: str, value: Any, depth: int) -> Any:
    if is_secret_name(name) and value is not None and not isinstance(value, bool):
        return SECRET
    return redact(value, depth + 1)


def _bounded(text: str) -> str:
    if len(text) <= _CACHED_LENGTH:
        return _redact_short(text)
    if len(text) <= _LONGEST:
        return _redact_long(text)
    # The end of the window goes: a key that the cut went through would not be recognised.
    window = _redact_long(text[: _LONGEST + _OVERLAP])[:-_OVERLAP]
    return f"{window}… [{len(text) - _LONGEST:,} more characters]"


@memo(1024)
def _redact_short(text: str) -> str:
    return _redact(text)


@memo(64)
def _redact_long(text: str) -> str:
    return _redact(text)


def _redact(text: str) -> str:
    text = _mask_keys(text)
    if "@" in text or "%40" in text or "＠" in text:
        text = _EMAIL.sub(EMAIL, text)
    return _NUMBERS.sub(_number, text) if _DIGIT.search(text) else text


def _mask_keys(text: str) -> str:
    text = _KEYS.sub(SECRET, _TOKENS.sub(rf"\1{SECRET}", text))
    text = _IN_ADDRESS.sub(rf"\1{SECRET}\2", text)
    text = _SCHEME.sub(rf"\1\2{SECRET}", text)
    text = _PASSWORD.sub(rf"\1{SECRET}", text)
    text = _PIN.sub(rf"\1{SECRET}", text)
    return _ASSIGNED.sub(rf"\1{SECRET}", text)


def _card(found: re.Match[str]) -> str:
    return _without_cards(found["card"]) if found["card"] else found[0]


def _number(found: re.Match[str]) -> str:
    if found["card"]:
        return _PHONE_IN_RUN.sub(PHONE, _without_cards(found["card"]))
    if found["named"]:
        return found["named"] + PHONE
    return PHONE if found["phone"] else found[0]


def _without_cards(run: str) -> str:
    """A card may stand between other groups of digits: every window of whole groups is tried."""
    groups = re.split(r"([^0-9])", run)
    digits, gaps = groups[::2], [*groups[1::2], ""]
    kept: list[str] = []
    start = 0
    while start < len(digits):
        end = _card_end(digits, start)
        kept.append((CARD if end else digits[start]) + gaps[(end or start + 1) - 1])
        start = end or start + 1
    return "".join(kept)


def _card_end(digits: list[str], start: int) -> int:
    """One past the last group of a card that begins with this group; 0 if none does."""
    joined = ""
    for end in range(start, len(digits)):
        joined += digits[end]
        if len(joined) > 19:
            return 0
        if is_card(joined):
            return end + 1
    return 0

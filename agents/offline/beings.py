"""Who is meant by a name alone, as in "Zorba died": the person or animal of the user's that bears it. Pure."""

import re
from collections.abc import Iterable, Mapping

from agents.offline.rules import KIN, PETS
from memory.lifecycle.language.parts import parts, singular

_NAME = r"(?P<name>[A-Z\u00c0-\u00de][\w-]*)"
_KIND = rf"(?P<kind>(?i:{KIN}|{PETS}))"
_KNOWN = (
    re.compile(rf"^The user's (?:\w+ )?{_KIND}(?: is called| is named|'s name is)? {_NAME}\b"),
    re.compile(rf"^The user has (?:an?|one) (?:[\w-]+ )?{_KIND} (?:called|named) {_NAME}\b"),
)
_BY_NAME = re.compile(rf"^(?:(?i:and|but|so|sadly|unfortunately),? )?{_NAME}(?P<is>'s)? (?P<rest>[a-z].*)$")
_ONE_OF = re.compile(
    rf"\b(?i:one of my) (?:\w+ )?(?P<kinds>(?i:{KIN}|{PETS})),? (?:called |named )?{_NAME},? (?P<rest>[a-z])"
)


def known_beings(statements: Iterable[str]) -> dict[str, str]:
    """What kind each name in these statements of the user is; not those that two kinds bear."""
    kinds: dict[str, set[str]] = {}
    for statement in statements:
        for part in parts(statement):
            for pattern in _KNOWN:
                if found := pattern.match(part):
                    kinds.setdefault(found["name"], set()).add(found["kind"].casefold())
    return {name: next(iter(found)) for name, found in kinds.items() if len(found) == 1}


def with_being(body: str, known: Mapping[str, str]) -> str:
    """The sentence with "my cat Zorba" for "Zorba", or for "one of my two cats, Zorba,"; else as it stands."""
    body = _ONE_OF.sub(lambda found: f"my {singular(found['kinds'])} {found['name']} {found['rest']}", body)
    found = _BY_NAME.match(body)
    kind = known.get(found["name"]) if found else None
    if found is None or kind is None:
        return body
    return f"my {kind} {found['name']}{' is' if found['is'] else ''} {found['rest']}"

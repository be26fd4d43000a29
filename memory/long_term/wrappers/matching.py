"""A search's filter, held against a value in Python as memory.long_term.statements.filters has Postgres do it. Pure."""

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from memory.long_term.wrappers.canonical import canonical

_MISSING: Final = object()
_LISTS: Final = ("$in", "$nin")
_ORDER: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}


def matcher(wanted: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], bool]:
    """Whether all parts of a filter hold, which memory.long_term.statements.filters.conditions has found well-formed.

    Lists are spelled here, once for all the values that it is asked of.
    """
    parts = {key: _spelled(each) for key, each in wanted.items()}
    return lambda value: all(_holds(_at(value, key), each) for key, each in parts.items())


def _spelled(wanted: Any) -> Any:
    if not isinstance(wanted, Mapping) or not any(str(name).startswith("$") for name in wanted):
        return wanted
    return {
        name: frozenset(map(canonical, each)) if name in _LISTS else each for name, each in wanted.items()
    }


def _at(value: Mapping[str, Any], key: str) -> Any:
    """What is under a key of the value or, where it has none of that name, under a dotted path."""
    if key in value:
        return value[key]
    parts = key.split(".")
    return _step(value, parts) if len(parts) > 1 and all(parts) else _MISSING


def _step(found: Any, parts: list[str]) -> Any:
    for part in parts:
        if isinstance(found, Mapping):
            found = found.get(part, _MISSING)
        elif (
            isinstance(found, list) and part.lstrip("-").isdecimal() and -len(found) <= int(part) < len(found)
        ):
            found = found[int(part)]
        else:
            return _MISSING
    return found


def _holds(found: Any, wanted: Any) -> bool:
    if not isinstance(wanted, Mapping):
        return _equal(found, wanted)
    if not any(str(name).startswith("$") for name in wanted):
        return _contains(found, wanted)
    return all(_operator(found, str(name), each) for name, each in wanted.items())


def _operator(found: Any, name: str, wanted: Any) -> bool:
    if name in _ORDER:
        alike = (isinstance(found, str) and isinstance(wanted, str)) or (
            _is_number(found) and _is_number(wanted)
        )
        return alike and _ORDER[name](found, wanted)
    if name == "$exists":
        return (found is not _MISSING) is wanted
    if name in _LISTS:
        return (canonical(None if found is _MISSING else found) in wanted) == (name == "$in")
    return _equal(found, wanted) == (name == "$eq")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _equal(found: Any, wanted: Any) -> bool:
    """A missing key is as good as null."""
    return canonical(None if found is _MISSING else found) == canonical(wanted)


def _contains(found: Any, wanted: Any) -> bool:
    """As jsonb's @> for objects: they may have more, and lists may be in another order."""
    if found is _MISSING:
        return False
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(
            name in found and _contains(found[name], each) for name, each in wanted.items()
        )
    if isinstance(wanted, list | tuple):
        return isinstance(found, list) and all(
            any(_contains(have, each) for have in found) for each in wanted
        )
    return not isinstance(found, Mapping | list) and canonical(found) == canonical(wanted)

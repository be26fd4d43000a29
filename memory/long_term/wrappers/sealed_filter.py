"""A search's filter in two parts: what tokens can answer in the database, and what needs the opened value. Pure."""

import json
from collections.abc import Collection, Mapping
from typing import Any, Final

from memory.long_term.wrappers.owner_key import OwnerKey

Filter = dict[str, Any]
_EQUALITIES: Final = ("$eq", "$ne")
_CHOICES: Final = ("$in", "$nin")


def split(
    wanted: Mapping[str, Any], key: OwnerKey | None, fields: Collection[str] | None
) -> tuple[Filter, Filter]:
    """(filter over tokens, the rest). Without a key all is the rest; `fields` have tokens, by default all.

    The filter is one that memory.long_term.statements.filters.conditions has found well-formed.
    """
    tokens: Filter = {}
    rest: Filter = {}
    for name, each in wanted.items():
        if key is None or "." in name or (fields is not None and name not in fields):
            rest[name] = each
            continue
        known, other = _of_field(key, name, each)
        if known is not _NOTHING:
            tokens[key.field(name)] = known
        if other is not _NOTHING:
            rest[name] = other
    return tokens, rest


_NOTHING: Final = object()


def _of_field(key: OwnerKey, name: str, wanted: Any) -> tuple[Any, Any]:
    if not isinstance(wanted, Mapping):
        return _token(key, name, wanted), _NOTHING
    if not any(str(operator).startswith("$") for operator in wanted):
        return _NOTHING, wanted
    known: Filter = {}
    rest: Filter = {}
    for operator, each in wanted.items():
        if operator in _EQUALITIES:
            known[operator] = _token(key, name, each)
        elif operator in _CHOICES:
            known[operator] = [_token(key, name, choice) for choice in each]
        else:
            (known if operator == "$exists" else rest)[operator] = each
    return known or _NOTHING, rest or _NOTHING


def _token(key: OwnerKey, name: str, value: Any) -> str | None:
    # As JSON has it: a tuple is a list, and every key of an object is text.
    return key.value(name, json.loads(json.dumps(value)))

"""JSON values spelled so that equal ones are spelled alike, as jsonb compares them. Pure."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def canonical(value: Any) -> str:
    """9, 9.0 and 9e0 are one number; true is none. Raises TypeError on what is not JSON."""
    if value is None or isinstance(value, bool | str):
        return json.dumps(value)
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(name)}:{canonical(value[name])}" for name in sorted(value)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(canonical(each) for each in value) + "]"
    raise TypeError(f"A {type(value).__name__} is no JSON value.")


def _number(value: float) -> str:
    # Not Decimal.normalize, which rounds to 28 digits.
    sign, digits, exponent = Decimal(repr(value) if isinstance(value, float) else value).as_tuple()
    if not isinstance(exponent, int):
        raise TypeError("A number that JSON cannot hold, such as NaN.")
    text = "".join(map(str, digits)).lstrip("0")
    short = text.rstrip("0")
    return f"{'-' * sign}{short}e{exponent + len(text) - len(short)}" if short else "0"

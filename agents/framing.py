"""Memories and session state as data inside a prompt: one escaped block that nothing inside can close."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_core import to_jsonable_python

from config.invisible import spelled_out

_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def as_json(value: Any) -> str:
    """One line of JSON without <, > or &: no text inside can end a block or open a role, nor say anything unseen.

    What JSON does not know, such as a date or a model of pydantic's in a field of the state, is given as pydantic does.
    """
    return spelled_out(json.dumps(value, ensure_ascii=False, default=_plain).translate(_ESCAPES))


def _plain(value: Any) -> Any:
    return to_jsonable_python(value, fallback=str)


def block(tag: str, rows: Iterable[Any]) -> str:
    """<tag>, one JSON value a line, </tag>."""
    return "\n".join([f"<{tag}>", *(as_json(row) for row in rows), f"</{tag}>"])


def procedure_row(procedure: Mapping[str, Any]) -> dict[str, Any]:
    """What the model sees of a procedure."""
    return {name: procedure[name] for name in ("text", "since") if name in procedure}


def memory_row(recalled: Mapping[str, Any]) -> dict[str, Any]:
    """What the model sees of a recalled memory."""
    shown = ("id", "kind", "text", "said_at", "source", "status")
    # A day of telling is no day of moving: what has no date of its own claims none.
    dated = recalled.get("valid_from") not in (None, recalled.get("said_at"), recalled.get("valid_to"))
    past = {"valid_from": recalled["valid_from"]} if dated else {}
    if recalled.get("valid_to"):
        past |= {"ended_before" if recalled.get("as_told") else "valid_to": recalled["valid_to"]}
    past |= {"no_longer": recalled["no_longer"]} if recalled.get("no_longer") else {}
    learner = {"learned_by": recalled["agent"]} if recalled.get("agent") else {}
    return {name: recalled[name] for name in shown if name in recalled} | past | learner

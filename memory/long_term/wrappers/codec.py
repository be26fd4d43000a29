"""How a read's result is kept: as JSON, so that what comes out is a copy and nothing is ever run."""

import json
from datetime import datetime
from typing import Any, Protocol

from langgraph.store.base import Item, Result, SearchItem


class Codec(Protocol):
    def encode(self, result: Result) -> bytes | None:
        """None for what would not come back as it was."""

    def decode(self, data: bytes) -> Result:
        """A new result each time. Raises ValueError on bytes that are none of ours."""

    def lives_s(self, result: Result) -> float | None:
        """Seconds until the first of the result's items expires, as of its reading; None when unknown."""


FIELDS = ("namespace", "key", "value", "created_at", "updated_at")


class PlainItems:
    """Items and found items of JSON values, by default LangGraph's own.

    Of a subclass the names of its further attributes are given, all of them JSON, too: one of any other class
    holds more than this knows, so it is not kept.
    """

    def __init__(
        self,
        item: type[Item] = Item,
        found: type[SearchItem] = SearchItem,
        *,
        item_more: tuple[str, ...] = (),
        found_more: tuple[str, ...] = (),
    ) -> None:
        self._item = (item, (*FIELDS, *item_more))
        self._found = (found, (*FIELDS, "score", *found_more))

    def encode(self, result: Result) -> bytes | None:
        listed = isinstance(result, list)
        kind, names = self._found if listed else self._item
        items: Any = result if isinstance(result, list) else [] if result is None else [result]
        if any(type(item) is not kind for item in items):
            return None
        rows = [_row(item, names) for item in items]
        tree = rows if listed else rows[0] if rows else None
        try:
            text = json.dumps(tree, allow_nan=False)
            exact = json.loads(text) == tree
        except (TypeError, ValueError, RecursionError):
            return None
        return text.encode() if exact else None

    def decode(self, data: bytes) -> Result:
        try:
            tree = json.loads(data)
            if isinstance(tree, list):
                return [_made(row, *self._found) for row in tree]
            return None if tree is None else _made(tree, *self._item)
        except (TypeError, KeyError, RecursionError) as error:
            raise ValueError("These bytes are no cached result.") from error

    def lives_s(self, result: Result) -> float | None:  # noqa: ARG002 - plain items do not tell
        return None


def _row(item: Item, names: tuple[str, ...]) -> dict[str, Any]:
    row = {name: getattr(item, name) for name in names}
    times = {name: row[name].isoformat() for name in ("created_at", "updated_at")}
    return {**row, "namespace": list(item.namespace), **times}


def _made(row: dict[str, Any], kind: Any, names: tuple[str, ...]) -> Any:
    # Past its constructor, which may want something else, such as a row of the database.
    item = kind.__new__(kind)
    for name in names:
        setattr(item, name, row[name])
    item.namespace = tuple(row["namespace"])
    item.created_at = datetime.fromisoformat(row["created_at"])
    item.updated_at = datetime.fromisoformat(row["updated_at"])
    return item

"""How results of our own store are kept: with versions and receipts, and never beyond an item's lifetime."""

from langgraph.store.base import Result

from memory.long_term.statements.reads import Hit, VersionedItem
from memory.long_term.wrappers.codec import PlainItems


class OurItems(PlainItems):
    """Of VersionedItem and Hit."""

    def __init__(self) -> None:
        more = ("version", "left_s")
        super().__init__(VersionedItem, Hit, item_more=more, found_more=(*more, "receipt"))

    def lives_s(self, result: Result) -> float | None:
        items = result if isinstance(result, list) else [result]
        left = [
            item.left_s for item in items if isinstance(item, VersionedItem | Hit) and item.left_s is not None
        ]
        return min(left, default=None)

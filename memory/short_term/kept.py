"""Which checkpoints of a thread stay: policy alone."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.errors import UserError


@dataclass(frozen=True)
class Kept:
    """What stays of a namespace; the newest checkpoint always does. Both limits hold where both are given.

    Attributes:
        last: the newest so many.
        since: those made at this moment or later.
    """

    last: int | None = None
    since: datetime | None = None

    def __post_init__(self) -> None:
        if self.last is not None and self.last < 1:
            raise UserError(f"keep_last is {self.last}; give 1 or more, or the strategy 'delete'.")
        if self.since is not None and self.since.tzinfo is None:
            raise UserError("older_than has no time zone: give one, such as datetime.now(UTC).")

    def stays(self, place: int, made: datetime | None) -> bool:
        """Whether the checkpoint at this place, 0 for the newest, made then, stays."""
        recent = self.since is None or made is None or made >= self.since
        return place == 0 or (recent and (self.last is None or place < self.last))


def kept_ids(rows: Sequence[Mapping[str, Any]], kept: Kept) -> dict[str, list[str]]:
    """The ids that stay, by namespace; a namespace without any goes as a whole.

    A subgraph call's namespace has its task's id after a ":" and goes with the root checkpoint that it started from,
    once that one is saved; a subgraph with a memory of its own outlives its calls.

    Args:
        rows: newest first, each with `ns`, `id`, `root`, `made` and `sends_from`: the namespace, the id, the root
            graph's checkpoint that a subgraph's call started from, when it was made, and what it also reads.
        kept: the policy.
    """
    by_namespace: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        by_namespace[row["ns"]].append(row)
    saved_roots = {row["id"] for row in by_namespace.get("", ())}
    found: dict[str, list[str]] = {}
    for ns in sorted(by_namespace):  # the root graph's "" first
        newest = by_namespace[ns][0]
        if ":" in ns and newest["root"] in saved_roots and newest["root"] not in found[""]:
            found[ns] = []
            continue
        staying = [row for place, row in enumerate(by_namespace[ns]) if kept.stays(place, row["made"])]
        # A checkpoint from before version 4 reads what was sent to it from its parent.
        found[ns] = [*{each: None for row in staying for each in (row["id"], row["sends_from"]) if each}]
    return found


def policy(strategy: str, keep_last: int | None, older_than: datetime | None) -> Kept | None:
    """What `aprune` was asked for; None for threads that go as wholes. Raises ValueError on an unknown strategy."""
    limited = keep_last is not None or older_than is not None
    if strategy == "delete" and not limited:
        return None
    if strategy != "keep_latest":
        raise ValueError(f"Unknown prune strategy: {strategy!r}" + (" with a limit" if limited else ""))
    return Kept(keep_last, older_than) if limited else Kept(last=1)

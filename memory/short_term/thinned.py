"""What taking single checkpoints from within a history means for what stays; no connection."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Link:
    """A checkpoint of a root graph's as a link of its history: its parent, "" for none, and what wrote it."""

    thread_id: str
    checkpoint_id: str
    parent: str
    source: str


def relinked(parents: Mapping[str, str], gone: Collection[str]) -> dict[str, str]:
    """Of those that stay and went on from one that goes: the nearest before it that stays, "" for none.

    `parents` are those of all checkpoints of a namespace, by id.
    """
    found: dict[str, str] = {}
    for checkpoint_id, parent in parents.items():
        if checkpoint_id in gone or parent not in gone:
            continue
        seen = {checkpoint_id}
        while parent in gone and parent not in seen:
            seen.add(parent)
            parent = parents.get(parent, "")  # noqa: PLW2901
        found[checkpoint_id] = "" if parent in gone else parent
    return found


def ended_calls(roots: Iterable[tuple[str, str]], gone: Collection[str]) -> list[str]:
    """The namespaces of subgraphs' calls that began from a root's checkpoint which goes.

    `roots` are namespaces and the root's checkpoint from which the newest of each began. A call's namespace has its
    task behind a colon; a subgraph with a memory of its own has none and outlives its calls.
    """
    return [namespace for namespace, root in roots if ":" in namespace and root in gone]

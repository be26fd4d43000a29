"""A long list in blocks, so that a version of it costs what is new in it.

The list is cut at fixed places into blocks of 16, what is left of it into blocks of 4, and the rest into single
items. A block is named by the hash of its bytes as the serde wrote them: the same bytes are kept once a thread. A
serde that writes the same thing differently each time, as encryption does, is served as well and saves nothing.
"""

from collections import OrderedDict
from collections.abc import Collection, Sequence
from hashlib import blake2b
from typing import Any

SIZES = (16, 4, 1)
DIGEST = 16
MARK = b"\x00"
"""What the list of a value's blocks begins with; no name of a serde's type does."""
FIELD = b"b\x1f"
THREADS_KNOWN = 4_096


def cut(value: Any) -> list[list[Any]] | None:
    """The blocks of a list; None for what is better left whole."""
    if type(value) is not list or len(value) <= SIZES[1] or not _is_heavy(value[0]):
        return None
    blocks: list[list[Any]] = []
    at = 0
    for size in SIZES:
        while len(value) - at >= size:
            blocks.append(value[at : at + size])
            at += size
    return blocks


def _is_heavy(item: Any) -> bool:
    return not (item is None or isinstance(item, int | float | str))


def digest(block: bytes) -> bytes:
    return blake2b(block, digest_size=DIGEST).digest()


def named(blocks: Sequence[bytes]) -> tuple[bytes, dict[bytes, bytes]]:
    """What stands for the list, and its blocks by field."""
    digests = [digest(block) for block in blocks]
    fields = {FIELD + digest: block for digest, block in zip(digests, blocks, strict=True)}
    return MARK + b"".join(digests), fields


def names_in(value: bytes) -> list[bytes]:
    """The fields of a value's blocks; none for one that is kept whole."""
    if not value.startswith(MARK):
        return []
    return [FIELD + value[at : at + DIGEST] for at in range(len(MARK), len(value), DIGEST)]


class Known:
    """Blocks that were lately seen in a thread, and need not be sent to it again unless Redis misses them."""

    def __init__(self) -> None:
        self._threads: OrderedDict[tuple[str, str], frozenset[bytes]] = OrderedDict()

    def of(self, thread_id: str, namespace: str) -> frozenset[bytes]:
        return self._threads.get((thread_id, namespace), frozenset())

    def saw(self, thread_id: str, namespace: str, fields: Collection[bytes]) -> None:
        """All blocks of one checkpoint."""
        self._threads[thread_id, namespace] = frozenset(fields)
        self._threads.move_to_end((thread_id, namespace))
        if len(self._threads) > THREADS_KNOWN:
            self._threads.popitem(last=False)

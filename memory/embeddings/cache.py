"""The vectors of the last texts: a text that a turn embeds twice costs once."""

import hashlib
import threading
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]


class VectorCache:
    """Least recently used goes first. Keeps digests, not texts, and is safe between threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._vectors: OrderedDict[bytes, Vector] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, kind: str, text: str) -> Vector | None:
        key = _key(kind, text)
        with self._lock:
            vector = self._vectors.get(key)
            if vector is not None:
                self._vectors.move_to_end(key)
            return vector

    def put(self, kind: str, text: str, vector: Vector) -> None:
        key = _key(kind, text)
        with self._lock:
            self._vectors[key] = vector
            self._vectors.move_to_end(key)
            while len(self._vectors) > self._size:
                self._vectors.popitem(last=False)

    def clear(self) -> int:
        """Forget everything; returns how many vectors there were."""
        with self._lock:
            count = len(self._vectors)
            self._vectors.clear()
            return count


def _key(kind: str, text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16, person=kind.encode()).digest()

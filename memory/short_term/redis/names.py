"""What our keys in a plain Redis are called, and in which slot of a cluster they lie.

A thread is one hash, so that Redis expires, evicts and flushes it as a whole or not at all. Its fields:

    h <ns>                      the id of the newest checkpoint
    l                           the id of the newest checkpoint of the root that a run wrote
    c <id> <ns>                 a checkpoint: what Redis may read of it, then its metadata and itself by the serde
    v <version> <ns> <channel>  a channel's value, once a version however many checkpoints show it
    b <hash>                    a part of a long list, once however many values hold it
    w <id> <ns>                 the writes that wait at a checkpoint

Readable beside the serde's ciphertext: ids of threads, checkpoints, tasks and runs, namespaces, names of channels,
their versions, and whether a run or somebody else wrote a checkpoint.
"""

from functools import lru_cache
from urllib.parse import quote, unquote

from redis.crc import key_slot

PREFIX = "mnemograph"
SEPARATOR = "\x1f"


class Names:
    """The keys under one prefix. All keys of one thread have one hash tag, and so one slot."""

    def __init__(self, prefix: str = PREFIX) -> None:
        self._prefix = prefix
        self.threads = f"{prefix}:threads"

    def thread(self, thread_id: str) -> str:
        return f"{self._prefix}:{{thread:{_safe(thread_id)}}}"

    @property
    def any_thread(self) -> str:
        """A pattern that every thread's key fits."""
        return f"{self._prefix}:{{thread:*}}"

    def thread_id(self, key: bytes) -> str:
        """Of a thread's key."""
        return unquote(key.decode().removeprefix(f"{self._prefix}:{{thread:").removesuffix("}"))

    def grave(self, thread_id: str) -> str:
        """What is left of a deleted thread: the id of its newest checkpoint, for a day."""
        return f"{self.thread(thread_id)}:deleted"

    def run(self, run_id: str) -> str:
        """In which threads a run wrote."""
        return f"{self._prefix}:{{run:{_safe(run_id)}}}"


@lru_cache(maxsize=4_096)
def _safe(name: str) -> str:
    # A brace would end the hash tag early.
    return quote(name, safe=" :/@!$&'()*+,;=#?[]|^~`\"<>")


def slot(key: str) -> int:
    return key_slot(key.encode())


def checkpoint_field(checkpoint_id: str, namespace: str) -> str:
    return SEPARATOR.join(("c", checkpoint_id, namespace))


def writes_field(checkpoint_id: str, namespace: str) -> str:
    return SEPARATOR.join(("w", checkpoint_id, namespace))


def value_field(version: str, namespace: str, channel: str) -> str:
    return SEPARATOR.join(("v", version, namespace, channel))


def newest_field(namespace: str) -> str:
    return SEPARATOR.join(("h", namespace))


def placed(field: str) -> tuple[str, str]:
    """Namespace and id of a checkpoint's field."""
    _, checkpoint_id, namespace = field.split(SEPARATOR, 2)
    return namespace, checkpoint_id


def score(checkpoint_id: str) -> int:
    """The time in a version 6 UUID, in units of 0.4 ms, for the index; 0 for other ids."""
    digits = checkpoint_id.replace("-", "")[:12]
    try:
        return int(digits, 16) if len(digits) == 12 else 0
    except ValueError:
        return 0

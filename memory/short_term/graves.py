"""Which threads of this process were deleted within the last day; no database."""

from time import monotonic

from memory.short_term.conflict import GRAVE_LIVES_S, ThreadDeletedError


class Graves:
    """Of each deleted thread the newest checkpoint that it had: what goes on from there, or from before, is late."""

    def __init__(self) -> None:
        self._newest: dict[str, tuple[str, float]] = {}

    def dig(self, thread_id: str, checkpoint_id: str) -> None:
        """The oldest ones go when their time is over."""
        now = monotonic()
        before, _ = self._newest.pop(thread_id, ("", now))
        self._newest[thread_id] = max(before, checkpoint_id), now
        for old, (_, dug_at) in list(self._newest.items()):
            if now - dug_at < GRAVE_LIVES_S:
                return
            del self._newest[old]

    def refuse(self, thread_id: str, *checkpoint_ids: str | None) -> None:
        """Raises ThreadDeletedError when one of the named checkpoints, of which "" and None are none, is late."""
        newest, _ = self._newest.get(thread_id, ("", 0.0))
        if any(each and each <= newest for each in checkpoint_ids):
            raise ThreadDeletedError(thread_id)

    def knows(self, thread_id: str) -> bool:
        _, dug_at = self._newest.get(thread_id, ("", None))
        return dug_at is not None and monotonic() - dug_at < GRAVE_LIVES_S

    def exhume(self, thread_id: str) -> None:
        """A thread that was deleted may have checkpoints from before."""
        self._newest.pop(thread_id, None)

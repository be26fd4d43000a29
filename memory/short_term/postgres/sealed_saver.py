"""The Postgres checkpointer with sealed conversations, and whether a database agrees with the keys that are given."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final, LiteralString

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import DeltaChannelHistory

from config.errors import UserError
from memory.postgres.pool import Pool
from memory.postgres.retry import once_more
from memory.short_term.postgres.graves import EXHUME
from memory.short_term.postgres.reseal import copy_sealed
from memory.short_term.postgres.saver import PostgresSaver
from memory.short_term.sealed.envelope import Place
from memory.short_term.sealed.sealed_state import KEY_ID, METADATA, SEALED, SealedState
from memory.short_term.sealed.sealing import SealingFinds
from memory.short_term.sealed.state_serde import CarryingSerde
from memory.short_term.thread_ids import checked_id

SAMPLE: Final = 1_000
"""Checkpoints that are looked at when a saver is opened: where nothing was ever sealed, the first is in clear."""

# One checkpoint of each key, "" for none: what is not sealed has no key.
_SAMPLES: LiteralString = """
    SELECT DISTINCT ON (key_id) key_id, thread_id, checkpoint_ns, metadata FROM (
        SELECT COALESCE(metadata ->> %(key_id)s, '') AS key_id, thread_id, checkpoint_ns, metadata
        FROM checkpoints LIMIT %(sample)s
    ) sample ORDER BY key_id
"""


class SealedPostgresSaver(SealingFinds, PostgresSaver):
    """PostgresSaver where LangGraph's tables hold no word of a conversation."""

    values_apart: ClassVar[bool] = True

    def __init__(self, pool: Pool, state: SealedState, **more: Any) -> None:
        super().__init__(pool, serde=CarryingSerde(), **more)
        self.state = state

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        """As of one moment; what the target holds already stays as it is."""
        source, target = checked_id(source_thread_id), checked_id(target_thread_id)
        await self._rows(EXHUME, {"target": target})
        async with self._deadline():
            await once_more(lambda: copy_sealed(self.pool, self.state, source, target))

    async def aget_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        found = await super().aget_delta_channel_history(config=config, channels=channels)
        return self._history_unsealed(config, found)


async def require_agreement(pool: Pool, state: SealedState | None, place: str) -> None:
    """Raises UserError where the keys and what the tables hold do not fit: before anything is written."""
    async with pool.connection() as conn:
        asked = {"key_id": KEY_ID, "sample": SAMPLE}
        rows = await (await conn.execute(_SAMPLES, asked)).fetchall()
    sealed = [row for row in rows if row["key_id"]]
    if state is None:
        if sealed:
            raise UserError(
                f"The conversations in the Postgres at {place} are sealed, but MNEMOGRAPH_ENCRYPTION_KEYS is empty: "
                f"set it to the keys that they are sealed under ({', '.join(repr(row['key_id']) for row in sealed)})."
            )
        return
    if len(sealed) < len(rows) and not state.serde.read_clear:
        raise UserError(
            f"The Postgres at {place} holds conversations in clear, but MNEMOGRAPH_ENCRYPTION_KEYS is set: stop what "
            "uses it and run `mnemograph encrypt`, which seals them; or set MNEMOGRAPH_READ_CLEAR_STATE=true, and run "
            "`mnemograph rotate-keys` beside it; or empty the setting."
        )
    for row in sealed:
        if SEALED in row["metadata"]:
            state.opened_metadata(Place(METADATA, row["thread_id"], row["checkpoint_ns"]), row["metadata"])

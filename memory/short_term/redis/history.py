"""What the writes along a thread's checkpoints tell of a channel that is not kept whole at each."""

from collections.abc import Mapping, Sequence
from typing import Any

from langgraph.checkpoint.base import DeltaChannelHistory, PendingWrite
from langgraph.checkpoint.serde.base import SerializerProtocol

from memory.short_term.redis.names import value_field
from memory.short_term.redis.records import Record, read_writes
from memory.short_term.redis.threads import Threads

PAGE = 200


async def history(
    threads: Threads, serde: SerializerProtocol, where: tuple[str, str, str], channels: Sequence[str]
) -> Mapping[str, DeltaChannelHistory]:
    """Of each channel the writes since it was last kept whole, oldest first, and what was kept; many a round trip.

    `where` is thread, namespace and checkpoint id ("" for the newest), which is itself left out.
    """
    thread_id, namespace, checkpoint_id = where
    newest_first: dict[str, list[PendingWrite]] = {channel: [] for channel in channels}
    seeds: dict[str, Any] = {}
    while wanted := set(channels) - set(seeds):
        page = await threads.chain(thread_id, namespace, checkpoint_id, PAGE, sorted(wanted))
        for checkpoint_id, record, writes in page:  # noqa: B007 - the next page goes on from the last one
            left = dict.fromkeys(set(channels) - set(seeds))
            for _, write in reversed(read_writes(serde, writes, left)):
                newest_first[write[1]].append(write)
            seeds |= await _kept(threads, serde, (thread_id, namespace), record, left)
        if len(page) < PAGE - 1:
            break
    return {channel: _entry(newest_first[channel], channel, seeds) for channel in channels}


def _entry(newest_first: list[PendingWrite], channel: str, seeds: Mapping[str, Any]) -> DeltaChannelHistory:
    entry: DeltaChannelHistory = {"writes": newest_first[::-1]}
    if channel in seeds:
        entry["seed"] = seeds[channel]
    return entry


async def _kept(
    threads: Threads,
    serde: SerializerProtocol,
    where: tuple[str, str],
    record: Record,
    channels: Mapping[str, Any],
) -> dict[str, Any]:
    """What a checkpoint shows of these channels, in itself or beside it."""
    inline = record.checkpoint(serde)["channel_values"]
    found = {channel: inline[channel] for channel in channels if channel in inline}
    versions = dict(zip(record.head.values[::2], record.head.values[1::2], strict=True))
    beside = [channel for channel in channels if channel in versions]
    fields = [value_field(versions[channel], where[1], channel) for channel in beside]
    return found | dict(zip(beside, await threads.values(serde, where[0], fields), strict=True))

"""Find what may help with a message: one embedding, one search, one user's memories alone."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Final, cast

from langgraph.store.base import BaseStore, SearchItem, SearchOp
from pydantic import ValidationError

from config.redaction import mask_secrets
from memory.lifecycle.language.anchors import anchor_in, question_of, span_of
from memory.lifecycle.language.echoes import asks_of_oneself, echoes, knows_nothing, only_asks
from memory.lifecycle.learning.withdrawn import as_it_stands, is_over
from memory.lifecycle.reading.decay import Use, multipliers
from memory.lifecycle.reading.neighbours import knows_strategies
from memory.lifecycle.reading.uses import uses_of
from memory.lifecycle.recalling.earlier import asks_past, with_earlier
from memory.lifecycle.recalling.recalled import (
    Hit,
    Recalled,
    has_the_words,
    in_place_of,
    is_near,
    is_timely,
    nearness,
    recalled,
    with_fading,
)
from memory.lifecycle.recalling.rerank import Reranking, reranked
from memory.lifecycle.sharing.sharing import SharedStore
from memory.long_term.language.lexemes import lexemes
from memory.long_term.language.times import Span
from memory.long_term.ranking.question import MAX_QUERY_CHARS, in_third_person
from memory.long_term.ranking.recipes import HYBRID
from memory.long_term.statements.operations import options
from memory.namespaces import memory_namespace, owner_namespace
from memory.schema import Kind, Memory, Status

MAX_SEEN: Final = 50
EVENTS: Final = 5
"""Memories that are looked at for the event by which a question gives its time."""
WIDENED: Final = (1, 8, 64)
"""How many times as many memories are looked at, as long as most of them are the same question."""
AS_GOOD: Final = 0.8
"""How near a fact must be, beside the words that it was learned from, to stand for them."""


async def recall(
    store: BaseStore,
    user_id: str,
    query: str,
    *,
    limit: int,
    seen: Collection[str] = (),
    now: datetime | None = None,
    timeout_s: float | None = None,
    reranking: Reranking | None = None,
) -> list[Recalled]:
    """At most `limit` of the user's active memories, best first, none of which says what another says.

    To a question about the past they come with what held before them, and to others words that held once come last.
    Words that never held are left out.
    `seen` are ids of messages that the model has before it anyway: their episodes are left out. `now` is the time of
    asking. `timeout_s` bounds the search; `reranking` brings its own bound. Raises whatever the store or the embedding
    model raises, and TimeoutError.
    """
    text = mask_secrets(query[:MAX_QUERY_CHARS])  # a remote model must see no secret
    most = max(2 * limit, reranking.most if reranking else 0)
    async with asyncio.timeout(timeout_s):
        # Side by side: the read is done while the query is embedded.
        hits, uses = await asyncio.gather(
            _found(store, user_id, text, limit=limit, most=most, seen=seen, now=now),
            uses_of(store, user_id, _agent(store)) if knows_strategies(store) else _none(),
        )
    asked = set(lexemes(text))
    hits = faded(hits, now or datetime.now(UTC), uses)
    hits = [hit for hit in hits if _is_worth_it(hit, seen) and not _tells_nothing(hit[0], asked)]
    kept = _distinct(_without_echoes(hits))
    # The user's own questions are near to the next one, and none of them is its answer.
    kept.sort(key=lambda hit: asks_of_oneself(hit[0], asked))
    if reranking is not None:
        kept = await reranked(reranking, text, kept)
    if asks_past(text):
        kept = await with_earlier(store, user_id, kept[:limit])
    else:
        kept.sort(key=lambda hit: (asks_of_oneself(hit[0], asked), is_over(hit[0])))
    return [recalled(hit, rank) for rank, hit in enumerate(kept[:limit], start=1)]


def _agent(store: BaseStore) -> str:
    """Who sees it, where that is not the user's own agent."""
    return store.reader.agent if isinstance(store, SharedStore) else ""


async def _none() -> dict[str, Use]:
    return {}


async def _found(
    store: BaseStore,
    user_id: str,
    text: str,
    *,
    limit: int,
    most: int,
    seen: Collection[str],
    now: datetime | None,
) -> list[Hit]:
    if not knows_strategies(store):
        return await _nearest(store, user_id, text, limit, seen)
    spans = await _given_by_an_event(store, user_id, text, now)
    return await _past_questions(store, user_id, text, most + min(len(seen), MAX_SEEN), now=now, spans=spans)


async def _past_questions(
    store: BaseStore, user_id: str, text: str, limit: int, *, now: datetime | None, spans: Sequence[Span]
) -> list[Hit]:
    """Enough of what is not the same question asked before, or "I don't know": they crowd out its answer."""
    asked = set(lexemes(text))
    hits: list[Hit] = []
    for widened in WIDENED:
        hits = await _ranked(store, user_id, text, widened * limit, now=now, spans=spans)
        idle = sum(_tells_nothing(hit[0], asked) or asks_of_oneself(hit[0], asked) for hit in hits)
        if len(hits) < widened * limit or len(hits) - idle >= limit // 2:
            break
    return hits


async def _given_by_an_event(store: BaseStore, user_id: str, text: str, now: datetime | None) -> list[Span]:
    """The time of "before we moved": the event's own memory knows it. A date in the question is time enough."""
    anchor = anchor_in(text, now or datetime.now(UTC))
    if anchor is None:
        return []
    told = await _ranked(store, user_id, question_of(anchor), EVENTS, now=now)
    span = span_of(text, anchor, [(hit[0], nearness(hit)) for hit in told])
    return [] if span is None else [span]


async def _ranked(
    store: BaseStore,
    user_id: str,
    text: str,
    limit: int,
    *,
    now: datetime | None,
    spans: Sequence[Span] = (),
) -> list[Hit]:
    """What is no longer active is not indexed, so that the search needs no filter."""
    asked = options(HYBRID.name, now, spans)
    op = SearchOp(owner_namespace(user_id), query=text, filter=asked, limit=limit, refresh_ttl=False)
    [found] = cast(list[list[SearchItem]], await store.abatch([op]))
    return _read(found)


async def _nearest(store: BaseStore, user_id: str, text: str, limit: int, seen: Collection[str]) -> list[Hit]:
    """From a store that knows no strategies: by meaning alone, each kind for itself."""
    shared = isinstance(store, SharedStore)
    ops = [
        SearchOp(
            owner_namespace(user_id) if shared else memory_namespace(user_id, kind),
            query=in_third_person(text),
            filter={"status": Status.ACTIVE.value, **({"kind": kind.value} if shared else {})},
            limit=limit if kind is Kind.SEMANTIC else limit + min(len(seen), MAX_SEEN),
            refresh_ttl=False,
        )
        for kind in (Kind.SEMANTIC, Kind.EPISODIC)
    ]
    found = cast(list[list[SearchItem]], await store.abatch(ops))
    # In turn, rank by rank: short facts score above long episodes, and would crowd them out.
    ranked = [(rank, -hit[1], hit[0].id, hit) for items in found for rank, hit in enumerate(_read(items))]
    return [row[3] for row in sorted(ranked, key=lambda row: row[:3])]


def _read(items: list[SearchItem]) -> list[Hit]:
    hits: list[Hit] = []
    for item in items:
        try:
            memory = as_it_stands(Memory.from_value(item.value))
        except ValidationError:
            continue  # not one of ours: another program may keep its own values beside them
        if memory is None:
            continue
        hits.append((memory, float(item.score or 0.0), getattr(item, "receipt", None) or {}))
    return hits


def faded(hits: list[Hit], now: datetime, uses: Mapping[str, Use]) -> list[Hit]:
    """What is fresh, used or important before what has faded, as far as the search found them nearly alike.

    A store without strategies gives kinds in turn, whose scores do not compare: its order stays.
    """
    if not any(hit[2] for hit in hits):
        return hits
    weights = multipliers([hit[0] for hit in hits], now, uses)
    least = min(hit[1] for hit in hits)
    weighed = [
        with_fading(hit, least + (hit[1] - least) * weight, weight, uses.get(hit[0].id))
        for hit, weight in zip(hits, weights, strict=True)
    ]
    return sorted(weighed, key=lambda hit: -hit[1])


def _tells_nothing(memory: Memory, asked: AbstractSet[str]) -> bool:
    return only_asks(memory, asked) or knows_nothing(memory)


def _is_worth_it(hit: Hit, seen: Collection[str]) -> bool:
    memory = hit[0]
    if memory.kind is Kind.EPISODIC and set(memory.provenance.message_ids) & set(seen):
        return False
    return is_near(hit) or has_the_words(hit) or is_timely(hit)


def _without_echoes(hits: list[Hit]) -> list[Hit]:
    of_id = {hit[0].id: hit for hit in hits}
    repeated = echoes([hit[0] for hit in hits])
    kept = [in_place_of(hit, of_id[repeated.get(hit[0].id, hit[0].id)]) for hit in hits]
    first: dict[str, Hit] = {}
    for hit in kept:
        first.setdefault(hit[0].id, hit)
    return list(first.values())


def _distinct(hits: list[Hit]) -> list[Hit]:
    """Each message once: by what was noted of it when that answers as well, in its best place, else by itself."""
    of_message: dict[tuple[str, str], list[Hit]] = {}
    for hit in hits:
        of_message.setdefault(_message(hit), []).append(hit)
    kept: list[Hit] = []
    placed: set[tuple[str, str]] = set()
    for hit in hits:
        message = _message(hit)
        some = _best_of(of_message[message])
        if message not in placed:
            kept.append(in_place_of(hit, some[0]))
        elif hit in some[1:]:
            kept.append(hit)
        placed.add(message)
    return kept


def _best_of(hits: list[Hit]) -> list[Hit]:
    """Of one message's hits, its words or the facts in them."""
    facts = [hit for hit in hits if hit[0].kind is not Kind.EPISODIC]
    words = [hit for hit in hits if hit[0].kind is Kind.EPISODIC]
    if not facts or not words:
        return hits
    return facts if max(map(nearness, facts)) >= AS_GOOD * nearness(words[0]) else words


def _message(hit: Hit) -> tuple[str, str]:
    came = hit[0].provenance
    return came.thread_id, came.message_ids[0] if came.message_ids else hit[0].id

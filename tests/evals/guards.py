"""`python -m tests.evals.guards [PART …]`: takes a part of the product away, and shows which contracts then fail.

A contract that holds without the part that it is about guards nothing.
"""

import argparse
import asyncio
import importlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from rich.table import Table

from agents.offline.telling import lines_of
from memory.schema import Source
from tests.evals.case import Case, load
from tests.evals.player import Played
from tests.evals.report import console, table_of
from tests.evals.running import chosen, own_world, play_all
from tests.evals.world import World

Stand = Callable[[Any], Any]
"""From a part to what stands in its place."""


@dataclass(frozen=True)
class Guard:
    """A part, what is put in the place of which functions, and the cases that are played without it."""

    part: str
    removed: dict[str, Stand]
    cases: tuple[str, ...]


def nothing(value: Any) -> Stand:
    """A function that gives always this."""
    return lambda _: lambda *args, **kwargs: value


def nothing_later(value: Any) -> Stand:
    async def stand(*args: Any, **kwargs: Any) -> Any:
        return value

    return lambda _: stand


def itself(_: Any) -> Any:
    """A function that gives back its first argument."""
    return lambda first, *args, **kwargs: first


def after(change: Callable[[Any], Any]) -> Stand:
    """The function, with something done to what it gives."""
    return lambda part: lambda *args, **kwargs: change(part(*args, **kwargs))


def with_arguments(**given: Any) -> Stand:
    """The function, with other arguments than it is called with."""
    return lambda part: lambda *args, **kwargs: part(*args, **{**kwargs, **given})


def believing(role: str) -> Stand:
    """Whatever a message of this role says counts as the user's own words."""
    return lambda part: lambda fact, said: Source.USER if said.role == role else part(fact, said)


def never(relation: str) -> Stand:
    """What two statements are to each other, but never this."""
    return after(lambda found: "new" if found == relation else found)


def changing_nothing(part: Any) -> Any:
    return lambda result, memory, touched: part(result, memory, [])


def always_positive(part: Any) -> Any:
    return lambda text: replace(part(text), holds=True)


def saying_nothing(_: Any) -> Any:
    return lambda given, said_at: said_at


def at_once(part: Any) -> Any:
    return lambda known, proposed, mode, now: part(known, proposed, "auto", now)


def spelled_out(_: Any) -> Any:
    return lambda value: json.dumps(value, ensure_ascii=False)


ADMISSION = "memory.lifecycle.learning.admission"
BUILD = "memory.lifecycle.learning.build"
RECONCILE = "memory.lifecycle.learning.reconcile"
RELATIONS = "memory.lifecycle.language.relations"
USERS = ("agents.nodes.recall", "agents.nodes.remember", "agents.sharing")
POISON = ("poison-tool", "poison-document")
CHANGES = ("update", "retraction", "opposite", "number")

GUARDS = (
    Guard("text of tools is no evidence", {f"{ADMISSION}:_source": believing("tool")}, ("poison-tool",)),
    Guard(
        "what was recalled or made up is no evidence",
        {f"{ADMISSION}:_source": believing("assistant")},
        ("feedback", "contradiction:the-agent", "poison-tool:the-agent"),
    ),
    Guard("pasted text is no evidence", {f"{ADMISSION}:is_own": nothing(True)}, ("poison-document",)),
    Guard(
        "the quote stands in the message",
        {f"{ADMISSION}:is_verbatim": nothing(True), f"{ADMISSION}:is_own": nothing(True)},
        ("poison-tool:a-pages-words", "feedback:recalled-words"),
    ),
    Guard("orders of others are left out", {f"{BUILD}:planted": nothing([])}, POISON),
    Guard("small talk is refused", {f"{ADMISSION}:_problem": nothing("")}, ("small-talk", "abstention")),
    Guard(
        "secrets are masked",
        {f"{BUILD}:mask_secrets": itself, f"{ADMISSION}:mask_secrets": itself},
        ("secret",),
    ),
    Guard("the outdated is superseded", {f"{RECONCILE}:_replace": changing_nothing}, CHANGES),
    Guard(
        "what stands beside it is kept",
        {f"{RECONCILE}:rests": nothing([]), "agents.tools.memory:rests": nothing([])},
        ("update:the-cat", "update:a-new-employer", "retraction:the-dog"),
    ),
    Guard(
        "wrong is not outdated", {f"{RECONCILE}:says_wrong": nothing(False)}, ("retraction", "contradiction")
    ),
    Guard("a fact holds since when it says", {f"{BUILD}:_since": saying_nothing}, ("temporal",)),
    Guard(
        "duplicates are one",
        {f"{RECONCILE}:_related": never("same")},
        ("duplicate", "opposite:same-polarity"),
    ),
    Guard("opposites are seen", {f"{RECONCILE}:read": always_positive}, ("opposite",)),
    Guard(
        "other names and numbers are another thing",
        {f"{RELATIONS}:_same_figures": nothing(True), f"{RELATIONS}:agree": nothing(True)},
        ("name", "number", "update:sisters"),
    ),
    Guard(
        "a model's word is checked",
        {f"{RECONCILE}:bears_out": nothing(True)},
        ("contradiction", "duplicate", "name"),
    ),
    Guard(
        "what is wrong is not told from the words that said it",
        {"memory.lifecycle.recalling.recall:as_it_stands": itself},
        ("retraction:retracted-words", "retraction:corrected-words"),
    ),
    Guard(
        "what held before answers what was before",
        {"memory.lifecycle.recalling.recall:asks_past": nothing(False)},
        ("temporal:where-was", "temporal:before-and"),
    ),
    Guard(
        "what no longer holds is told of the conversation itself",
        {"agents.nodes.recall:unsaid": nothing_later([])},
        ("retraction:taken-back", "retraction:corrected-in", "forget:asked-again"),
    ),
    Guard("undo takes memories back", {"graphs.undo:take_back": nothing_later(0)}, ("undo",)),
    Guard("redo brings memories back", {"graphs.undo:bring_back": nothing_later(0)}, ("undo",)),
    Guard(
        "memories are their owner's",
        {f"{module}:current_user": nothing("everybody") for module in USERS},
        ("leak",),
    ),
    Guard(
        "erasing empties the store",
        {"memory.lifecycle.leaving.erase:erase_from": nothing_later(None)},
        ("erase",),
    ),
    Guard(
        "forgetting finds the echoes",
        {"memory.lifecycle.changing.change:_echoes": nothing_later([])},
        ("forget",),
    ),
    Guard(
        "procedures wait for approval",
        {"memory.lifecycle.learning.procedures:settle": at_once},
        ("procedure",),
    ),
    Guard("recall keeps to its limit", {"agents.nodes.recall:search": with_arguments(limit=50)}, ("budget",)),
    Guard(
        "memories are framed as data", {"agents.framing:as_json": spelled_out}, ("poison-document:a-memory",)
    ),
    Guard(
        "an answer bears the question out",
        {"agents.offline.answers:answering": lambda _: lambda asked, memory: lines_of(memory)},
        ("abstention",),
    ),
    Guard("a message sent again is one turn", {"graphs.chat:is_answered": nothing(False)}, ("resend",)),
)


@contextmanager
def without(guard: Guard) -> Iterator[None]:
    """The product without this part. Raises AttributeError where a function that is named is no longer there."""
    with pytest.MonkeyPatch.context() as patch:
        for place, stand in guard.removed.items():
            module, _, name = place.partition(":")
            owner: Any = importlib.import_module(module)
            *path, last = name.split(".")
            for step in path:
                owner = getattr(owner, step)
            patch.setattr(owner, last, stand(getattr(owner, last)))
        yield


async def failing(world: World, guard: Guard, cases: Sequence[Case]) -> list[Played]:
    """The cases of the guard that fail without its part."""
    with without(guard):
        return [played for played in await play_all(world, chosen(cases, guard.cases)) if not played.passed]


async def _run(guards: Sequence[Guard], cases: Sequence[Case], tell: Callable[[str], None]) -> Table:
    table = table_of("without this part", "cases", "failed")
    table.add_column("which", overflow="fold")
    async with own_world() as world:
        named = [case for case in cases if any(case in chosen(cases, guard.cases) for guard in guards)]
        whole = {each.case.id for each in await play_all(world, named) if each.passed}
        for guard in guards:
            played = [case for case in chosen(cases, guard.cases) if case.id in whole]
            fallen = [each.case.id for each in await failing(world, guard, played)]
            tell(f"{guard.part}: {len(fallen)} of {len(played)}")
            table.add_row(guard.part, str(len(played)), str(len(fallen)), ", ".join(fallen))
    return table


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.evals.guards", description=__doc__)
    parser.add_argument("parts", nargs="*", help="only parts with one of these words")
    given = parser.parse_args()
    guards = [guard for guard in GUARDS if not given.parts or any(word in guard.part for word in given.parts)]
    table = asyncio.run(_run(guards, load(), lambda line: print(line, file=sys.stderr, flush=True)))
    console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())

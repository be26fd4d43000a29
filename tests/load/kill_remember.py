"""kill -9 at each step of remembering, then a restart: every turn and every memory must be there exactly once.

By hand: `python -m tests.load.kill_remember --times 100 [--seed 7]`, on an embedded Postgres of its own. The kills go
round all steps of a turn, before and after each, with remember=inline and remember=background; after each the next
process recovers, and the client sends its turn again. Exit status 1 when anything is lost or doubled.
"""

import argparse
import collections
import json
import os
import random
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from config.settings import settings
from graphs.chat import open_chat
from tests.faults.crash_runner import AT_ONCE, TEXT, crash, fork, repair, status_of
from tests.services.postgres import Client, new_data_folder, processes, until

MODES = ("inline", "background")
HOURS = 36_000.0
FACTS = ["semantic: The user lives in Porto.", "semantic: The user's name is Ana."]


@dataclass(frozen=True)
class Kill:
    """At which step of a turn; `number` is the user, whose only turn it is."""

    number: int
    mode: str
    at: int
    after: bool


@dataclass
class Outcome:
    """Where was killed, and what was wrong afterwards."""

    kills: collections.Counter[str] = field(default_factory=collections.Counter)
    ended: int = 0
    faults: list[str] = field(default_factory=list)

    def report(self) -> str:
        lines = [f"kills: {self.kills.total()} (turns that ended before their step: {self.ended})"]
        lines += [f"  {count:>3}  {where}" for where, count in sorted(self.kills.items())]
        return "\n".join([*lines, f"lost or doubled: {len(self.faults)}", *self.faults])


async def _turn(kill: Kill, notes: Path) -> None:
    os.environ["MNEMOGRAPH_REMEMBER"] = kill.mode
    steps = await crash(kill.number, kill.at, after=kill.after, tell=(notes / str(kill.number)).write_text)
    (notes / f"{kill.number}.steps").write_text(json.dumps(steps))


async def _restarted(kills: Sequence[Kill], notes: Path) -> None:
    os.environ["MNEMOGRAPH_REMEMBER"] = kills[0].mode
    async with open_chat(settings()) as chat:
        for kill in kills:
            found = await repair(chat, kill.number, "send again and recover")
            (notes / f"{kill.number}.found").write_text(json.dumps(found))


def _run(kills: Sequence[Kill], notes: Path) -> None:
    """Several turns of one mode beside each other, then one process that comes after them all."""
    children = [fork(partial(_turn, kill, notes)) for kill in kills]
    statuses = [status_of(pid) for pid in children]
    if not set(statuses) <= {0, -9}:
        raise SystemExit(f"a turn failed instead of being killed: {statuses}")
    if status := status_of(fork(partial(_restarted, kills, notes))):
        raise SystemExit(f"the process after a kill failed: {status}")


def _look(kill: Kill, notes: Path, outcome: Outcome) -> None:
    killed = notes / str(kill.number)
    outcome.ended += not killed.exists()
    if killed.exists():
        outcome.kills[f"{kill.mode}, step {kill.at:>2}, {killed.read_text()}"] += 1
    found = json.loads((notes / f"{kill.number}.found").read_text())
    outcome.faults += [f"{kill}: {fault}" for fault in faults_in(found)]


def faults_in(found: dict[str, Any]) -> list[str]:
    """What is lost or doubled of one turn."""
    faults = []
    if [kind for kind, _ in found["messages"]] != ["human", "ai"] or found["messages"][0][1] != TEXT:
        faults.append(f"not one message and one reply: {found['messages']}")
    said = [text for text in found["memories"] if text.startswith("episodic: ")]
    if [("User: " in text, "Assistant: " in text) for text in said] not in (
        [(True, False), (False, True)],
        [(False, True), (True, False)],
    ):
        faults.append(f"not one episode a message: {said}")
    facts = [text for text in found["memories"] if not text.startswith("episodic: ")]
    if facts != FACTS:
        faults.append(f"not each fact once: {facts}")
    if found["next"] or found["waiting"]:
        faults.append(f"something is still to be done: {found['next']}, {found['waiting']} extractions")
    return faults


def plan(steps: dict[str, int], times: int, chance: random.Random) -> list[Kill]:
    """All steps in a random order, before and after each, and again until there are as many."""
    places = [
        (mode, at, after) for mode in MODES for at in range(1, steps[mode] + 1) for after in (False, True)
    ]
    chance.shuffle(places)
    return [Kill(number, *place) for number, place in enumerate(islice(cycle(places), times), start=1)]


def kill_in_turns(notes: Path, times: int, seed: int) -> Outcome:
    """Needs MNEMOGRAPH_POSTGRES in the environment, and settings that nobody has read yet."""
    outcome = Outcome()
    steps: dict[str, int] = {}
    for number, mode in enumerate(MODES, start=1_000_000):
        whole = Kill(number, mode, at=0, after=False)
        _run([whole], notes)
        steps[mode] = len(json.loads((notes / f"{number}.steps").read_text()))
        _look(whole, notes, outcome)
    outcome.ended = 0
    kills = plan(steps, times, random.Random(seed))
    for mode in MODES:
        own = [kill for kill in kills if kill.mode == mode]
        for start in range(0, len(own), AT_ONCE):
            group = own[start : start + AT_ONCE]
            _run(group, notes)
            for kill in group:
                _look(kill, notes, outcome)
    return outcome


@contextmanager
def postgres_of_its_own() -> Iterator[Path]:
    """Names it in the environment, and gives a folder for notes."""
    folder = new_data_folder("mnemograph-kill-")
    server = Client(folder / "data", most_s=HOURS)
    os.environ |= {
        "MNEMOGRAPH_PROFILE": "test",
        "MNEMOGRAPH_ENV_FILE": str(folder / "none.env"),
        "MNEMOGRAPH_POSTGRES": server.address,
    }
    try:
        with tempfile.TemporaryDirectory() as notes:
            yield Path(notes)
    finally:
        server.end()
        until(lambda: not processes(folder / "data"), "the Postgres of the kills ends")
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    asked = parser.parse_args()
    with postgres_of_its_own() as notes:
        outcome = kill_in_turns(notes, asked.times, asked.seed)
    print(f"seed: {asked.seed}\n{outcome.report()}")
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())

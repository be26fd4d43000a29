"""kill -9 of the server in the middle of turns; then every turn and every memory must be there exactly once.

By hand: `python -m tests.load.kill_server --times 20 [--seed 7]`. Exit status 1 when anything is lost
or doubled.
"""

import argparse
import asyncio
import collections
import random
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from memory.namespaces import memory_namespace
from tests.services.dev_server import PATIENCE_S, DevServer

USER = "killed"
# The supervisor gives up on a server that dies at once after its start, again and again.
AT_LEAST_UP_S = 2.5


@dataclass
class Outcome:
    """What was said, and what the server holds of it."""

    kills: int = 0
    in_a_turn: int = 0
    sent: list[str] = field(default_factory=list)
    again: int = 0
    recovery_s: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def report(self) -> str:
        waits = sorted(self.recovery_s) or [0.0]
        lines = [
            f"kills: {self.kills} (in the middle of a turn: {self.in_a_turn})",
            f"turns: {len(self.sent)}, sent again: {self.again}",
            f"from the kill to the reply: median {waits[len(waits) // 2]:.1f} s, worst {waits[-1]:.1f} s",
            f"lost or doubled: {len(self.faults)}",
        ]
        return "\n".join(lines + self.faults)


def fact(number: int) -> str:
    return f"likes kazoo{number}."


class Client:
    """Says one thing after another on one thread, and each again under the same id until it is answered."""

    def __init__(self, server: DevServer, outcome: Outcome) -> None:
        self._server = server
        self._outcome = outcome
        self._client: LangGraphClient = get_client(url=server.url)
        self._http = httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_S)
        self.thread_id = str(uuid.uuid4())
        self.in_a_turn = False

    async def say_next(self) -> None:
        number = len(self._outcome.sent)
        message = {"role": "user", "content": f"I like kazoo{number}.", "id": str(uuid.uuid4())}
        self._outcome.sent.append(message["id"])
        end = time.monotonic() + PATIENCE_S
        while not await self._try(message):
            assert time.monotonic() < end, f"turn {number} was not answered in time:\n{self._server.said()}"
            self._outcome.again += 1
            await asyncio.to_thread(self._server.wait_until_up)

    async def _try(self, message: dict[str, str]) -> bool:
        try:
            await self._client.threads.create(
                thread_id=self.thread_id, graph_id="agent", if_exists="do_nothing"
            )
            self.in_a_turn = True
            # Not runs.wait of the SDK: it takes up a run again that the killed server never wrote down.
            answer = await self._http.post(f"/threads/{self.thread_id}/runs/wait", json=self._turn(message))
            state = answer.json() if answer.is_success else {}
        except (httpx.HTTPError, OSError, ValueError):
            return False
        finally:
            self.in_a_turn = False
        return message["id"] in [m["id"] for m in state.get("messages") or []]

    def _turn(self, message: dict[str, str]) -> dict[str, Any]:
        return {"assistant_id": "agent", "input": {"messages": [message]}, "context": {"user_id": USER}}

    async def inspect(self) -> None:
        """Note what is lost or doubled."""
        state = await self._client.threads.get_state(self.thread_id)
        messages: list[dict[str, Any]] = state["values"]["messages"]  # type: ignore[call-overload]
        self._compare("message", [m["id"] for m in messages if m["type"] == "human"], self._outcome.sent)
        kinds = [m["type"] for m in messages if not m.get("tool_calls") and m["type"] != "tool"]
        if kinds != ["human", "ai"] * len(self._outcome.sent):
            self._outcome.faults.append(f"not one reply a message: {kinds}")
        facts = [item["value"]["text"] for item in await self._items("semantic")]
        self._compare("fact", facts, [f"The user {fact(n)}" for n in range(len(self._outcome.sent))])
        came = [item["value"]["provenance"] for item in await self._items("episodic")]
        episodes = [each["message_ids"][0] for each in came if each["source"] == "user"]
        self._compare("episode", episodes, self._outcome.sent)

    async def aclose(self) -> None:
        await self._http.aclose()
        await self._client.aclose()

    async def _items(self, kind: str) -> list[dict[str, Any]]:
        found = await self._client.store.search_items(memory_namespace(USER, kind), limit=1000)
        return list(found["items"])  # type: ignore[arg-type]

    def _compare(self, what: str, there: list[str], expected: list[str]) -> None:
        counted = collections.Counter(there)
        for one in expected:
            if counted[one] != 1:
                self._outcome.faults.append(f"{what} {one} is there {counted[one]} times")
        if unknown := set(there) - set(expected):
            self._outcome.faults.append(f"{what}s that nobody sent: {sorted(unknown)}")


async def kill_in_turns(server: DevServer, times: int, seed: int) -> Outcome:
    """Kill the running server this often, each time at a random moment of a turn."""
    chance = random.Random(seed)
    outcome = Outcome()
    client = Client(server, outcome)
    try:
        await _kill_and_look(server, client, outcome, chance, times)
    finally:
        await client.aclose()
    return outcome


async def _kill_and_look(
    server: DevServer, client: Client, outcome: Outcome, chance: random.Random, times: int
) -> None:
    await client.say_next()
    while outcome.kills < times:
        up = time.monotonic()
        while time.monotonic() - up < AT_LEAST_UP_S:
            await client.say_next()
        turn = asyncio.create_task(client.say_next())
        await asyncio.sleep(chance.uniform(0.0, 0.25))
        outcome.in_a_turn += client.in_a_turn
        began = time.monotonic()
        server.kill("server")
        outcome.kills += 1
        await turn
        outcome.recovery_s.append(time.monotonic() - began)
        # The turn may have been answered just before the kill.
        await asyncio.to_thread(server.wait_until_up)
    await client.say_next()
    await client.inspect()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    asked = parser.parse_args()
    server = DevServer()
    try:
        server.start()
        outcome = asyncio.run(kill_in_turns(server, asked.times, asked.seed))
    finally:
        server.remove()
    print(f"seed: {asked.seed}\n{outcome.report()}")
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Plays one case through the real graph, and says what was not as it must be."""

import json
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableConfig

from agents.context import ChatContext
from agents.conversation import without_notice
from graphs.forgetting import erase_user, places_of
from graphs.undo import redo, undo
from memory.lifecycle.changing.by_hand import retract
from memory.lifecycle.learning.decisions import decisions_of
from memory.lifecycle.leaving.inventory import inventory
from memory.lifecycle.reading.browsing import named
from memory.lifecycle.reading.lookup import all_of
from memory.lifecycle.recalling.recall import recall
from memory.schema import Kind, Memory
from memory.text import shorten
from tests.evals import clock
from tests.evals.case import Call, Case, Claim, Expect, Recall, Step
from tests.evals.checks import holds, kept_faults, number_is_off, text_faults
from tests.evals.deciding import Decision, answered, decided
from tests.evals.scripted import Script, script
from tests.evals.world import Seen, World, changed

ME = "me"
LINE = 240
_SPANS = {"minute": "minutes", "hour": "hours", "day": "days", "week": "weeks"}


@dataclass
class Played:
    """How a case went: what was wrong, how many checks were left out for this model, and what was said."""

    case: Case
    faults: list[str] = field(default_factory=list)
    checks: int = 0
    skipped: int = 0
    transcript: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.faults


async def play(world: World, case: Case) -> Played:
    """One case, with users and threads of its own: the same case may be played again on the same store."""
    played = Played(case)
    if case.only and not world.offline:
        played.skipped = case.checks()
        return played
    with changed(case.settings):
        clock.set_to(case.today)
        await _Player(world, case, played).run(case.steps)
    return played


class _Player:
    def __init__(self, world: World, case: Case, played: Played) -> None:
        self.world, self.case, self.played = world, case, played
        self.run_name = uuid4().hex[:8]
        self.thread = "first"
        self.round = 0
        self.place = ""
        self.seen = Seen()
        self.values: dict[str, Any] = {}
        self.last: tuple[HumanMessage, RunnableConfig, str] | None = None

    async def run(self, steps: list[Step], place: str = "") -> None:
        for number, step in enumerate(steps, start=1):
            self.place = f"{place}step {number}"
            if step.only and not self.world.offline:
                continue
            await self.do(step)
            for wanted in step.expect:
                before = len(self.played.faults)
                await self.check(wanted)
                self.tell("so it must be", shown(wanted), "fails" if self.played.faults[before:] else "holds")

    async def do(self, step: Step) -> None:
        if step.thread:
            self.thread = self.counted(step.thread)
        if step.verb and step.verb not in ("say", "repeat"):
            self.tell(step.verb, str(getattr(step, step.verb)))
        if step.verb:
            await self.deeds[step.verb](step)

    @property
    def deeds(self) -> dict[str, Callable[[Step], Awaitable[Any]]]:
        chat = self.world.chat
        return {
            "say": self.say,
            "undo": lambda step: undo(chat, self.user(step.undo), self.thread_id()),
            "redo": lambda step: redo(chat, self.user(step.redo), self.thread_id()),
            "erase": lambda step: erase_user(chat, self.user(step.erase)),
            "approve": lambda step: self.decide(step.approve, "approve", step.by),
            "reject": lambda step: self.decide(step.reject, "reject", step.by),
            "retract": lambda step: self.retract(step.retract, self.user(step.by)),
            "wait": self.wait,
            "today": self.wait,
            "repeat": self.repeat,
        }

    async def wait(self, step: Step) -> None:
        if step.today:
            clock.set_to(step.today)
        else:
            clock.move(span(step.wait or ""))

    async def repeat(self, step: Step) -> None:
        place = self.place
        for self.round in range(1, (step.repeat or 0) + 1):
            await self.run(step.steps, f"{place}, round {self.round}, ")
        self.place = place

    async def say(self, step: Step) -> None:
        text = self.counted(step.say or "")
        message = HumanMessage("\n\n".join(filter(None, [text, step.paste])), id=str(uuid4()))
        user = self.user(step.by)
        config: RunnableConfig = {"configurable": {"thread_id": self.thread_id()}}
        if step.again and self.last:
            message, config, user = self.last
        self.last = (message, config, user)
        self.seen = Seen()
        told = await self.script(step, text, user)
        context = ChatContext(user_id=user, **step.context)
        token = script.set(told)
        try:
            self.values = await self.world.chat.ainvoke(
                {"messages": [message]}, {**config, "callbacks": [self.seen]}, context=context
            )
        finally:
            script.reset(token)
        self.tell(f"{self.thread}, {step.by or ME}", str(message.text))
        self.tell(f"{self.thread}, agent", str(self.values["messages"][-1].text))
        if bool(self.values.get("warnings")) != step.warns:
            self.fault(f"the turn's warnings are {self.values.get('warnings')}")

    async def decide(self, words: list[str], how: Decision, by: str) -> None:
        user = self.user(by)
        config: RunnableConfig = {"configurable": {"thread_id": self.thread_id()}}
        if not await answered(self.world, user, config, words, how):
            await decided(self.world, user, await self.id_of(words, user), how)

    async def retract(self, words: list[str], user: str) -> None:
        store = self.world.store
        await retract(store, user, await named(store, user, await self.id_of(words, user)), "")

    async def script(self, step: Step, text: str, user: str) -> Script:
        """What the models of this turn do. A real model does as it likes, and reads the same page."""
        told = Script(page=step.page, reply=step.reply)
        if not self.world.offline:
            return told
        for call in step.calls:
            told.calls.append(
                (call.tool, await self.arguments(call, self.user(call.of) if call.of else user))
            )
        if step.page and not told.calls:
            told.calls.append(("read_page", {"address": _address(text)}))
        if step.extracts is not None:
            told.claims = [(self.numbered(claim), await self.about(claim, user)) for claim in step.extracts]
        return told

    def numbered(self, claim: Claim) -> Claim:
        return claim.model_copy(update={"statement": self.counted(claim.statement)})

    def counted(self, text: str) -> str:
        """In a loop, `{n}` is the round."""
        return text.replace("{n}", str(self.round))

    async def arguments(self, call: Call, user: str) -> dict[str, Any]:
        return {**call.args, "memory_id": await self.id_of(call.memory, user)} if call.memory else call.args

    async def about(self, claim: Claim, user: str) -> str:
        whose = self.user(claim.whose) if claim.whose else user
        return await self.id_of(claim.of, whose) if claim.of else ""

    async def id_of(self, words: list[str], user: str) -> str:
        """The memory that a model would know by these words: an active fact, or else any."""
        fits = [
            memory
            for memory in await self.memories(user)
            if memory.kind is not Kind.EPISODIC and all(holds(memory.text, word) for word in words)
        ]
        found = sorted(fits, key=lambda memory: memory.status.value != "active")
        if not found:
            self.fault(f"there is no memory with {words} for the model to name")
        return found[0].id if found else "no-such-memory"

    async def memories(self, user: str) -> list[Memory]:
        return [memory for kind in Kind async for memory in all_of(self.world.store, user, kind)]

    async def check(self, wanted: Expect) -> None:
        if wanted.only and not self.world.offline:
            self.played.skipped += 1
            return
        self.played.checks += 1
        user = self.user(wanted.of)
        if wanted.memories or wanted.facts is not None or wanted.nowhere:
            self.check_memories(await self.memories(user), wanted)
        if wanted.everything is not None:
            found = await inventory(places_of(self.world.chat, user), user)
            if off := number_is_off(found.total, wanted.everything):
                self.fault(f"there are {found.total} things of {user}, wanted {off}: {dict(found.counts)}")
        if wanted.decisions:
            turns = await decisions_of(self.world.store, user)
            lines = [f"{d.what}: {d.statement} ({d.reason})" for turn in turns for d in turn.decisions]
            for fault in text_faults("what was decided", "\n".join(lines), wanted.decisions, len(lines)):
                self.fault(fault)
        for asked in wanted.recall:
            await self.check_recall(asked, user)
        for fault in self.turn_faults(wanted):
            self.fault(fault)

    def check_memories(self, memories: list[Memory], wanted: Expect) -> None:
        for each in wanted.memories:
            for fault in kept_faults(memories, each):
                self.fault(fault)
        active = [m.text for m in memories if m.kind is Kind.SEMANTIC and m.status.value == "active"]
        if wanted.facts is not None and len(active) != wanted.facts:
            self.fault(f"{len(active)} active facts, wanted {wanted.facts}: {active}")
        for word in wanted.nowhere:
            for memory in memories:
                if holds(json.dumps(memory.to_value(), ensure_ascii=False), word):
                    self.fault(
                        f"{word!r} is still in a {memory.status.value} {memory.kind.value}: {memory.text!r}"
                    )

    async def check_recall(self, asked: Recall, user: str) -> None:
        now = clock.moment()
        found = await recall(self.world.store, user, asked.ask, limit=asked.limit, now=now)
        lines = "\n".join(item.text for item in found)
        for fault in text_faults(f"recall for {asked.ask!r}", lines, asked, len(found)):
            self.fault(fault)
        for word in asked.first:
            if not found or not holds(found[0].text, word):
                self.fault(f"recall for {asked.ask!r} does not give {word!r} first: {lines!r}")

    def turn_faults(self, wanted: Expect) -> Iterator[str]:
        """What is wrong with the last turn: its reply, and what its models were sent."""
        recalled = [str(item["text"]) for item in self.values.get("recalled") or []]
        messages = self.values.get("messages") or []
        said = [m for m in messages if isinstance(m, AIMessage)]
        last = self.last[0].id if self.last else None
        at = max((n for n, message in enumerate(messages) if message.id == last), default=0)
        calls = [c["name"] for m in messages[at:] if isinstance(m, AIMessage) for c in m.tool_calls]
        if wanted.reply:
            yield from text_faults("the reply", without_notice(said[-1]) if said else "", wanted.reply)
        if wanted.prompt:
            yield from text_faults("the prompt", "\n".join(self.seen.prompts[-1:]), wanted.prompt)
        if wanted.recalled:
            yield from text_faults("what was recalled", "\n".join(recalled), wanted.recalled, len(recalled))
        if wanted.procedures:
            rules = [str(item["text"]) for item in self.values.get("procedures") or []]
            yield from text_faults("the procedures in force", "\n".join(rules), wanted.procedures, len(rules))
        if wanted.extraction:
            yield from text_faults("the extraction", "\n".join(self.seen.extractions[:1]), wanted.extraction)
        if wanted.tools:
            yield from text_faults("the tools called", "\n".join(calls), wanted.tools, len(calls))
        number = len(self.seen.prompts) + len(self.seen.extractions)
        if wanted.models and (off := number_is_off(number, wanted.models)):
            yield f"{number} model calls, wanted {off}"

    def tell(self, *what: str) -> None:
        self.played.transcript.append(": ".join(shorten(" ".join(each.split()), LINE) for each in what))

    def fault(self, what: str) -> None:
        self.played.faults.append(f"{self.place}: {what}")

    def user(self, name: str | None) -> str:
        """The name at the end, so that one user's id may be the beginning of another's."""
        return f"{self.case.id}.{self.run_name}.{name or ME}"

    def thread_id(self) -> str:
        return str(uuid5(NAMESPACE_URL, f"{self.case.id}.{self.run_name}.{self.thread}"))


def shown(wanted: Expect) -> str:
    return json.dumps(wanted.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False)


def span(text: str) -> timedelta:
    """ "40 days" as a span of time. Raises ValueError."""
    found = re.fullmatch(r"(\d+) (minute|hour|day|week)s?", text)
    if found is None:
        raise ValueError(f"{text!r} is no span of time; write it as '40 days'")
    return timedelta(**{_SPANS[found[2]]: int(found[1])})


def _address(text: str) -> str:
    found = re.search(r"https?://\S+", text)
    return found[0].rstrip(".,!?)") if found else "the page"

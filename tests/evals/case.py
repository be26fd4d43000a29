"""What a contract is: the steps of a conversation, and what must be true between them. README.md documents it."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

CASES = Path(__file__).parent / "cases"
START = "2026-03-02T09:00:00+00:00"
"""A Monday: the day on which every case begins that names no other."""


def _listed(given: Any) -> list[str]:
    return [str(each) for each in (given if isinstance(given, list) else [given])]


Words = Annotated[list[str], BeforeValidator(_listed)]
"""Each must be there, in any order and case: a whole word or phrase; `peanut*` its beginning; `a|b` either."""


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Claim(Part):
    """A fact, or a procedure, that a scripted extractor claims to have read.

    `of` are words of the memory that it is about, which is the speaker's, or that of `whose`.
    """

    statement: str = ""
    instruction: str = ""
    source: Literal["user", "assistant", "tool"] = Field("user", alias="from")
    quote: str | None = None
    category: str = "other"
    importance: float = 0.6
    subject: str = ""
    since: str = ""
    change: str = "new"
    of: Words = Field(default_factory=list)
    whose: str = ""


class Call(Part):
    """A tool call of a scripted agent. A `memory_id` in words is that of the memory with these words."""

    tool: str
    args: dict[str, Any] = Field(default_factory=dict)
    memory: Words = Field(default_factory=list)
    of: str = ""


class Range(Part):
    """How many: exactly `count`, or within bounds."""

    count: int | None = None
    at_least: int | None = None
    at_most: int | None = None


class Text(Range):
    """Of a text: what it has and has not, and its length in characters (of a list: of its entries)."""

    has: Words = Field(default_factory=list)
    lacks: Words = Field(default_factory=list)


class Kept(Range):
    """Memories with all these words and none of those, and how many; without a number, at least one."""

    words: Words = Field(default_factory=list)
    without: Words = Field(default_factory=list)
    status: str = "active"
    kind: str = "semantic"
    source: str = ""
    valid_from: str = ""
    ended: bool | None = None
    reason: bool | None = None


class Recall(Text):
    """What recall gives for a question, asked outside of any conversation."""

    ask: str
    limit: int = 8
    first: Words = Field(default_factory=list)


class Expect(Part):
    """What must be true now. `of` is whose memories are looked at; `only: offline` a check of its wording."""

    of: str = ""
    only: Literal["offline"] | None = None
    memories: list[Kept] = Field(default_factory=list)
    facts: int | None = None
    everything: Range | None = None
    recall: list[Recall] = Field(default_factory=list)
    reply: Text | None = None
    prompt: Text | None = None
    recalled: Text | None = None
    procedures: Text | None = None
    extraction: Text | None = None
    tools: Text | None = None
    models: Range | None = None
    decisions: Text | None = None
    nowhere: Words = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _one_recall(cls, given: Any) -> Any:
        if isinstance(given, dict) and isinstance(given.get("recall"), dict):
            return {**given, "recall": [given["recall"]]}
        return given


class Step(Part):
    """One thing that happens: exactly one verb, the words that go with it, and what is true then."""

    say: str | None = None
    by: str = ""
    thread: str = ""
    paste: str = ""
    page: str = ""
    calls: list[Call] = Field(default_factory=list)
    reply: str = ""
    extracts: list[Claim] | None = None
    again: bool = False
    warns: bool = False
    context: dict[str, Any] = Field(default_factory=dict)

    undo: str | None = None
    redo: str | None = None
    wait: str | None = None
    today: datetime | None = None
    erase: str | None = None
    approve: Words = Field(default_factory=list)
    reject: Words = Field(default_factory=list)
    retract: Words = Field(default_factory=list)
    repeat: int | None = None
    steps: "list[Step]" = Field(default_factory=list)

    only: Literal["offline"] | None = None
    expect: list[Expect] = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _shapes(cls, given: Any) -> Any:
        if isinstance(given, dict) and isinstance(given.get("expect"), dict):
            given = {**given, "expect": [given["expect"]]}
        return given

    @property
    def verb(self) -> str:
        return next((name for name in VERBS if getattr(self, name) not in (None, [])), "")

    @model_validator(mode="after")
    def _one_verb(self) -> "Step":
        named = [name for name in VERBS if getattr(self, name) not in (None, [])]
        if len(named) > 1:
            raise ValueError(f"a step does one thing, and this one says {' and '.join(named)}")
        if not named and not (self.thread or self.expect):
            raise ValueError(f"a step has one of {', '.join(VERBS)}, thread or expect")
        return self


VERBS = ("say", "undo", "redo", "wait", "today", "erase", "approve", "reject", "retract", "repeat")


class Case(Part):
    """A conversation and what must be true. `why` says in a sentence whom it would hurt if it were not."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    category: str
    why: str
    today: datetime = Field(default_factory=lambda: datetime.fromisoformat(START))
    settings: dict[str, str] = Field(default_factory=dict)
    only: Literal["offline"] | None = None
    steps: list[Step] = Field(min_length=1)

    def checks(self) -> int:
        return sum(len(step.expect) for step in _all(self.steps))

    @model_validator(mode="after")
    def _checks_something(self) -> "Case":
        if not self.checks():
            raise ValueError("a case that expects nothing cannot fail")
        return self


def _all(steps: list[Step]) -> Iterator[Step]:
    for step in steps:
        yield step
        yield from _all(step.steps)


def load(folder: Path = CASES) -> list[Case]:
    """All cases of a folder's YAML files, in order. Raises ValueError, which names the file and the case."""
    cases: list[Case] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            rows = yaml.safe_load(path.read_text("utf-8")) or []
        except yaml.YAMLError as error:
            raise ValueError(f"{path.name} is no YAML: {error}") from None
        for number, given in enumerate(rows, start=1):
            name = given.get("id", f"number {number}") if isinstance(given, dict) else f"number {number}"
            try:
                cases.append(Case.model_validate({"category": path.stem, **given}))
            except (ValidationError, TypeError) as error:
                raise ValueError(f"{path.name}, case {name}: {error}") from None
    twice = {case.id for case in cases if sum(other.id == case.id for other in cases) > 1}
    if twice:
        raise ValueError(f"two cases have the id {min(twice)}")
    return cases

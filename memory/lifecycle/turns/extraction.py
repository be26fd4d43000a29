"""What an extractor returns for one turn, whichever model does the extracting."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Category = Literal[
    "identity",
    "relationship",
    "location",
    "work",
    "preference",
    "health",
    "plan",
    "possession",
    "event",
    "other",
]

Change = Literal["new", "same", "refines", "outdates", "corrects"]
"""What a fact does to a memory that is there: says it again, adds to it, ends it, or shows that it never held."""

MAX_PROCEDURES = 3
MAX_FACTS = 20
"""The most facts that one turn may teach."""


class Fact(BaseModel):
    """One thing that a message says about its speaker, in words that stand alone."""

    model_config = ConfigDict(extra="forbid")

    statement: str = Field(min_length=1, max_length=500)
    """Third person, understandable without the conversation: "The user lives in Porto."."""
    category: Category
    """What kind of fact it is."""
    importance: float = Field(ge=0, le=1)
    """How much it matters for knowing the person: 0 is trivia, 1 is their name."""
    quote: str = Field(min_length=1)
    """The words it rests on, verbatim from one message."""
    message_id: str = Field(min_length=1)
    """That message's id."""
    subject: str = Field(default="", max_length=200)
    """Whom or what it is about: "user", or the name of a person or a thing in the user's life."""
    since: str = Field(default="", max_length=40)
    """The ISO date from which it holds, where the message says so; else empty."""
    change: Change = "new"
    """What it does to the memory `of`."""
    of: str = Field(default="", max_length=64)
    """The id of that memory, one of `related`; empty for "new"."""


class Procedure(BaseModel):
    """How the user wants things done from now on, in every conversation."""

    model_config = ConfigDict(extra="forbid")

    instruction: str = Field(min_length=1, max_length=300)
    """In the imperative, complete on its own: "Answer in bullet points."."""
    quote: str = Field(min_length=1)
    """The words it rests on, verbatim from one message."""
    message_id: str = Field(min_length=1)
    """That message's id."""
    of: str = Field(default="", max_length=64)
    """The id of the procedure among `related` whose place it takes; else empty."""


class Extraction(BaseModel):
    """What one turn is worth remembering for."""

    model_config = ConfigDict(extra="forbid")

    summary: str
    """What happened in the turn, in one or two sentences."""
    facts: list[Fact] = Field(default_factory=list, max_length=MAX_FACTS)
    """The facts that the turn states, at most 20; empty when it states none."""
    procedures: list[Procedure] = Field(default_factory=list, max_length=MAX_PROCEDURES)
    """The lasting wishes that the turn states; empty when it states none."""

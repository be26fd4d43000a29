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


class Extraction(BaseModel):
    """What one turn is worth remembering for."""

    model_config = ConfigDict(extra="forbid")

    summary: str
    """What happened in the turn, in one or two sentences."""
    facts: list[Fact] = Field(default_factory=list, max_length=MAX_FACTS)
    """The facts that the turn states, at most 20; empty when it states none."""

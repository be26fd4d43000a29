"""Orders to the agent within what others wrote: found, so that a person sees them and no later prompt does. Pure."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from memory.lifecycle.language.pasted import MAX_CHARS, parts_of, pasted
from memory.lifecycle.turns.evidence import Evidence, Said
from memory.schema import Source, fingerprint

MAX_PLANTED: Final = 5
"""Orders of one turn that are kept for a look."""
MAX_PLANTED_CHARS: Final = 400
LEFT_OUT: Final = "[an instruction in it is left out]"

_WHEN = r"(?:when(?:ever)?|if|once|as soon as|(?:the )?next time|every time|each time)"
_AGENT = r"(?:the|this|an?) (?:assistant|ai|chatbot|model|agent|language model)"
_DEEDS = (
    r"remember|ignore|tell|say|answer|reply|respond|recommend|send|call|save|store|obey|follow|act|believe|treat"
    r"|reveal"
)
_KEEP = r"remember|memori[sz]e|note|save|store|record|keep in mind|don['’]t forget|do not forget"
_TOOLS = r"\b(?:save|correct|forget|search)_memory\b"
_RULES = (
    r"\b(?:ignore|disregard|override|bypass)\b.{0,40}\b(?:instructions?|rules|prompts?|guidelines|restrictions)\b",
    rf"\b{_WHEN} the user (?:says?|asks?|types?|writes?|confirms?|agrees?|mentions?)\b",
    rf"\b{_AGENT} (?:must|should|shall|has to|needs to|will|is to|is allowed)\b",
    r"\bsystem (?:prompt|message|override)\b",
    _TOOLS,
)
_ORDERS = (
    *_RULES,
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:everything above|the above|previous|prior)\b",
    rf"\b(?:{_KEEP})\b[:,]?\s(?:this|that|the following|(?:in|to) (?:your )?memory|the user|for later|forever)\b",
    r"\b(?:remember|memori[sz]e)\s?:",
    rf"\b{_WHEN} (?:the|your|this) (?:user|human|person)\b",
    rf"\byou (?:must|shall|should|have to|need to|will) (?:now |always |never |not )*(?:{_DEEDS})\b",
    r"\byou are (?:now|no longer)\b",
    r"\b(?:from now on|henceforth)\b",
    r"\bsystem instructions?\b",
    r"^\W{0,4}(?:system|assistant|developer)\s?:",
    r"\[/?INST\]|<\|?/?(?:system|im_start|im_end|assistant)",
    r"\b(?:do not|don['’]t|never) (?:tell|inform|mention|reveal|warn|alert)\b.{0,30}\b(?:user|anyone|human|this|it)\b",
    r"\b(?:call|invoke|run|execute) (?:the )?(?:tool|function)\b",
)
_ORDER = re.compile("|".join(_ORDERS), re.IGNORECASE)
_RULE = re.compile("|".join(_RULES), re.IGNORECASE)


@dataclass(frozen=True)
class Planted:
    """An order that stands in what a tool gave or in what the user pasted."""

    said: Said
    text: str
    source: Source


def gives_orders(text: str) -> bool:
    """Whether it speaks to the agent: a reason for a look where others wrote it."""
    return _ORDER.search(text) is not None


def gives_rules(statement: str) -> bool:
    """Whether it rules the agent, as no statement about a person does, whoever said it."""
    return _RULE.search(statement) is not None


def planted(evidence: Evidence) -> list[Planted]:
    """At most MAX_PLANTED orders of a turn, each once; what memory tools gave back holds none of its own."""
    found: dict[str, Planted] = {}
    for each in _orders(evidence) if not evidence.private else ():
        found.setdefault(fingerprint(each.text), each)
        if len(found) == MAX_PLANTED:
            break
    return list(found.values())


def without(text: str, orders: Collection[Planted]) -> str:
    """The text with these orders left out, wherever in it they stand."""
    for order in orders:
        text = text.replace(order.text, LEFT_OUT)
    return text


def _orders(evidence: Evidence) -> Iterator[Planted]:
    for said in evidence.said:
        if said.recalled or said.role == "assistant":
            continue
        source = Source.TOOL if said.role == "tool" else Source.DOCUMENT
        for start, end in [(0, MAX_CHARS)] if said.role == "tool" else pasted(said.text):
            for part in parts_of(said.text[start:end]):
                text = part.strip()[:MAX_PLANTED_CHARS]
                if gives_orders(text):
                    yield Planted(said, text, source)

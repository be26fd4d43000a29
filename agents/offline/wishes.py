"""Lasting wishes on how to answer, read by rules from plain English.

What it reaches: one sentence, in the user's own words, that says both that it is meant to last ("from now on", "in
future", "always", "never") and how to answer; and "I prefer short answers". It takes no request for one answer, no
quotation and no reported speech for a wish.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agents.offline.clauses import SECRET, asks_to_forget, is_reported, own_sentences
from agents.offline.manner import slot_of
from agents.offline.person import expand, to_third
from agents.offline.text import is_question
from memory.lifecycle.turns.extraction import MAX_PROCEDURES, Procedure

_MAX_CHARS = 250
_EVERY = r"(?:every|all|each)(?: (?:of )?(?:our|my|your))?(?: future)? (?:conversations?|chats?|answers?|replies|reply)"
_LASTING = (
    r"(?:from now on|from here on(?: out)?|in (?:the )?future|going forward|from today(?: on)?|henceforth"
    rf"|(?:in|for) {_EVERY}|every time)"
)
_ASKING = (
    r"(?:(?:please|just|also|and|so|ok|okay|hey|you should|you must|you can|can you|could you|would you"
    r"|i want you to|i would like you to|i need you to|i would prefer you to|i prefer you to)[, ]+)*"
)
_HOW = (
    r"(?:answer|reply|respond|write|talk|speak|call|address|greet|use|keep|give|make|start|begin|open|end|close"
    r"|finish|say|ask|show|include|add|explain|format|summari[sz]e|list|put|be|avoid|stop|skip|leave|mention|tell"
    r"|remind|sign|refer|apologi[sz]e|repeat|quote|cite|suggest|offer|recommend|limit|structure|convert)"
)
_WISH = rf"(?P<wish>(?:(?:always|never|do not(?: ever)?) )?(?:please )?{_HOW}\b.*)"
_LED = re.compile(rf"{_ASKING}{_LASTING}[,:]? {_ASKING}{_WISH}$", re.IGNORECASE)
_FOLLOWED = re.compile(
    rf"{_ASKING}(?P<wish>(?:(?:always|never|do not(?: ever)?) )?(?:please )?{_HOW}\b.*?),? {_LASTING}(?:,? please)?$",
    re.IGNORECASE,
)
_BARE = re.compile(rf"{_ASKING}(?P<wish>(?:always|never|do not ever) (?:please )?{_HOW}\b.*)$", re.IGNORECASE)
_TO_ME = re.compile(
    r"\b(?:me|my|your?|answers?|repl(?:y|ies)|responses?|respond|messages?|bullet|emojis?|sentences?|units?|metric"
    r"|examples?|sources?|code|lists?|tables?|jargon|in [A-Z][a-z]+|exclamation)\b"
)
_ANSWERS = r"(?:answers?|replies|reply|responses?|explanations?|messages)"
_LIKE = (
    r"short|shorter|brief|concise|crisp|long|longer|detailed|thorough|simple|plain|direct|blunt|honest|formal"
    r"|informal|casual|friendly|technical|polite|structured|step by step|bullet|lists?|tables?|code|examples?"
    r"|emojis?|english"
)
_PREFERS = re.compile(
    r"i (?:would )?(?:really |much |generally |always |usually )?(?P<not>do not )?(?P<verb>prefer|like|love|hate"
    rf"|dislike)(?: to (?:get|have|read|see))? (?:(?:your|the) )?(?=.*\b(?:{_LIKE})\b)"
    rf"(?P<what>(?:[a-z-]+,? (?:and )?){{0,4}}?{_ANSWERS}\b.*)$",
    re.IGNORECASE,
)
_CALLS_NOBODY = re.compile(r"(?i:(?:always |never |do not )?(?:please )?call me) (?![A-Z])")
_REQUEST = re.compile(r"(?:please )?(?:could|can|would|will) you\b", re.IGNORECASE)
_WHEN_YOU = re.compile(
    r"i (?:really )?(?P<not>do not )?(?P<verb>prefer|like|love|hate|dislike) it when you (?P<wish>.+)$",
    re.IGNORECASE,
)
_OPENERS = re.compile(
    r"(?:(?:hi|hello|hey|ok|okay|oh|thanks|thank you|great|well|so|and|but)\b[ ,!.]*)+", re.IGNORECASE
)


def wishes(message: Mapping[str, Any], related: Sequence[Mapping[str, Any]] = ()) -> Iterator[Procedure]:
    """The lasting wishes of one user message; each names the related one that is about the same."""
    text = message.get("text")
    if not isinstance(text, str) or asks_to_forget(text):
        return
    for sentence in own_sentences(text):
        instruction = _instruction(sentence)
        if instruction:
            yield Procedure(
                instruction=instruction,
                quote=sentence,
                message_id=str(message.get("id") or "unknown"),
                of=_replaced(instruction, related),
            )


def all_wishes(document: Mapping[str, Any]) -> list[Procedure]:
    """Those of a whole turn, each once, at most `MAX_PROCEDURES`."""
    related = [row for row in document.get("related") or [] if isinstance(row, dict)]
    known = [row for row in related if row.get("kind") == "procedural"]
    found: dict[str, Procedure] = {}
    for message in document.get("messages") or []:
        if isinstance(message, dict) and message.get("role") == "user":
            for wish in wishes(message, known):
                found.setdefault(wish.instruction.casefold(), wish)
    return list(found.values())[:MAX_PROCEDURES]


def _instruction(sentence: str) -> str:
    """The wish in the imperative, or nothing where the sentence is none."""
    plain = expand(sentence).strip(" .!?")
    plain = plain[found.end() :] if (found := _OPENERS.match(plain)) else plain
    if len(plain) > _MAX_CHARS or SECRET.search(plain) or is_reported(plain):
        return ""
    wish = _imperative(plain)
    if _CALLS_NOBODY.match(wish) or (is_question(sentence) and not _asks_for(plain)):
        return ""
    wish = re.sub(r"^(?:please |always )+", "", wish, flags=re.IGNORECASE)
    wish = re.sub(r",? please$", "", wish, flags=re.IGNORECASE).strip(" .!,")
    return to_third(wish) if len(wish.split()) > 1 else ""


def _asks_for(plain: str) -> bool:
    """A question that is a lasting request: "Could you answer briefly from now on?"."""
    return bool(_LED.match(plain) or (_REQUEST.match(plain) and _FOLLOWED.match(plain)))


def _imperative(plain: str) -> str:
    preferred = _PREFERS.match(plain)
    if preferred:
        no = bool(preferred["not"]) != (preferred["verb"].lower() in ("hate", "dislike"))
        return f"{'do not give' if no else 'give'} {preferred['what']}"
    when = _WHEN_YOU.match(plain)
    if when:
        no = bool(when["not"]) != (when["verb"].lower() in ("hate", "dislike"))
        return f"{'do not ' if no else ''}{when['wish']}"
    lasting = _LED.match(plain) or _FOLLOWED.match(plain)
    if lasting:
        return str(lasting["wish"])
    bare = _BARE.match(plain)
    return str(bare["wish"]) if bare and _TO_ME.search(bare["wish"]) else ""


def _replaced(instruction: str, related: Sequence[Mapping[str, Any]]) -> str:
    slot = slot_of(instruction)
    same = (
        str(row.get("id") or "") for row in related if slot and slot_of(str(row.get("statement"))) == slot
    )
    return next(same, "")

"""What a turn's candidates may become: a fact, a masked one, one that waits for a person's look, or nothing. Pure.

Trust goes by where the words stand, not by what they say: only what a user says in their own words is evidence about
them. What looks for a text that gives orders is there so that a person sees it, not as the defence.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

from config.redaction import mask_secrets
from memory.lifecycle.language.pasted import is_own, is_verbatim, own, sentence_of
from memory.lifecycle.language.statements import names, numbers, stems
from memory.lifecycle.turns.evidence import Evidence, Said
from memory.lifecycle.turns.extraction import Extraction, Fact
from memory.lifecycle.turns.orders import gives_orders, gives_rules
from memory.schema import Memory, Source, Status

Verdict = Literal["admit", "mask", "quarantine", "refuse"]

TRUST: Final = {Source.USER: 1.0, Source.AGENT: 0.5, Source.TOOL: 0.3, Source.DOCUMENT: 0.2}
"""By the source class: what the user said themselves, what the agent made of it, what others wrote."""
BORNE_OUT: Final = 0.5
_ANY: Final = ("the", "user", "user's", "user’s")

_CREDENTIAL = re.compile(
    r"\b(?:pass ?word|pass ?phrase|pass ?code|pin(?: code| number)?|cvv|cvc|security code|seed phrase|recovery phrase"
    r"|api[ _-]?key|secret key|private key|access token|auth token|(?:credit|debit)? ?card(?: number)?"
    r"|account number|routing number|social security number|ssn|iban|one-time code|otp)\b"
    r"(?:[^.]{0,40})\b(?:is|are|was)\b (?=.*[\d\[*])",
    re.IGNORECASE,
)
_ABOUT_THE_TALK = re.compile(
    r"^(?:The user|[A-Z][\w-]*) (?:(?:has )?(?:greeted|greets|thanked|thanks|asked|asks|is asking|wants to know"
    r"|wondered|wonders|acknowledged|acknowledges|confirmed|confirms|agreed|agrees)"
    r"(?: (?:the assistant|that|whether|if|how|what|where|when|who|why|about)\b|\.?$)"
    r"|(?:said|says) (?:hello|hi|hey|goodbye|bye|yes|no|thanks|thank you|ok|okay)\b)",
)
_YES: Final = (
    "yes yeah yep yup sure ok okay right correct exactly indeed true absolutely definitely of course that is s "
    "thats it so i do am agree agreed please great good fine sounds perfect thanks thank you no nope nah and ah oh "
    "well very much cool nice precisely ja si sí oui sim da"
)
_ASKS = re.compile(
    r"^(?:and |so |but |then |ok(?:ay)?,? |well,? |hey,? )?(?:do|does|did|am|is|are|was|were|can|could|should|would"
    r"|will|shall|may|might|have|has|had|what|where|when|who|whom|whose|which|why|how|isn['’]t|aren['’]t|don['’]t|didn['’]t)\b",
    re.IGNORECASE,
)
# What a question only brings up: "Did I tell you that my sister moved?", "… for my wife, who is allergic to nuts?".
_TOLD_WITHIN = re.compile(
    r"\b(?:(?:did|have) (?:i|we) (?:already |ever )?(?:tell|told|mention|mentioned)(?: to)?(?: you)?|did you know)"
    r"(?: that)? (?:i|my|we|our)\b"
    r"|\b(?:because|since|now that|given that) (?:i|my|we|our)\b"
    r"|, (?:who|which|whose)(?:['’]s| (?:is|are|has|have|was|were|had|lives?|works?|loves?|hates?|can['’]?t|cannot))\b",
    re.IGNORECASE,
)
_SUPPOSED = re.compile(
    r"\b(?:suppose|supposing|imagine|pretend|hypothetically|what if|let['’]s say|role-?play"
    r"|if i (?:lived|were|was|had|could|worked|owned|ate|liked|became))\b",
    re.IGNORECASE,
)
# Names and numbers of another language are other words in a statement: "Wien" is Vienna, and "zwei" is two.
_ENGLISH = re.compile(
    r"\b(?:I|I['’]m|[Mm]y|[Tt]he|and|is|have|with|you|our|[Tt]his|[Tt]hat|[Ii]t|i (?:am|live|work|like|love|have))\b"
)
_WORDS = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


@dataclass(frozen=True)
class Judged:
    """A candidate, what becomes of it and why. `said` is the message that it rests on, where there is one."""

    fact: Fact
    verdict: Verdict
    reason: str
    said: Said | None = None
    source: Source = Source.USER


def trust(memory: Memory) -> float:
    """From 0 to 1, by who a memory rests on; what waits for a look has none yet."""
    return 0.0 if memory.status is Status.QUARANTINED else TRUST[memory.provenance.source]


def judged(evidence: Evidence, extraction: Extraction, related: Collection[str] = ()) -> list[Judged]:
    """Each candidate in its order. `related` are known statements, whose names a new one may name."""
    if evidence.private:
        return []
    by_id = {message.id: message for message in evidence.said}
    known = frozenset(word for text in related for word in names(text))
    return [_judged(fact, by_id.get(fact.message_id), known) for fact in extraction.facts]


def source_of(statement: str, message: str, returned: str, *, corrects: str = "") -> Source:
    """Whose words a statement rests on: the user's, what they pasted, what tools `returned`, else the agent's own.

    The user's own words count where they hold most of it, and every name in it. What the statement has from the one
    that it `corrects` they need not hold: "No, it's green" says enough of a favourite colour.
    """
    spoken = own(message)
    heads, given = _heads(spoken), _heads(corrects)
    named = [name for name in names(statement.strip().partition(" ")[2]) if name[:4] not in given]
    fresh = " ".join(word for word in _words(statement) if word[:4] not in given) or statement
    if all(name[:4] in heads for name in named) and _share(fresh, spoken) >= BORNE_OUT:
        return Source.USER
    if _share(statement, message) >= BORNE_OUT and spoken != message:
        return Source.DOCUMENT
    return Source.TOOL if _share(statement, returned) >= BORNE_OUT else Source.AGENT


def _share(statement: str, text: str) -> float:
    """Of the statement's words the share that stand in the text."""
    heads = _heads(text)
    words = _words(statement)
    return sum(word[:4] in heads for word in words) / len(words) if words else 1.0


def _words(statement: str) -> list[str]:
    found = _WORDS.findall(statement.casefold())
    return [word for word in found if (len(word) > 2 or word.isdigit()) and word not in _ANY]


def _heads(text: str) -> frozenset[str]:
    return frozenset(word.casefold()[:4] for word in _WORDS.findall(text))


def _judged(fact: Fact, said: Said | None, known: frozenset[str]) -> Judged:
    if said is None:
        return Judged(fact, "refuse", "It names a message that is not of this turn.")
    if not fact.statement.strip() or not is_verbatim(fact.quote, said.text):
        return Judged(fact, "refuse", "Its quote does not stand in the message that it names.", said)
    source = _source(fact, said)
    if source is not Source.USER:
        return _of_others(fact, said, source)
    if gives_rules(fact.statement):
        reason = "It is a rule for the assistant rather than a fact about the user."
        return Judged(fact, "quarantine", reason, said)
    if problem := _problem(fact, said, known):
        return Judged(fact, "refuse", problem, said)
    return _without_secrets(fact, said)


def _source(fact: Fact, said: Said) -> Source:
    if said.role == "user":
        return Source.USER if is_own(said.text, fact.quote) else Source.DOCUMENT
    return Source.TOOL if said.role == "tool" else Source.AGENT


def _without_secrets(fact: Fact, said: Said) -> Judged:
    if mask_secrets(fact.statement + fact.quote) != fact.statement + fact.quote:
        return Judged(
            fact, "mask", "What looks like a password, a key or a card number in it is masked.", said
        )
    return Judged(fact, "admit", "The user said so in their own words.", said)


def _of_others(fact: Fact, said: Said, source: Source) -> Judged:
    if source is not Source.AGENT and (gives_orders(fact.quote) or gives_rules(fact.statement)):
        reason = f"It is an instruction in {_WHERE[source]}: nobody follows it until a person has looked."
        return Judged(fact, "quarantine", reason, said, source)
    return Judged(fact, "refuse", f"It rests on {_WHERE[source]}, which is no evidence.", said, source)


_WHERE: Final = {
    Source.TOOL: "what a tool returned",
    Source.DOCUMENT: "what the user quoted or pasted",
    Source.AGENT: "what the assistant said itself",
}


def _problem(fact: Fact, said: Said, known: frozenset[str]) -> str:
    """Why it is no fact, in a sentence; "" where nothing speaks against it."""
    sentence = sentence_of(fact.quote, said.text)
    words = {word.casefold().replace("'", "").replace("’", "") for word in _WORDS.findall(sentence)}
    if words <= set(_YES.split()):
        return "The user only agreed: the words are the assistant's."
    if (
        sentence.rstrip().endswith("?")
        and _ASKS.match(sentence.strip())
        and not _TOLD_WITHIN.search(sentence)
    ):
        return "It rests on a question."
    if _SUPPOSED.search(sentence):
        return "It rests on something that is only supposed."
    if _CREDENTIAL.search(mask_secrets(fact.statement)):
        return "It is a password, a key or a number that opens something."
    if _ABOUT_THE_TALK.match(fact.statement):
        return "It is about the conversation, and not worth keeping."
    made_up = _made_up(fact.statement, said, known)
    return f"The user did not say {', '.join(made_up)}." if made_up else ""


def _made_up(statement: str, said: Said, known: frozenset[str]) -> list[str]:
    """Names and numbers that stand neither in the user's own words nor in what is known.

    The first word has a capital in any case; of another language than English nothing is said.
    """
    spoken = own(said.text)
    if not _ENGLISH.search(spoken):
        return []
    heads = _heads(f"{spoken} {said.speaker or ''}")
    named = names(statement.strip().partition(" ")[2])
    foreign = [name for name in sorted(named) if name not in known and name[:4] not in heads]
    counted = numbers(spoken) | set(re.findall(r"\d+", spoken))
    return foreign + [
        number for number in sorted(numbers(statement)) if number not in counted | stems(spoken)
    ]

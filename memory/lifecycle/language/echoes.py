"""What only repeats what was said, noted or asked adds nothing. Pure."""

import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from memory.long_term.language.lexemes import lexemes
from memory.long_term.language.sentences import stated
from memory.long_term.language.time_words import POINT
from memory.schema import Kind, Memory, Source

MAX_CHARS: Final = 1_000
"""What is longer is no echo."""

# Whom a statement is about, and what is left of "I'll" and "you're".
_FORM: Final = frozenset(lexemes("user ll re ve m d"))
_TELLING: Final = frozenset(
    lexemes("said say told tell mentioned once earlier conversation memory remember corrected")
)
_ASKING: Final = frozenset(lexemes("ask asked question"))
_COURTESY: Final = frozenset(
    lexemes(
        "thank thanks hi hello hey welcome please yes yeah yep ok okay sure alright got get understand understood "
        "note noted noting keep keeping mind remember remembered remembering save saved saving record recorded "
        "memory know knowing tell telling share sharing let hear hearing see glad happy sorry great good nice lovely "
        "wonderful sounds congratulations"
    )
)

# How a sentence begins that tells of no knowledge, and one that may stand beside it.
_UNKNOWN: Final = re.compile(
    r"(?:(?:i['’]?m|i am) (?:so |very )?(?:sorry|afraid)[, ]*|sorry[, ]*|unfortunately[, ]*|but |that )*"
    r"(?:(?:i|we) (?:do not|don['’]t|cannot|can['’]t|could not|couldn['’]t) (?:\w+ly |yet |even )?"
    r"(?:know|recall|remember|find|have (?:any|that|this|the|enough|access|info|details?|your|a (?:record|note)))"
    r"|(?:i|we) have (?:nothing|no (?:info|memor|record|idea|knowledge|details?|notes?))"
    r"|(?:i['’]?m|i am) not (?:sure|aware)\b"
    r"|you (?:have not|haven['’]t|have never|never|did not|didn['’]t)(?: \w+)?"
    r" (?:told|tell|mentioned?|shared?|said|say)\b"
    r"|(?:there is |there['’]s )?nothing (?:about|on|in)\b)",
    re.IGNORECASE,
)
_OFFER: Final = re.compile(
    r"(?:if you|once you|feel free|let me know|please|just (?:tell|let)|you can|you may|tell me)\b",
    re.IGNORECASE,
)
_TURNS: Final = re.compile(r"\b(?:but|however|though|although|except|only)\b", re.IGNORECASE)
# A question to the memory, in plain words without a name, a number or a clause that could tell something.
_PLAIN: Final = (
    r"(?:(?!(?:that|who|since|because|while|when|if|from|with|for|before|after|tell|told|mention|mentioned)\b)"
    r"[^\W\d]+(?:['’-]\w+)*\s*)"
)
_OPENING: Final = r"(?:(?:and|so|hey|hi|ok|okay|well|please|now)\b[, ]+)*"
_OF_ONESELF: Final = (
    re.compile(
        _OPENING
        + r"(?:(?:do you (?:still )?(?:know|remember|recall)|can you (?:tell me|remember|recall)|tell me),? )?"
        r"(?:who|what|when|where|which|whose|how (?:old|many|much|long|often|tall))\b"
        r"(?:['’](?:s|re|m)|(?: \w+)?? (?:is|are|was|were|am|do|does|did|have|has|had))\b"
        r"(?=.*\b(?:i|my|me|mine|myself)\b) (?:(?:i|you) (?:tell|told|mention|mentioned) )?"
        + _PLAIN
        + r"{1,9}\?\W*$",
        re.IGNORECASE,
    ),
    re.compile(
        _OPENING + r"(?:do you (?:still )?(?:know|remember|recall)|can you tell me|tell me) "
        r"(?:who|what|when|where|which|whose|how \w+) (?:i|my)\b " + _PLAIN + r"{1,7}\?\W*$",
        re.IGNORECASE,
    ),
    re.compile(_OPENING + r"who am i\W*$", re.IGNORECASE),
    re.compile(_OPENING + r"(?:am|do|did|was|have|had) i\b " + _PLAIN + r"{1,7}\?\W*$", re.IGNORECASE),
    re.compile(
        _OPENING + r"do you (?:still )?(?:know|remember|recall) (?:me|my(?: \w+){1,2})\?\W*$", re.IGNORECASE
    ),
)
# A question about whoever asks it, whatever it names: not how to do something, nor for help with it. And what lets one
# tell something all the same.
_WH: Final = r"(?:who|what|when|where|which|whose|how (?:old|many|much|long|often|tall))"
_BE: Final = r"(?:is|are|was|were|am|do|does|did|have|has|had|will)"
_DOING: Final = (
    r"(?!i (?:need|want|have to|get|make|fix|use|set|start|find|do|handle|implement|build|write|create|deploy|test|add"
    r"|install|run|cook|go|best)\b)"
)
_ABOUT_ONESELF: Final = re.compile(
    _OPENING
    + r"(?:\w+, )?(?:(?:do you (?:still )?(?:know|remember|recall)|can you (?:tell me|remember|recall)|tell me),? "
    rf"{_WH}(?: \w+){{0,2}}? (?:i|my)\b"
    rf"|{_WH}(?: \w+){{0,2}}?(?:['’](?:s|re|m)| {_BE}) {_DOING}(?:i|my)\b"
    r"|(?:am|do|did|was|were|have|had|will) i\b)[^?]*\?\W*$",
    re.IGNORECASE,
)
_TELLS_TOO: Final = re.compile(
    r"\b(?:tell|told|mention(?:ed)?|sa(?:y|id)|that|when|who|because|since|after|before) (?:i|my|we|our|the|she|he)\b",
    re.IGNORECASE,
)
_NAME: Final = re.compile(r"(?<=[\w,] )(?!I\b)[A-Z]")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|\n+")


def echoes(found: Sequence[Memory]) -> dict[str, str]:
    """Of these memories the ids of what the agent said to no news, each with the id of what it repeats most of."""
    repeated = {memory.id: _repeated(memory, found) for memory in found}
    return {echo: source.id for echo, source in repeated.items() if source is not None}


def only_asks(memory: Memory, asked: AbstractSet[str]) -> bool:
    """Whether it is a message that states nothing, and asks in the very words of a query or what the memory knows.

    `asked` are the query's lexemes; to one that is about what was asked it may be an answer.
    """
    words = memory.detail or memory.text
    if memory.kind is not Kind.EPISODIC or len(words) > MAX_CHARS:
        return False
    if not stated(words) and set(lexemes(words)) <= asked:
        return True
    return not asked & _ASKING and all(_asks_the_memory(part) for part in _SENTENCE.split(words.strip()))


def asks_of_oneself(memory: Memory, asked: AbstractSet[str]) -> bool:
    """Whether it is a user's message that only asks about themselves: it is no answer to another question.

    To a question about what was asked it is. `asked` are the query's lexemes.
    """
    words = memory.detail or memory.text
    if not _is_the_users(memory) or len(words) > MAX_CHARS or asked & _ASKING:
        return False
    return all(_only_asks_of_oneself(part) for part in _SENTENCE.split(words.strip()))


def _only_asks_of_oneself(sentence: str) -> bool:
    found = _ABOUT_ONESELF.match(sentence)
    return found is not None and not _TELLS_TOO.search(sentence, sentence.find(" "))


def _asks_the_memory(sentence: str) -> bool:
    """Whether it is a question about whoever asks that tells nothing of them."""
    return not _NAME.search(sentence) and any(form.match(sentence) for form in _OF_ONESELF)


def adds_nothing(reply: str, question: str, recalled: Iterable[str]) -> bool:
    """Whether the agent's reply says only what these recalled texts and the user say, or that it knows nothing.

    It is no news then, and once they are corrected it is wrong.
    """
    if len(reply) > MAX_CHARS:
        return False
    asked = question.rstrip().endswith("?")
    known = set(lexemes(question)).union(*map(lexemes, recalled))
    new = set(lexemes(POINT.sub(" ", reply))) - _FORM
    told = new - known - _TELLING - (frozenset() if asked else _COURTESY)
    return says_unknown(reply) or (bool(new) and not told)


def knows_nothing(memory: Memory) -> bool:
    """Whether it is the agent's word that it does not know, with nothing beside it but a question or an offer."""
    return _is_the_agents(memory) and says_unknown(memory.detail or memory.text)


def says_unknown(words: str) -> bool:
    """Whether it says that it does not know, with nothing beside it but a question or an offer."""
    if len(words) > MAX_CHARS:
        return False
    said = [part for part in _SENTENCE.split(words.strip()) if not part.endswith("?")]
    unknown = [
        part for part in said if (start := _UNKNOWN.match(part)) and not _TURNS.search(part, start.end())
    ]
    return bool(unknown) and all(part in unknown or _OFFER.match(part) for part in said)


def _repeated(memory: Memory, found: Sequence[Memory]) -> Memory | None:
    """Of `found`, what holds most of the agent's message, where together they hold all of it."""
    words = memory.detail or memory.text
    if not _is_the_agents(memory) or len(words) > MAX_CHARS:
        return None
    turn = [each for each in found if each.turn == memory.turn and _is_the_users(each)]
    asked = bool(memory.asked) or any("?" in each.detail for each in turn)
    # To a question "great" may be the answer, and the question's own words state nothing.
    new = set(lexemes(words)) - _FORM - (frozenset() if asked else _COURTESY)
    told = [*(each for each in found if each.kind is not Kind.EPISODIC), *([] if asked else turn)]
    if not new <= set().union(*map(_told, told)):
        return None
    most = max(told, key=lambda each: len(_told(each) & new), default=None)
    return most if most is not None and _told(most) & new else None


def _is_the_agents(memory: Memory) -> bool:
    return memory.kind is Kind.EPISODIC and memory.provenance.source is Source.AGENT


def _is_the_users(memory: Memory) -> bool:
    return memory.kind is Kind.EPISODIC and memory.provenance.source is Source.USER


def _told(memory: Memory) -> set[str]:
    return set(lexemes(memory.detail or memory.text))

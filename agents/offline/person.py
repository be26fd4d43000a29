"""Grammatical person: what someone says of themselves, said of them, and said to them."""

import re

from agents.offline.text import squeeze, straighten, words
from agents.offline.verbs import second, third
from agents.offline.wordlist import listed

ADVERBS = listed(
    "currently recently still always usually often never sometimes already mostly once "
    "now originally only mainly "
    "rarely seldom regularly occasionally"
)
_ADVERB = re.compile(rf"(?:(?:{'|'.join(ADVERBS)}|no longer) )?", re.IGNORECASE)
_CONTRACTIONS = {
    "I'm": "I am",
    "I've": "I have",
    "I'll": "I will",
    "I'd": "I would",
    "don't": "do not",
    "doesn't": "does not",
    "didn't": "did not",
    "haven't": "have not",
    "hasn't": "has not",
    "hadn't": "had not",
    "isn't": "is not",
    "aren't": "are not",
    "wasn't": "was not",
    "weren't": "were not",
    "can't": "cannot",
    "couldn't": "could not",
    "won't": "will not",
    "we're": "we are",
    "we've": "we have",
    "we'll": "we will",
    "gonna": "going to",
    "wanna": "want to",
    "my name's": "my name is",
}
_EXPAND = re.compile(
    r"(?<![\w'])(?:" + "|".join(map(re.escape, _CONTRACTIONS)) + r")(?![\w'])", re.IGNORECASE
)
_LOWER = {key.lower(): value for key, value in _CONTRACTIONS.items()}
_INNER = re.compile(
    r"(?<![\w'])(?:(?P<pair>(?:I|we) (?:am|was))|(?P<word>I|we|my|our|me|us|mine|ours"
    r"|myself|ourselves))(?![\w'])",
    re.IGNORECASE,
)
_INNER_WORDS = {
    "i": "they",
    "we": "they",
    "my": "their",
    "our": "their",
    "me": "them",
    "us": "them",
    "mine": "theirs",
    "ours": "theirs",
    "myself": "themselves",
    "ourselves": "themselves",
}
_NOUN = r"(?!(?:is|are|was|were|has|had|lives|works|loves|likes|called|and)\b)[\w'-]+"
COMPANY = rf"my {_NOUN}(?: {_NOUN}){{0,3}}"
"""Someone of the speaker's, as in "my wife and I"."""
_TOGETHER = re.compile(rf"my (?P<who>{COMPANY[3:]}) and I (?P<rest>.+)", re.IGNORECASE)
_HABIT = re.compile(
    r"usually|always|often|sometimes|never|rarely|\b(?:every|each|daily|weekly)\b", re.IGNORECASE
)
_SECOND_VERB = re.compile(
    r"\b(and|or) (train|practise|practice|sing|dance|play|swim|run|cook|bake|write|read|draw|eat)"
    r"(?= (?:in|at|on|with|for|every|each|daily|the|a)\b)"
)
_THEY = re.compile(
    r"(?<![\w'])(?:they (?:are|were|have)|they|their|them|theirs|themselves)(?![\w'])", re.IGNORECASE
)
_THEY_WORDS = {
    "they": "you",
    "their": "your",
    "them": "you",
    "theirs": "yours",
    "themselves": "yourself",
}
_PLURAL = re.compile(
    r"\b(?:two|three|four|five|six|several|many|both|parents|children|kids|people|friends"
    r"|[a-z]{3,}(?<!s)(?<!i)s) ",
    re.IGNORECASE,
)
_COMMON = (
    "live work study have own drive love like enjoy prefer hate play speak run swim "
    "teach write eat drink cook bake paint "
    "collect volunteer need use take go want plan wear smoke watch read commute train sing dance"
)
_ALSO = re.compile(rf"\b(and|but) ({'|'.join(third(verb) for verb in words(_COMMON))}|is)\b(?= \w)")


def expand(clause: str) -> str:
    """The clause with its contractions written out, in straight apostrophes and single spaces."""
    return _EXPAND.sub(lambda found: _LOWER[found.group().lower()], squeeze(straighten(clause)))


def to_third(clause: str, subject: str = "The user") -> str:
    """What one clause in the first person says, as a sentence about `subject`.

    "I live in Porto" → "The user lives in Porto."; "my dog is Rex" → "The user's dog is Rex.";
    a clause that is in neither form keeps its words, with my → the user's.
    """
    plain = expand(clause).strip(" ,;:-.!")
    together = _TOGETHER.match(plain)
    if together:
        text = f"{subject} and their {together['who']} {_inner(together['rest'])}"
    elif plain[:2].lower() == "i ":
        text = f"{subject} {_predicate(plain[2:])}"
    elif plain[:3].lower() == "we ":
        text = f"{subject} {_predicate(_single(plain[3:]))}"
    else:
        text = _possessive(plain, subject)
    return text[:1].upper() + text[1:] + "."


def to_second(statement: str) -> str:
    """A remembered statement, said to the one whom it is about; others' statements stay as they are."""
    plain = squeeze(statement)
    low = plain.lower()
    if low.startswith("the user's "):
        return "Your " + _your(plain[len("the user's ") :])
    if low.startswith("the user and their "):
        return "You and your " + _your(plain[len("the user and their ") :])
    if not low.startswith("the user "):
        return plain.replace("the user's", "your").replace("The user's", "Your").replace("the user", "you")
    rest = plain[len("the user ") :]
    lead = _ADVERB.match(rest)
    adverb = lead.group() if lead else ""
    verb, _, tail = rest[len(adverb) :].partition(" ")
    stop = verb[-1:] if verb[-1:] in ".!" else ""
    base = second(verb.rstrip(".!")) + stop
    tail = _ALSO.sub(lambda found: f"{found[1]} {second(found[2])}", tail)
    return _your(f"You {adverb}{base} {tail}".strip())


def _predicate(rest: str) -> str:
    """What follows "I", conjugated."""
    lead = _ADVERB.match(rest)
    adverb = lead.group() if lead else ""
    verb, space, tail = rest[len(adverb) :].partition(" ")
    tail = _inner(tail)
    # "I sing and dance every day": the second verb has the same subject.
    if third(verb) != verb.lower() and " to " not in f" {tail}":
        tail = _SECOND_VERB.sub(lambda found: f"{found[1]} {third(found[2])}", tail, count=1)
    # "read" is past unless something says that it is a habit.
    once = verb.lower() == "read" and not _HABIT.search(adverb + tail)
    return f"{adverb}{verb.lower() if once else third(verb)}{space}{tail}"


def _single(rest: str) -> str:
    return re.sub(r"^(are|were)\b", lambda found: {"are": "am", "were": "was"}[found.group()], rest)


def _possessive(plain: str, subject: str) -> str:
    """A clause that does not start with its speaker: the first "my" names them, later words refer back."""
    owner = subject[:1].lower() + subject[1:] if subject == "The user" else subject
    head, found, tail = _split_my(plain)
    return f"{head}{owner}'s{_inner(tail)}" if found else _named_first(plain, owner)


def _split_my(plain: str) -> tuple[str, bool, str]:
    match = re.search(r"(?<![\w'])my(?![\w'])", plain, re.IGNORECASE)
    first = _INNER.search(plain)
    if match is None or (first is not None and first.start() < match.start()):
        return plain, False, ""
    return plain[: match.start()], True, plain[match.end() :]


def _named_first(plain: str, owner: str) -> str:
    forms = {"i": owner, "we": owner, "me": owner, "us": owner, "my": f"{owner}'s", "our": f"{owner}'s"}
    match = _INNER.search(plain)
    if match is None:
        return plain
    if match["pair"]:
        verb = match["pair"].split()[1].lower()
        return f"{plain[: match.start()]}{owner} {third(verb)}{_inner(plain[match.end() :])}"
    word = match["word"].lower()
    tail = plain[match.end() :]
    acts = word in {"i", "we"} and tail.startswith(" ")
    tail = " " + _predicate(tail[1:]) if acts else _inner(tail)
    return f"{plain[: match.start()]}{forms.get(word, owner)}{tail}"


def _inner(text: str) -> str:
    def swap(match: re.Match[str]) -> str:
        if match["pair"]:
            return "they were" if match["pair"].lower().endswith("was") else "they are"
        return _INNER_WORDS[match["word"].lower()]

    return _INNER.sub(swap, text)


def _your(text: str) -> str:
    """Reads "their" and the like as the person spoken to, unless a plural stands before them."""
    plural = _PLURAL.search(text)
    limit = plural.start() if plural else len(text)

    def swap(match: re.Match[str]) -> str:
        low = match.group().lower()
        if match.start() > limit and not low.startswith(("their", "themselves")):
            return match.group()
        return _THEY_WORDS.get(low) or "you " + low.split()[1]

    return _THEY.sub(swap, text)

"""From a message to the first-person clauses that it asserts.

What is asked, supposed, quoted, ordered or said by others is dropped here, before any rule sees it.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from agents.offline.antecedents import and_she, just_before, with_antecedent
from agents.offline.beings import with_being
from agents.offline.person import COMPANY, expand
from agents.offline.rules import KIN, PETS
from agents.offline.text import MAX_CHARS, Sentence, is_question, sentences, squeeze, straighten
from agents.offline.verbs import IRREGULAR_PAST
from agents.offline.wordlist import listed

PRESENT = listed(
    "live work study have own drive ride love like enjoy prefer hate dislike play speak "
    "run swim teach write eat drink "
    "cook bake paint collect volunteer need use take go practice practise manage lead "
    "wear smoke watch read want plan"
)

_OPENERS = (
    "hey|hi|hello|yeah|yep|yes|yup|yea|no|nope|nah|oh|ah|aw|well|wow|so|and|but|also"
    "|plus|actually|anyway|thanks"
    "|thank you|sure|okay|ok|haha|lol|btw|by the way|to be honest|tbh|honestly|just "
    "so you know|fyi|for the record"
    "|in fact|cool|nice|great|awesome|absolutely|definitely|of course|guess what|you "
    "know|sorry|hmm|man|lately|recently"
    "|as for me|basically|luckily|fortunately|unfortunately|sadly|thankfully|correction|please note|note"
    "|good morning|good evening|good afternoon|now|nowadays|these days|currently|before that|previously|formerly"
    "|(?:please )?(?:remember|don't forget|note|keep in mind)(?: that|:)|for your information"
)
_OPENER = re.compile(rf"(?:{_OPENERS})(?![\w'])(?: (?:there|again|everyone|all))?[ ,!:.—–-]*", re.IGNORECASE)
_OPENING = 200
"""So far into a message may its first sentence begin, behind greetings."""
_VOCATIVE = re.compile(r"[A-Z][a-z]{1,20}[,!] (?=(?:I|I'm|I've|I'll|My|my|We|we)\b)")
_GREETED = re.compile(r"(?:hey|hi|hello|good \w+)\b", re.IGNORECASE)
_NOT_NAMES = (
    "Sorry|Fine|Good|Great|Back|Happy|Here|New|Not|So|Very|Just|Really|Glad|Okay|Going"
    "|Looking|Trying|Tired|Sick"
    "|Busy|Bored|Lost|Hungry|Sure|Done|Ready|Excited|Single|Married|Vegan|Vegetarian|Gay|Trans|Deaf|Autistic"
    "|Catholic|Christian|Jewish|Muslim|Hindu|Buddhist|Sikh|German|Greek|French|Dutch"
    "|Thai|Czech|Swiss|Welsh|Iraqi"
    "|Israeli|Pakistani|Filipino|Arab|Kurdish|American|Mexican|Canadian|Brazilian|Italian"
    "|Russian|Ukrainian|Indian"
    "|Norwegian|Belgian|Austrian|Hungarian|Romanian|African|European|Asian|Indonesian"
    "|Iranian|Egyptian|Australian"
    "|Chilean|Cuban|Colombian|Argentinian|Korean|[A-Z][a-z]+(?:ese|ish)"
)
_I_AM = re.compile(
    rf"^(?:I'm|I am|this is) (?!(?:{_NOT_NAMES})\b)([A-Z][^\W\d_]{{1,30}})(?=[.!,]|$| and | from )"
)
_SUBJECT = r"(?:I|I'm|I've|I'll|I'd|we|we've|we're)(?![\w'])"
_MY_FINITE = (
    r"my (?:\w+ ){1,3}(?:is|are|was|has|had|lives|works|loves|likes|plays|died|turned|got|just|and I)\b"
)
_SPLIT = re.compile(
    rf"(?:[,;]|:(?=\s)|\s[-–—]+|\.\.\.|…|\s&)\s?(?:(?:and|but|so|plus|because|since|though"
    rf"|although|while|as|yet)\s)?"
    rf"(?:also |then |now |before that,? |previously )?(?={_SUBJECT}|{_MY_FINITE})"
    rf"|\s(?:and|but|so|plus|because)\s(?:also |then |now |before that,? |previously )?(?={_SUBJECT}|{_MY_FINITE})",
    re.IGNORECASE,
)
_NOUNS_TOO = listed(
    "work study love like drive ride play run swim drink cook paint need use practice lead watch plan"
)
_PLAIN = "|".join(verb for verb in PRESENT if verb not in _NOUNS_TOO)
_TOO = "|".join(_NOUNS_TOO)
_ENDED = "(?!need|feed|seed|speed|bed|red|shed|wed)[a-z]+ed"
_PASTS = "|".join(
    sorted(IRREGULAR_PAST - {"been", "done", "gone", "would", "could", "might", "should", "were", "was"})
)
_SHARED = re.compile(
    r"\s(?:and|but)\s(?:then |also |now |recently |never |usually |always )?"
    rf"(?=(?P<past>(?:{_PASTS}|{_ENDED})\s\w)|(?:{_PLAIN})\s\w"
    rf"|(?:{_TOO})\s(?:at|for|as|in|with|on|to|the|a|an|my|from|\w+ing)\b)",
)
_NO_SHARING = re.compile(
    r"\b(?:to|can|cannot|can't|not|don't|didn't|won't|will|never|who|that|which|haven't"
    r"|let|help|make|see|hear|when)\b",
    re.IGNORECASE,
)
_TIME_ONLY = re.compile(
    r"(?:(?:in|on|during|since|for) [\w ]{2,30}|(?:last|this|next|two|three|four|five"
    r"|a few|a couple of|one|every) [\w ]{3,22}"
    r"|(?:yesterday|today|tomorrow|tonight)(?: (?:morning|evening|afternoon|night))?)",
    re.IGNORECASE,
)
_COMPANY = re.compile(COMPANY, re.IGNORECASE)
_DOUBT = re.compile(
    r"\b(?:if|unless|whether|suppose|supposing|imagine|pretend|hypothetically|i wish"
    r"|as though|let's say|what would)\b",
    re.IGNORECASE,
)
_REPORTED = re.compile(
    r"\b(?:said|says|told|claims|claimed|replied|joked|insists|thinks|thought|wrote that|according to)\b",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(r"\b(?:I|I'm|my|me)\b")
_OWN_REPORT = re.compile(r"\bI (?:\w+ )?(?:said|told|claimed|thought)\b")
_UNSURE = re.compile(
    r"\b(?:would|could|might|should|may have|may be|i may|maybe|perhaps|probably|possibly"
    r"|kidding|almost|nearly"
    r"|hopefully|supposed to)\b|\bI'd\b",
    re.IGNORECASE,
)
_QUOTING = re.compile(
    r"\b(?:translate|summari[sz]e|proofread|rewrite|rephrase|paraphrase|role-?play|pretend"
    r"|imagine|write (?:me )?an?"
    r"|draft|correct this|fix this|repeat after me|complete this|how do (?:i|you) say)\b",
    re.IGNORECASE,
)
_PASTED = re.compile(
    r"\b(?:e-?mail|article|document|text|letter|message|review|story|poem|lyrics|this|following|quote|below"
    r"|wrote|says|said)\b[^:\n]{0,60}:\s*$",
    re.IGNORECASE,
)
_FORGET = re.compile(
    r"\b(?:forget (?:that|what|where|my|about|it|everything|all|the|who|when|how)|do "
    r"?n[o']t (?:remember|save|store)"
    r"|(?:delete|erase|remove) (?:my|what|that|the|everything)|off the record)\b",
    re.IGNORECASE,
)
_KEEP = re.compile(r"\b(?:don't|do not|never|won't|didn't) forget\b", re.IGNORECASE)
SECRET = re.compile(
    r"\b(?:pass ?words?|passwd|pass ?(?:phrase|code)s?|api[ _-]?keys?|secret keys?|private "
    r"keys?|access tokens?"
    r"|auth tokens?|bearer|credit card|card number|cvv|cvc|pin (?:code|number|is)|my pin|ssn|social security"
    r"|seed phrase|credentials?|iban|account number|routing number|otp|2fa|login)\b"
    r"|\b(?:sk|pk|rk|ghp|gho|xox[abp]|AKIA|AIza|glpat|hf)[-_]?[A-Za-z0-9_-]{12,}"
    r"|(?<![\d-])(?:\d[ -]?){13,19}(?!\d)|\b(?=[A-Za-z_-]{0,40}\d)[A-Za-z0-9_-]{24,}\b|-----BEGIN",
    re.IGNORECASE,
)


# "My name is not Ana, it is Anna" says what it is.
_NOT_BUT = re.compile(
    r"\b(?P<of>my (?:[\w'-]+ ){0,3}?[\w-]+)(?: is not|'s not| isn't) (?P<old>[\w' -]{1,40}?"
    r"(?P<over> any ?more| any longer)?)[,;] ?(?:but |it is |it's )(?P<value>.+)$",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rf"(?P<has>\bI have (?:an?|one) (?:[\w-]+ )?(?i:{KIN}|{PETS})), (?P<name>[A-Z][\w-]+)(?=[.!]*$)"
)
# "I lived in Lyon until I moved to Oslo in 2024" tells of two homes, and of one time for both.
_UNTIL_MOVED = re.compile(
    r"^(?P<was>.*\b(?:I|we) (?:lived|worked|used to (?:live|work)) [^,;]{2,80}?) (?P<until>until|till) "
    r"(?P<moved>(?:I|we) (?:moved|relocated|emigrated|started|joined)\b[^,;]*?)"
    r"(?P<at> (?:in (?=[\w ]*\d{4})|on |(?=last |yesterday))[\w ]{3,30})?(?P<end>[.!]*)$",
    re.IGNORECASE,
)
_BROUGHT_UP = re.compile(
    r"(?:by the way,? |and |so )?(?:(?:did|have) i (?:already |ever )?(?:tell|told|mention|mentioned)(?: to)?(?: you)?"
    r"|did you know)(?: that)? (?P<told>(?:i|we|my \w+|our \w+)\b[^?]{4,200})\?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Clause:
    """One assertion in the first person and the sentence, verbatim, that it comes from."""

    text: str
    quote: str


def asks_to_forget(text: str) -> bool:
    """Whether a message asks that something be forgotten or not kept."""
    return bool(_FORGET.search(_KEEP.sub("", straighten(text[:MAX_CHARS]))))


def own_sentences(text: str) -> Iterator[str]:
    """The sentences of a message up to where it hands on somebody's text; those that begin in a quotation are out."""
    text = text[:MAX_CHARS]
    quoted = _Quotations(text)
    for sentence in sentences(text):
        body = squeeze(straighten(sentence.text))
        if _QUOTING.search(body) or _PASTED.search(body):
            return
        if not quoted.concern(sentence):
            yield sentence.text


def is_reported(body: str) -> bool:
    """Whether a sentence tells what somebody else said."""
    return bool(_REPORTED.search(body) and not _OWN_REPORT.search(body))


def brought_up(sentence: str) -> str:
    """What a question only brings up ("Did I tell you that my sister moved?"), as a sentence; "" for any other."""
    found = _BROUGHT_UP.match(squeeze(straighten(sentence)))
    return f"{found['told']}." if found else ""


def clauses(
    text: str, before: str = "", beings: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Clause]:
    """The first-person clauses that a message asserts, in order; `before` is what was said just before it.

    `beings` are persons and animals of the speaker's by name.
    """
    text = text[:MAX_CHARS]
    if asks_to_forget(text):
        return
    quoted = _Quotations(text)
    for sentence in sentences(text):
        body = squeeze(straighten(sentence.text))
        if _QUOTING.search(body) or _PASTED.search(body):
            return
        body = with_antecedent(brought_up(body) or body, just_before(text, sentence.start, before))
        body = _UNTIL_MOVED.sub(_and_moved, with_being(body, beings))
        body = _NAMED.sub(
            r"\g<has> called \g<name>", _NOT_BUT.sub(_not_but, body).replace("moved here from", "moved from")
        )
        if quoted.concern(sentence) or not _asserts(body):
            continue
        opens = sentence.start < _OPENING and not _OPENER.sub("", text[: sentence.start]).strip()
        asserted = and_she(_strip_openers(body, first=opens))
        for clause in (each for part in asserted for each in _split(part)):
            if not _UNSURE.search(clause):
                yield Clause(clause, sentence.text)


def _not_but(found: re.Match[str]) -> str:
    """What it is; and what it is no more, where it was that once."""
    ended = f"{found['of']} is not {found['old']}, " if found["over"] else ""
    return f"{ended}{found['of']} is {found['value']}"


def _and_moved(found: re.Match[str]) -> str:
    at = found["at"] or ""
    until = f" {found['until']}{re.sub(r'^ (?:in|on)(?= )', '', at)}" if at else ""
    return f"{found['was']}{until}, {found['moved']}{at}{found['end']}"


def _asserts(body: str) -> bool:
    if len(body) > 600 or is_question(body) or _DOUBT.search(body) or SECRET.search(body):
        return False
    return not is_reported(body)


class _Quotations:
    """Spans between double quotes or in code fences; an unclosed one reaches to the end of its line."""

    def __init__(self, text: str) -> None:
        self._spans = list(_quoted(text))
        self._lefts = [left for left, _ in self._spans]

    def concern(self, sentence: Sentence) -> bool:
        """Whether a sentence starts in a quotation, or quotes someone's first person."""
        end = sentence.start + len(sentence.text)
        later = bisect_right(self._lefts, sentence.start)
        if later and sentence.start < self._spans[later - 1][1]:
            return True
        within = self._spans[later : bisect_left(self._lefts, end)]
        return any(
            _FIRST_PERSON.search(sentence.text[left - sentence.start : right - sentence.start])
            for left, right in within
        )


def _quoted(text: str) -> Iterator[tuple[int, int]]:
    """In order, and none within another."""
    offset = 0
    fenced = False
    for line in text.splitlines(keepends=True):
        end = offset + len(line)
        if line.lstrip().startswith("```"):
            fenced = not fenced
            yield offset, end
        elif fenced or line.lstrip().startswith(">"):
            yield offset, end
        else:
            marks = [offset + at for at, char in enumerate(line) if char in '"“”«»„']
            marks += [end] if len(marks) % 2 else []
            yield from zip(marks[::2], marks[1::2], strict=True)
        offset = end


def _strip_openers(body: str, *, first: bool) -> str:
    greeted = False
    for _ in range(5):
        found = _OPENER.match(body) or _VOCATIVE.match(body)
        if found is None or not found.group():
            break
        greeted = greeted or _GREETED.match(found.group()) is not None
        body = body[found.end() :]
    # "Hi, I'm Ana" gives a name; later in a message it might be any adjective.
    return _I_AM.sub(r"my name is \1", body) if greeted or first else body


def _split(body: str) -> Iterator[str]:
    start = 0
    for cut in _SPLIT.finditer(body):
        before = body[start : cut.start()]
        if _TIME_ONLY.fullmatch(before) or _COMPANY.fullmatch(before):
            continue
        if before:
            yield from _shared(before)
        start = cut.end()
    yield from _shared(body[start:])


def _shared(clause: str) -> Iterator[str]:
    """A clause whose second half has the same subject ("I live in Porto and work at Acme"), as two."""
    plain = expand(clause).strip()
    if not plain.startswith("I "):
        yield plain
        return
    start = 0
    for cut in _SHARED.finditer(plain):
        before = plain[start : cut.start()]
        if _NO_SHARING.search(plain[: cut.start()]) and not (cut["past"] and " not " not in before):
            continue
        if cut["past"] and re.match(r"I (?:am|have been) ", before):
            continue
        yield _with_subject(before)
        start = cut.end()
    yield _with_subject(plain[start:])


def _with_subject(part: str) -> str:
    return part if part.startswith("I ") else f"I {part}"

"""What a noted statement says: of whom, which attribute, which value, whether it holds. Pure.

Statements are as facts are noted: in English, in the third person, complete ("The user no longer lives in Porto.").
Of another language words, names and numbers are compared all the same.
"""

import re
from dataclasses import dataclass
from typing import Final

from config.memos import memo
from memory.long_term.language.lexemes import lexemes

_COUNTED: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
)
_NUMBERS: Final = {word: str(number) for number, word in enumerate(_COUNTED.split())}
_ALIKE: Final = {
    stem: lexemes(word)[0]
    for word, others in {
        "like": "love likes enjoy adore",
        "live": "reside based",
        "mother": "mom mum mama",
        "father": "dad papa",
        "children": "kids",
        "automobile": "car",
    }.items()
    for stem in lexemes(others)
}
_FILLERS: Final = frozenset(
    lexemes(
        "user longer anymore currently recently also really again still actually ever never always very much "
        "stopped quit used gave given up ceased formerly former any nowadays days instead"
    )
)
_PAST = re.compile(r"\b(?:used to|formerly|once)\b", re.IGNORECASE)
_ENDED = re.compile(
    r"\b(?:no longer|any ?more|any longer|stopped|has quit|quit|gave up|has given up|ceased)\b", re.IGNORECASE
)
_LEFT = re.compile(
    r"^(?P<who>.+?) (?:has )?(?:left|quit|resigned from|moved (?:out of|away from)) "
    r"(?P<value>(?:the )?[A-Z\u00c0-\u00de].*)$"
)
_UNTIL = re.compile(
    r"^(?P<who>.+?) (?:has |used to )?(?:lived?|worked?) (?:in|at|for) (?P<value>(?:the )?[A-Z\u00c0-\u00de].*?) "
    r"(?:until|till|up to) (?P<when>.+)$"
)
_DIED = re.compile(
    r"^(?P<whose>.+?)['’]s (?P<kind>[\w-]+)(?: (?P<name>[A-Z\u00c0-\u00de][\w-]*))? (?:has )?(?:died|passed away)\b"
)
_HAS_ONE = re.compile(
    r"^(?P<whose>.+?) has (?:an?|one) (?:[\w-]+ )?(?P<kind>[\w-]+)"
    r"(?:,? (?:called|named|whose name is) (?P<name>[A-Z\u00c0-\u00de][\w-]*))?$"
)
_NOT = re.compile(r"\b(?:not|never|no|cannot|neither|without)\b|n['’]t\b", re.IGNORECASE)
_DISLIKE = re.compile(
    r"\b(?:hates?|hated|dislikes?|disliked|detests?|loathes?|(?:cannot|can['’]t|can not) stand)\b",
    re.IGNORECASE,
)
_AND = re.compile(r"\band\b|\bor\b|,", re.IGNORECASE)
_NAME = re.compile(r"\b[A-Z\u00c0-\u00de][\w'’-]*")
_NUMBER = re.compile(r"(?<![\w.,])\d+(?:[.,:]\d+)*(?!\w)")
_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December"
    "|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
)
_DATE = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)? (?:of )?(?:{_MONTHS})\b(?:,? \d{{4}})?"
    rf"|\b(?:{_MONTHS})\b(?: \d{{1,2}}(?:st|nd|rd|th)?\b)?(?:,? \d{{4}})?|\b(?:19|20)\d\d(?:-\d\d(?:-\d\d)?)?\b"
)
_NO_NAMES: Final = frozenset(
    {"the", "user", "i", "a", "an", "they", "he", "she", "it", "in", "on", "my", "user's"}
)
_SUBJECT = re.compile(
    r"^(?P<who>(?:The user|the user|User|[A-Z\u00c0-\u00de][\w-]*(?: [A-Z\u00c0-\u00de][\w-]*)*)"
    r"(?:['’]s [\w-]+(?: (?!I\b)[A-Z\u00c0-\u00de][\w-]*)*)*)(?![\w'’])"
)
_TURNS = re.compile(
    r"\b(?:no longer|currently|now|still|recently|actually|also|originally|used to|do(?:es)? not|did not"
    r"|any ?more|any longer)(?:\s|$)",
    re.IGNORECASE,
)
_ONE_OF: Final = (
    "wife husband partner spouse boyfriend girlfriend fiance fiancé fiancee fiancée mother father mom mum dad "
    "boss manager company employer school university street boat"
)
"""What a person has one of, so that another name for it is another value. One may have two dogs."""
_FIXED = (
    r"birthday|birth date|date of birth|blood (?:type|group)|address|phone number|e-?mail(?: address)?|employer"
    r"|hometown|home town|job|job title|nationality|favou?rite [\w -]+?"
)
_SLOTS: Final = (
    (
        "home",
        re.compile(
            r"^(?P<who>.+?) (?:lives?|is living|resides?|is based|has lived) in (?P<value>.+)$"
            r"|^(?P<who2>.+?)['’]s home is (?:in )?(?P<value2>.+)$"
        ),
    ),
    ("move", re.compile(r"^(?P<who>.+?) (?:has )?moved (?:back )?to (?P<value>.+)$")),
    (
        "start",
        re.compile(
            r"^(?P<who>.+?) (?:has )?(?:started|began) (?:(?:working|work|to work|a (?:new )?job) )?(?:at|for) "
            r"(?P<value>(?:the )?[A-Z\u00c0-\u00de].*)$"
        ),
    ),
    ("employer", re.compile(r"^(?P<who>.+?) (?:works?|is working) (?:at|for) (?P<value>.+)$")),
    ("title", re.compile(r"^(?P<who>.+?) (?:works?|is working) as (?:an? |the )?(?P<value>.+)$")),
    ("field", re.compile(r"^(?P<who>.+?) works? in (?P<value>.+)$")),
    (
        "name",
        re.compile(r"^(?P<who>.+?)(?: is called| is named|['’]s (?:full |first )?name is) (?P<value>.+)$"),
    ),
    ("age", re.compile(r"^(?P<who>.+?) (?:is|turned) (?P<value>\d{1,3})(?: years? old)?$")),
    ("birth", re.compile(rf"^(?P<who>.+?) was born (?:in|on) (?P<value>(?:the )?(?:\d|(?:{_MONTHS})\b).*)$")),
    (
        "allergy",
        re.compile(
            r"^(?P<who>.+?) (?:is(?: \w+ly)? allergic to|has an allergy to) (?P<value>.+)$"
            r"|^(?P<who2>.+?) has an? (?P<value2>.+) allergy$"
        ),
    ),
    (
        "status",
        re.compile(r"^(?P<who>.+?) (?:is|got) (?P<value>(?:single|married|engaged|divorced|widowed)\b.*)$"),
    ),
    ("origin", re.compile(r"^(?P<who>.+?) (?:is|comes) from (?P<value>.+)$")),
    ("trade", re.compile(r"^(?P<who>The user|.+?['’]s [\w-]+) is an? (?P<value>.+)$")),
    ("fixed", re.compile(rf"^(?P<who>.+?['’]s (?:{_FIXED})) is (?P<value>.+)$", re.IGNORECASE)),
)
_WORDS: Final = {
    "home": "lives based home moved resides",
    "employer": "works",
    "title": "works as",
    "name": "name called named",
    "age": "years old turned",
    "birth": "born",
    "allergy": "allergic allergy",
    "status": "single married engaged divorced widowed",
}
_SINGLE: Final = frozenset(
    {"home", "move", "start", "employer", "title", "name", "age", "birth", "status", "fixed"}
)
_PLACES: Final = ("home", "move", "start", "employer")
_EVENTS: Final = {"move": "home", "start": "employer"}
"""What tells of the day on which an attribute got its value."""
_KIND = re.compile(r"(?i:an?|the|their|her|his|our|some|one|two|three) (?![A-Z])")
_HEAD_ENDS = re.compile(r"[,;(]| (?:with|and|since|for|near|because|where|which|who|but|as|until|from|at)\b")


@dataclass(frozen=True)
class Slot:
    """An attribute of somebody. `single`: it has one value at a time. `value` is its stems, `head` those that count."""

    name: str
    who: str
    value: frozenset[str]
    head: frozenset[str]
    single: bool

    @property
    def words(self) -> str:
        """By which other values of it are looked for."""
        return _WORDS.get(self.name, "") or self.who.removeprefix("the user's ")


@dataclass(frozen=True)
class Statement:
    """`core` are the stems of what it says, without what says whether it holds; `names` and `numbers` are exact.

    `holds`: not denied and not ended. `past`: it is told as over ("used to"). `several`: it says more than one thing.
    """

    text: str
    subject: str
    slot: Slot | None
    holds: bool
    past: bool
    several: bool
    core: frozenset[str]
    names: frozenset[str]
    numbers: frozenset[str]
    dates: frozenset[str]


@memo(2048)
def read(text: str) -> Statement:
    """Linear in the text's length."""
    plain = " ".join(text.split()).rstrip(" .!")
    disliked = _DISLIKE.search(plain)
    said = _DISLIKE.sub("like", plain)
    denied = bool(_NOT.search(said) or _ENDED.search(said) or leaves(plain))
    past = bool(_PAST.search(said))
    return Statement(
        text=plain,
        subject=_subject(plain),
        slot=slot_of(plain),
        holds=(denied or past) == bool(disliked),
        past=past,
        several=bool(_AND.search(plain)),
        core=stems(said) - _FILLERS,
        names=names(plain),
        numbers=numbers(plain),
        dates=frozenset(found[0].casefold() for found in _DATE.finditer(plain)),
    )


def stems(text: str) -> frozenset[str]:
    """The content words, stemmed, one word for those of one meaning."""
    found = (_NUMBERS.get(word, word) for word in lexemes(text))
    return frozenset(_ALIKE.get(word, word) for word in found)


def names(text: str) -> frozenset[str]:
    """Words with a capital, but for those that begin every sentence and those of dates."""
    bare = _DATE.sub(" ", text)
    found = (re.sub(r"['’]s$", "", word[0]).casefold() for word in _NAME.finditer(bare))
    return frozenset(word for word in found if word not in _NO_NAMES)


def numbers(text: str) -> frozenset[str]:
    """Numbers in figures or in words, but for those of dates."""
    bare = _DATE.sub(" ", text)
    spelled = (_NUMBERS.get(word.casefold(), "") for word in re.findall(r"[A-Za-z]+", bare))
    return frozenset(filter(None, [*_NUMBER.findall(bare), *spelled]))


def slot_of(statement: str) -> Slot | None:
    """The attribute of whom that a statement gives a value; None where it gives none that is known."""
    plain = _TURNS.sub("", " ".join(statement.split()).rstrip(" .!"))
    for name, pattern in _SLOTS:
        found = pattern.match(plain)
        if found:
            parts = found.groupdict()
            who = str(parts["who"] or parts.get("who2")).casefold().replace("’", "'")
            value = str(parts["value"] or parts.get("value2"))
            single = name in _SINGLE and not who.startswith("one of") and _names_it(name, who, value)
            return Slot(_EVENTS.get(name, name), who, stems(value), _head(value), single)
    return None


def _names_it(slot: str, who: str, value: str) -> bool:
    """Whether the value is a name that leaves no room for another: somebody may have two dogs, or a flat in Porto."""
    if slot == "name":
        return "'s " not in who or who.rsplit(" ", 1)[-1] in _ONE_OF.split()
    return slot not in _PLACES or _KIND.match(value) is None


def is_move(statement: str) -> bool:
    """Whether it tells of a move, to a place or an employer: its time is its own, whenever it is told."""
    plain = _TURNS.sub("", statement)
    return any(pattern.match(plain) for name, pattern in _SLOTS if name in _EVENTS)


def leaves(statement: str) -> Slot | None:
    """The home or the employer that somebody left, as a value of either.

    "The user left Siemens", or "The user lived in Lyon until May 2024".
    """
    plain = " ".join(statement.split()).rstrip(" .!")
    found = _LEFT.match(plain)
    if found is None and (until := _UNTIL.match(plain)) and _DATE.search(until["when"]):
        found = until
    if found is None:
        return None
    who = found["who"].casefold().replace("’", "'")
    return Slot("", who, stems(found["value"]), _head(found["value"]), single=True)


def is_end_of(new: str, old: str) -> bool:
    """Whether one tells of the death of whom the other says that somebody has: of that name, or both of none."""
    died, had = (
        pattern.match(" ".join(text.split()).rstrip(" .!"))
        for pattern, text in ((_DIED, new), (_HAS_ONE, old))
    )
    if died is None or had is None:
        return False
    of_one = [
        tuple((found[part] or "").casefold() for part in ("whose", "kind", "name")) for found in (died, had)
    ]
    return of_one[0] == of_one[1]


def agree(one: Statement, other: Statement) -> bool:
    """Whether they are about the same: "the user's sister" may be "the user's sister Ines", but no other one."""
    short, long = sorted((one.subject, other.subject), key=len)
    return short == long or (bool(short) and "'s " in short and long.startswith(f"{short} "))


def _subject(plain: str) -> str:
    found = _SUBJECT.match(plain)
    who = found["who"].casefold().replace("’", "'") if found else ""
    return "the user" if who == "user" else who


def _head(value: str) -> frozenset[str]:
    """A value's name, where it begins with one, else its first words: of "Porto with Ana" Porto."""
    first = _HEAD_ENDS.split(_DATE.sub(" ", value), maxsplit=1)[0]
    named = re.match(r"(?:the |an? |The )?((?:[A-Z\u00c0-\u00de][\w'’.-]*[ ]?)+)", first)
    return stems(named[1] if named else first) or stems(value)

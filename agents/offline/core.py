"""What of a clause stands alone: fillers out, remarks cut, dates absolute, dangling words refused."""

import re
from dataclasses import dataclass
from datetime import date

from agents.offline.dates import has_relative, has_weekday, resolve
from agents.offline.rules import KIN
from agents.offline.verbs import is_past
from agents.offline.wordlist import listed

MAX_CHARS = 1_000
"""Of one clause; what is longer is none, and would be read for long."""
_FILLER = re.compile(
    r"^(?P<head>(?:I|we)(?: am| have| was| will| do not| are| were)?|my)(?P<fill>(?: "
    r"(?:really|just|actually|even|also|totally|definitely|finally|honestly"
    r"|absolutely|truly|kinda|literally|officially|obviously|super|too|both|all|already"
    r"|so|basically|simply|gladly"
    r"|clearly|certainly|pretty much|seriously|truly|soon|first|then|ended up|do(?! not)))+)(?= )",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?P<when>(?:(?:in (?!the meantime|fact|general|short|my)|(?:on|during|since) "
    r")[\w ]{2,25}?|(?:last|this|next|two|three|a "
    r"few|a couple of|one|every) "
    r"[\w ]{3,22}?|yesterday|today|tomorrow|tonight)(?: (?:morning|evening|afternoon|night))?),? "
    r"(?=(?:I|my|we) )",
    re.IGNORECASE,
)
_NAMED_TIME = (
    r"(?:the )?(?:(?:end|beginning|start|middle|spring|summer|autumn|fall|winter) of |early |late |mid[- ])?"
    r"(?:(?:last|this|next) (?:week|weekend|month|year|spring|summer|autumn|fall|winter|\w+day)"
    r"|yesterday|today|tomorrow|(?:19|20)\d\d|(?:\d{1,2}(?:st|nd|rd|th)?(?: of)? )?"
    r"(?-i:January|February|March|April|May|June|July|August|September|October|November|December))\b"
)
_TAIL = re.compile(
    r"\s?(?:[;:](?=\s|$)|\(|\s[-–—]+\s|\.\.\.|…|—|–|- )|\s(?:because|'cause|cuz|but|though"
    r"|although|whereas|while|which|so|as (?:it|they|he|she"
    r"|well|the|a result|soon)|since (?:it|they|he|she|the|we|you)|(?:until|till)"
    rf"(?! {_NAMED_TIME})"
    r"|(?:and|&) (?:it|its|it's|that|this|they|he|she|there|the \w+ (?:was|were|is|are)"
    r"|everyone|now|so|even|am|was|have|has|stuff|all))\b",
    re.IGNORECASE,
)
_DANGLING = frozenset(
    listed(
        "it it's its it'd it'll this that that's these those them they they're he she him "
        "there here you your yours you're "
        "you've ya u one ones same such thing things stuff something something's anything "
        "everything someone somebody "
        "everyone what whatever how when where why who whom his her hers our another other "
        "others both whole each way "
        "mine yours too either neither more"
    )
)
_PEOPLE = re.compile(rf"(?i:{KIN})|(?!I\b)[A-Z][a-z]+")
_ANTECEDENTS = frozenset(listed("he she him his her hers they them who"))
_ONE_OF_MY = re.compile(r"^one of (?=my )", re.IGNORECASE)
_TOKENS = re.compile(r"[\w']+")
_DECORATION = re.compile(r"(?<![^\w\s+#%\"').!?])[^\w\s+#%\"'][^\w+#%\"']*$")
_END_JUNK = re.compile(
    r"(?: (?:too|right now|right|again|together|as usual|though|as well|lol|haha|now"
    r"|and|or|but|so|to|of|with|in|at|for|a|the|my|really|much|yet|also|please"
    r"|anymore that|again|right now that|tho))+$",
    re.IGNORECASE,
)
_KEEP_END = re.compile(
    r"\b(?:moved|live|living|lives|go|went|came|am|vegan|single) (?:now|in|again)$", re.IGNORECASE
)
_ABSOLUTE = re.compile(
    r"\b(?:(?:19|20)\d\d|\d{1,2}(?:st|nd|rd|th)?(?: of)? (?:January|February|March|April"
    r"|May|June|July|August|September"
    r"|October|November|December)|(?:January|February|March|April|June|July|August|September"
    r"|October|November|December))\b"
)
_FUTURE = re.compile(
    r"^(?:I|we) (?:am|are|will|plan|have|want)\b"
    r"|^my (?:[\w'-]+ ){1,7}?(?:is|leaves|departs|starts|begins) (?:on|at)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Core:
    """A clause ready for the rules: its words and whether they hold an absolute date."""

    text: str
    dated: bool


def core(clause: str, today: date | None, *, keep_relative: bool = False) -> Core | None:
    """The core of an expanded clause, or None when it would not stand alone.

    `keep_relative` leaves relative dates as they were said, for saying the words back at once.
    """
    if len(clause) > MAX_CHARS:
        return None
    clause = _DECORATION.sub("", clause).strip(" .!,;:*_~\"'")
    text = _TAIL.split(_fronted(clause), maxsplit=1)[0]
    text = _FILLER.sub(lambda found: found["head"], _cut_comma(text))
    text = _FILLER.sub(lambda found: found["head"], text).strip(" .!,;:*_~\"'-")
    if today is not None:
        text = resolve(text, today, _tense(text)).text
    relative = has_relative(text)
    if relative and not keep_relative:
        return None
    if not _KEEP_END.search(text):
        text = _END_JUNK.sub("", text)
    text = text + '"' if text.count('"') % 2 else text
    tokens = _TOKENS.findall(text)
    if not 2 <= len(tokens) <= 40 or _dangles(text):
        return None
    said = keep_relative and has_weekday(text)
    return Core(text, relative or said or bool(_ABSOLUTE.search(text)))


def _fronted(clause: str) -> str:
    """Makes "Yesterday I ran" into "I ran yesterday", so that a rule finds the verb where it expects it."""
    found = _LEAD.match(clause)
    if found is None:
        return clause
    rest = _cut_comma(_TAIL.split(clause[found.end() :], maxsplit=1)[0]).strip(" .!,;")
    when = found["when"]
    return f"{rest} {when[:1].lower() + when[1:]}"


def _cut_comma(text: str) -> str:
    """The text up to its first comma, unless the comma belongs to a list, a place or a date."""
    parts = text.split(",")
    kept = parts[0]
    for index, part in enumerate(parts[1:], start=1):
        bare = part.strip()
        count = len(bare.split())
        place = bool(re.match(r"(?:[A-Z][\w.]+ ?){1,3}$", bare)) and re.search(
            r"\b(?:in|to|from|near|at|address is) [^,]+$", kept
        )
        listed = count <= 6 and not re.match(
            r"(?:I|it|my|we|you|so|but|and it|\w+ing|too|though|right|etc)\b", bare
        )
        closes = any(re.match(r" (?:and|or) [\w ]{1,40}$", later) for later in parts[index:]) or (
            len(parts) > index and re.search(r"\b(?:and|or) [\w'-]+(?: [\w'-]+)?$", parts[-1].strip())
        )
        if not (re.match(r"(?:19|20)\d\d\b", bare) or place or (listed and closes)):
            break
        kept += "," + part
    return kept


def _tense(text: str) -> int:
    words = text.split()
    if len(words) > 1 and is_past(words[1]):
        return -1
    return 1 if _FUTURE.match(text) else 0


def _dangles(text: str) -> bool:
    """Whether a word points at something outside the clause."""
    seen_person = False
    for index, token in enumerate(_TOKENS.findall(_ONE_OF_MY.sub("", text))):
        low = token.lower()
        if (
            low in _DANGLING
            and not (seen_person and low in _ANTECEDENTS)
            and not (low == "her" and seen_person)
        ):
            return True
        if index and _PEOPLE.fullmatch(token):
            seen_person = True
    return False

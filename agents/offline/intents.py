"""What a message asks for that a tool does: read from the user's last message alone, never from a memory."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from agents.offline.sharing import sharing
from agents.offline.text import MAX_CHARS, is_question, sentences, squeeze, straighten

_ZONES = {
    "london": "Europe/London",
    "lisbon": "Europe/Lisbon",
    "porto": "Europe/Lisbon",
    "madrid": "Europe/Madrid",
    "paris": "Europe/Paris",
    "berlin": "Europe/Berlin",
    "rome": "Europe/Rome",
    "amsterdam": "Europe/Amsterdam",
    "vienna": "Europe/Vienna",
    "zurich": "Europe/Zurich",
    "oslo": "Europe/Oslo",
    "stockholm": "Europe/Stockholm",
    "warsaw": "Europe/Warsaw",
    "athens": "Europe/Athens",
    "istanbul": "Europe/Istanbul",
    "cairo": "Africa/Cairo",
    "nairobi": "Africa/Nairobi",
    "dubai": "Asia/Dubai",
    "mumbai": "Asia/Kolkata",
    "delhi": "Asia/Kolkata",
    "singapore": "Asia/Singapore",
    "beijing": "Asia/Shanghai",
    "shanghai": "Asia/Shanghai",
    "tokyo": "Asia/Tokyo",
    "seoul": "Asia/Seoul",
    "sydney": "Australia/Sydney",
    "new york": "America/New_York",
    "chicago": "America/Chicago",
    "denver": "America/Denver",
    "los angeles": "America/Los_Angeles",
    "san francisco": "America/Los_Angeles",
    "toronto": "America/Toronto",
    "mexico city": "America/Mexico_City",
    "são paulo": "America/Sao_Paulo",
    "sao paulo": "America/Sao_Paulo",
    "utc": "UTC",
}

_POLITE = re.compile(
    r"(?:(?:please|hey|hi|hello|ok|okay|oh|also|and|then|thanks|yes|so|could you|can you|would you|will you"
    r"|i want you to|i'd like you to|i need you to|from now on)(?![\w'])[ ,!.]*)+",
    re.IGNORECASE,
)
_NEXT = re.compile(
    r"(?:,|;)?\s(?:and|then|and then)\s(?:please |also )?(?=(?:add|remember|call me|forget"
    r"|mark|tick off|jot down|answer in"
    r"|reply in|write down|search your memory|what(?:'s| is| are)|show|list|read my|tell "
    r"me|keep (?:your |the )?(?:answers|replies)"
    r"|put [^.]{1,80} on my|don't forget)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Intent:
    """One tool that a sentence asks for; `about` is what it is about, where a memory's id is needed."""

    tool: str
    args: dict[str, str] = field(default_factory=dict)
    about: str = ""


def _compile(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern + r"\s*[.!?]*$", re.IGNORECASE) for pattern in patterns)


_LIST = r"(?:my |the )?(?:task|todo|to-do|to do|shopping)s?(?:[ -]?list)?"
_TEXT = r"(?P<text>\S.{0,1000}?)"
_TABLE: tuple[tuple[str, tuple[re.Pattern[str], ...]], ...] = (
    (
        "forget_memory",
        _compile(
            rf"(?:forget|stop remembering|don't remember|do not remember)(?: about)? {_TEXT}",
            rf"(?:delete|erase|remove) (?:the memory |what you know )(?:of|about|that) {_TEXT}",
            rf"(?:delete|erase|remove) {_TEXT} from (?:your )?memory",
        ),
    ),
    (
        "search_memory",
        _compile(
            rf"(?:search|check|look in|look through) (?:your |my |the )?memor(?:y|ies) (?:for"
            rf"|about|on) {_TEXT}",
            rf"(?:look up|look for|find|search for) {_TEXT} in (?:your |my |the )?memor(?:y|ies)",
        ),
    ),
    (
        "add_task",
        _compile(
            rf"(?:add|put) (?:a task(?: to)?:? )?{_TEXT} (?:to|on|onto|in) {_LIST}",
            rf"(?:add|create|new) (?:a )?(?:new )?(?:task|todo|to-do)(?: to| called)?:? {_TEXT}",
            rf"(?:todo|to-do|task|new task)\s?: {_TEXT}",
        ),
    ),
    (
        "list_tasks",
        _compile(
            rf"(?:what's|what is|what are|what do i have) (?:left )?(?:on |in )?{_LIST}",
            r"(?:show|list|read)(?: me)?(?: all)? (?:my |the )(?:open )?(?:tasks?|todos?|to-dos?"
            r"|task list|to-do list|todo list)",
            r"what (?:tasks|todos|to-dos) do i have(?: left)?",
        ),
    ),
    (
        "complete_task",
        _compile(
            rf"(?:mark|set|check) {_TEXT} (?:as )?(?:done|complete|completed|finished|off)",
            rf"(?:tick|check|cross) off {_TEXT}",
            rf"(?:complete|finish) (?:the )?task:? {_TEXT}",
            rf"{_TEXT} is (?:done|finished|completed)",
            rf"i(?:'ve| have)? (?:just )?(?:did|done|finished|completed) {_TEXT}",
        ),
    ),
    (
        "read_notes",
        _compile(
            r"(?:read|show|list|see)(?: me)? (?:my |the |all my )notes",
            r"what(?:'s| is| are) (?:in )?my notes",
            r"what do my notes say",
            r"what did i note(?: down)?",
        ),
    ),
    (
        "write_note",
        _compile(
            rf"(?:please )?(?:take a |make a |write a )?note\s?: {_TEXT}",
            rf"(?:jot|write|note) down:?(?: that)? {_TEXT}",
            rf"(?:take|make) a note:?(?: that| of)? {_TEXT}",
        ),
    ),
    (
        "save_memory",
        _compile(
            rf"(?:please )?(?:remember|don't forget|do not forget|keep in mind|memori[sz]e|never "
            rf"forget):?(?: that)?,? (?!to\b|when\b|me\b|how\b){_TEXT}",
            rf"save (?:to|in) (?:your )?memory:?(?: that)? {_TEXT}",
        ),
    ),
    (
        "now",
        _compile(
            r"(?:do you know |tell me )?(?:what's|what is|what) (?:the )?(?:current )?(?:time"
            r"|date|day)(?: and date| and time)?"
            r"(?: is (?:it|today))?(?: is it)?(?: right)?(?: now| today)?(?: in (?P<zone>[\w /]{2,40}?))?(?: "
            r"right)?(?: now)?",
            r"what day of the week is it",
            r"what's today's date",
            r"what is today's date",
            r"today's date",
        ),
    ),
)
_CALL_ME = re.compile(
    r"(?:just |you can )?(?:call|address) me(?: as)? (?P<name>[^\W\d_][\w' -]{0,40}?)(?: "
    r"(?:from now on|please))?[.!]*$",
    re.IGNORECASE,
)
_LANGUAGE = re.compile(
    r"(?:always |only |now )?(?:answer|reply|respond|speak|write|talk)(?: to me| me)?(?: "
    r"only)? in (?P<language>[A-Z][a-z]+(?: [A-Z][a-z]+)?)\b[^?]{0,60}$"
)
_FORM = re.compile(
    r"(?:answer|reply|respond|write)(?: to me)? in (?P<form>bullet points|short sentences"
    r"|plain english|lists|one sentence|a (?:formal|friendly|casual) tone)",
    re.IGNORECASE,
)
_LENGTH = re.compile(
    r"(?:keep|make|give me) (?:it|your answers?|the answers?|answers|your replies|replies"
    r"|your responses|responses|things)?\s?(?P<length>short|brief|concise|long|detailed)\b"
    r"|(?:be|give) (?:more )?(?P<be>brief|concise|detailed)\b|short (?P<noun>answers|replies),? please",
    re.IGNORECASE,
)
_TONE = re.compile(
    r"(?:be|use a|use an) (?:more )?(?P<tone>formal|informal|casual|friendly)(?: tone| language)?[.!]*$",
    re.IGNORECASE,
)
_USE = re.compile(
    r"(?:for (?:this|the) (?:conversation|chat|session|thread),? )?(?:please )?use (?P<value>metric"
    r"|imperial|celsius|fahrenheit)\b",
    re.IGNORECASE,
)
_SESSION = re.compile(
    r"for (?:this|the) (?:conversation|chat|session|thread),? (?:set |use |make )(?:the "
    r"|my )?(?P<name>[a-z][\w ]{1,30}?) (?:to|as|is|=) (?P<value>[\w ,.-]{1,60}?)[.!]*$"
    r"|(?:set|change) (?:my |the )preferred (?P<name2>[a-z][\w ]{1,30}?) "
    r"to (?P<value2>[\w ,.-]{1,60}?)[.!]*$",
    re.IGNORECASE,
)
_CORRECTION = re.compile(
    r"(?:no|nope|actually|that's wrong|that is wrong|that's not right|that isn't right"
    r"|that's incorrect|that's outdated"
    r"|wrong|correction|not quite|not anymore|that's not true|you're wrong|that's old)\b"
    r"[,.:;! -]*(?P<text>.*)$",
    re.IGNORECASE,
)
_SOFT = re.compile(r"(?:actually|no|nope)\b", re.IGNORECASE)
_NEW = re.compile(r"\b(?:not|no longer|now|instead|anymore|any more)\b|^it's\b|^it is\b", re.IGNORECASE)


def intents(said: str) -> list[Intent]:
    """The intents of a message, in order, at most eight."""
    found: list[Intent] = []
    parts = [
        part
        for item in sentences(straighten(said[:MAX_CHARS]))
        for part in _NEXT.split(squeeze(item.text)[:2000])
    ]
    for index, part in enumerate(parts[:40]):
        following = parts[index + 1] if index + 1 < len(parts) else ""
        found += _of_part(_POLITE.sub("", part, count=1) if _POLITE.match(part) else part, part, following)
    unique = {(item.tool, tuple(sorted(item.args.items())), item.about): item for item in found}
    return list(unique.values())[:8]


def _of_part(part: str, whole: str, following: str) -> Iterator[Intent]:
    preference = _preference(part)
    if preference is not None:
        yield preference
        return
    shared = sharing(part)
    if shared is not None:
        yield Intent(*shared)
        return
    for tool, patterns in _TABLE:
        for pattern in patterns:
            match = pattern.match(part)
            if match and not (tool == "complete_task" and is_question(part)):
                yield _intent(tool, match)
                return
    correction = _CORRECTION.match(whole)
    if correction and not is_question(whole):
        # "That's wrong." is followed by what is right in a sentence of its own.
        text = correction["text"] or following
        soft = _SOFT.match(whole) is not None
        if text and (not soft or _NEW.search(text) or re.match(r"(?:I|I'm|my)\b", text)):
            yield Intent("correct_memory", about=text.rstrip(" .!"))


def _intent(tool: str, match: re.Match[str]) -> Intent:
    got = match.groupdict()
    text = (got.get("text") or "").strip(" \"'“”")
    if tool == "now":
        zone = (got.get("zone") or "").strip()
        return Intent(tool, {"timezone": _ZONES.get(zone.lower(), zone if "/" in zone else "")})
    names = {"search_memory": "query", "add_task": "title", "complete_task": "title", "write_note": "text"}
    if tool in names:
        return Intent(tool, {names[tool]: text}, about=text)
    return Intent(tool, about=text)


def _preference(part: str) -> Intent | None:
    called = _CALL_ME.match(part)
    if called:
        return _set("name", called["name"])
    language = _LANGUAGE.match(part)
    if language:
        return _set("language", language["language"])
    for name, pattern in (("format", _FORM), ("answer_length", _LENGTH), ("tone", _TONE), ("units", _USE)):
        found = pattern.match(part)
        if found:
            value = next(text for text in found.groups() if text)
            if name == "answer_length":
                value = "long" if value.lower() in {"long", "detailed"} else "short"
            return _set(name, value.lower())
    session = _SESSION.match(part)
    if session:
        return _set(session["name"] or session["name2"], session["value"] or session["value2"])
    return None


def _set(name: str, value: str) -> Intent:
    return Intent("set_preference", {"name": name.strip().lower().replace(" ", "_"), "value": value.strip()})

"""Which parts of a message are not its speaker's own words: quotations, code, pasted mails and articles. Pure."""

import re
from collections.abc import Iterator
from typing import Final

MAX_CHARS: Final = 20_000
"""What is far beyond what an extractor reads is nobody's evidence."""
QUOTED_WORDS: Final = 5
"""From so many words on, what stands between quotation marks is a quotation and no name or title."""
TITLE_WORDS: Final = 10
_LONG_WORD = re.compile(r"[^\W_]{4,}")

_THINGS = (
    r"article|letter|document|post|story|poem|lyrics|review|transcript|passage|paragraph|essay|report|chapter|excerpt"
    r"|quotation|web ?site|snippet|readme"
)
# What somebody may also begin their own words with: "Remember the following: I am vegan."
_OWN_THINGS = (
    r"(?:e-?)?mail|text|message|quote|log|page|following|below|draft|memo|cv"
    r"|(?:an?|the|this|that|his|her|their|my) r[eé]sum[eé]"
)
_INTRODUCED = re.compile(
    rf"\b(?:(?:{_THINGS}|(?P<own>{_OWN_THINGS}))\b[^:\n]{{0,60}}"
    r"|(?:says?|said|wrote|writes|reads|goes|replied|told me)\b[^:\n]{0,20}):(?!//)[ \t]*\n?",
    re.IGNORECASE,
)
_OF_ONESELF = re.compile(
    r"\b(?:remember|note|save|keep in mind|know|correct|about me|my (?:(?:e-?)?mail|cv|resume)|reach me|contact)\b",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"\b(?:translate|summari[sz]e|proofread|rewrite|rephrase|paraphrase|shorten|explain|review|analy[sz]e"
    r"|what does (?:this|it) mean|tl;?dr|key points|(?:reply to|answer) (?:this|the|my)"
    r"|(?:correct|fix|check) (?:this|the|my) (?:text|sentence|paragraph|e-?mail|letter|grammar|spelling|draft|code)"
    r"|(?:check|look at|read) (?:this|(?:the|my|his|her|their) (?:mail|cv|r[eé]sum[eé])))\b",
    re.IGNORECASE,
)
# "The README says", and what it says stands in the lines below; "As I said" is the speaker's own.
_SAYS_BELOW = re.compile(
    r"(?<!\bI )(?<!\bwe )(?<!\byou )\b(?:says?|said|wrote|writes|reads|goes|replied|told me)[ \t]*\n\s*(?=\S)",
    re.IGNORECASE,
)
_SHOWN_BELOW = re.compile(
    r"^(?=[^\n]{0,80}\b(?:here(?:['’]s| is| are| comes?)|this is|below)\b)"
    rf"[^\n]{{0,80}}\b(?:{_THINGS}|(?P<own>{_OWN_THINGS}))\b[^\n]{{0,80}}\n[ \t]*\n",
    re.IGNORECASE | re.MULTILINE,
)
_HANDED = re.compile(r":[ \t]*\n?|\n[ \t]*\n")
_HEADERS = re.compile(
    r"^(?:(?:From|To|Cc|Bcc|Subject|Date|Sent|Reply-To|Message-ID):[ \t]\S.*\n?){2,}", re.MULTILINE
)
_FORWARDED = re.compile(
    r"^(?:-{2,} ?(?:Original|Forwarded) [Mm]essage ?-{2,}|Begin forwarded message:|On .{5,80} wrote:)[ \t]*$",
    re.MULTILINE,
)
_FENCED = re.compile(r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_CITED = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_CHAT = re.compile(
    r"(?:^\[?(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4},? )?\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?: ?[AaPp][Mm])?\]?[ ,–-]+"
    r"[^\n:]{1,40}: \S.*\n?){2,}",
    re.MULTILINE,
)
_TAGGED = re.compile(
    r"<(document|article|context|tool_result|result|source|page|email|file)\b[^>]{0,200}>.*?(?:</\1>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_QUOTED = re.compile(r"[\"“«„「『][^\"“”«»„「」『』\n]{1,4000}[\"”»“」』]")
# An apostrophe is no quotation mark: "my parents' house" ends none, "I'm" is a word.
_SINGLE_QUOTED = re.compile(
    r"(?<!\w)['‘‚‹](?=[^\W\d_])(?:[^'‘’‚‹›\n]|(?<=\w)['’](?=\w)){1,4000}"
    r"(?:(?<=[.!?…,;])['’›](?!\w)|['’›](?=[.!?…,;:)\n]|\Z))"
)
_RULED = re.compile(
    r"^[ \t]*[-=_*]{3,}[ \t]*\n.*?^[ \t]*[-=_*]{3,}[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
_ROLE = re.compile(
    r"^[ \t]*(?:\[(?:tool|system|assistant|user|human)\]|(?:tool|system|assistant|human|ai):[ \t])",
    re.IGNORECASE | re.MULTILINE,
)
_PAGE = re.compile(r"<(?:!doctype html|html|head|body)\b", re.IGNORECASE)
_ELEMENTS = (
    r"(?:article|blockquote|div|dl|footer|form|h[1-6]|header|li|main|ol|p|pre|section|span|table|td|tr|ul)"
)
_OPENED = re.compile(rf"<{_ELEMENTS}(?:\s[^<>]{{0,500}})?>", re.IGNORECASE)
_CLOSED = re.compile(rf"</{_ELEMENTS}\s*>", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*[\"”»)]*")

Span = tuple[int, int]


def pasted(text: str) -> list[Span]:
    """The parts that others wrote, as sorted spans of characters that do not overlap."""
    return _joined(sorted(_spans(text[:MAX_CHARS])))


def parts_of(text: str) -> list[str]:
    """Its sentences, each line for itself."""
    return _SENTENCE.findall(text[:MAX_CHARS])


def sentence_of(quote: str, text: str) -> str:
    """The sentence of the text that holds the quote; the quote, where it spans several."""
    wanted = _plain(quote)
    return next((part for part in parts_of(text) if wanted and wanted in _plain(part)), quote)


def is_verbatim(quote: str, text: str) -> bool:
    """Whether the quote stands in the text, but for case and spacing."""
    return bool(quote.strip()) and _plain(quote) in _plain(text)


def is_own(text: str, words: str) -> bool:
    """Whether these words, however spaced, stand in the text outside what is pasted."""
    return is_verbatim(words, own(text))


def own(text: str) -> str:
    """The text without what others wrote; a line stands for each such part."""
    parts, at = [], 0
    for start, end in pasted(text):
        parts.append(text[at:start])
        at = end
    return "\n".join([*parts, text[at:MAX_CHARS]])


def _spans(text: str) -> Iterator[Span]:
    for pattern in (_FENCED, _CITED, _CHAT, _TAGGED, _RULED):
        yield from (found.span() for found in pattern.finditer(text))
    for found in (*_QUOTED.finditer(text), *_SINGLE_QUOTED.finditer(text)):
        if len(found[0].split()) >= QUOTED_WORDS and not _is_title(found[0]):
            yield found.span()
    for pattern in (_HEADERS, _FORWARDED, _ROLE, _PAGE):
        if begun := pattern.search(text):
            yield begun.start(), len(text)
    for pattern in (_INTRODUCED, _SHOWN_BELOW):
        introduced = next((found for found in pattern.finditer(text) if not _of_oneself(found, text)), None)
        if introduced:
            yield introduced.end(), len(text)
    if says := _SAYS_BELOW.search(text):
        yield says.end(), len(text)
    yield from _marked_up(text)
    yield from _handed_over(text)


def _marked_up(text: str) -> Iterator[Span]:
    """From the first element of HTML to the last that is closed; a tag that somebody speaks of closes none."""
    opened = _OPENED.search(text)
    ends = [found.end() for found in _CLOSED.finditer(text)] if opened else []
    if opened and ends:
        yield opened.start(), max(ends)


def _of_oneself(introduced: re.Match[str], text: str) -> bool:
    """Whether what follows is the speaker's own word, as after "Remember the following:"."""
    begins = max(text.rfind(mark, 0, introduced.start()) for mark in ".!?\n") + 1
    return bool(introduced["own"]) and _OF_ONESELF.search(text[begins : introduced.end()]) is not None


def _is_title(quoted: str) -> bool:
    """Whether its long words have capitals, as those of "The Name of the Wind"."""
    words = _LONG_WORD.findall(quoted)
    return len(quoted.split()) <= TITLE_WORDS and bool(words) and all(not word[0].islower() for word in words)


def _handed_over(text: str) -> Iterator[Span]:
    """What follows "Summarise this:" or stands under a first paragraph that asks for something to be done with it."""
    request = _REQUEST.search(text[:400])
    after = _HANDED.search(text, request.end()) if request else None
    if after and not re.search(r"\n[ \t]*\n", text[: after.start()]):
        yield after.end(), len(text)


def _joined(spans: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif start < end:
            joined.append((start, end))
    return joined


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())

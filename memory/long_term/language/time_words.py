"""The English words for time, as patterns: points of time, what may stand before and after them."""

import re

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NUMBER_WORDS = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen"),
)
# The lowest and highest count that people mean.
COUNTS: dict[str, tuple[int, int]] = {
    **{word: (n, n) for n, word in enumerate(_NUMBER_WORDS, 1)},
    "a": (1, 1),
    "an": (1, 1),
    "twenty": (20, 20),
    "thirty": (30, 30),
    "couple": (2, 3),
    "few": (2, 5),
    "several": (3, 8),
    "some": (2, 8),
    "": (2, 10),
}
ORDINALS = {
    "first": 1,
    "1st": 1,
    "second": 2,
    "2nd": 2,
    "third": 3,
    "3rd": 3,
    "fourth": 4,
    "4th": 4,
    "last": -1,
}

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b"
)
_WEEKDAY = r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
_SHORT_DAY = r"(?:mon|tues?|wed|thu(?:rs?)?|fri|sat)"
_YEAR = r"(?:19|20)\d\d(?!\d|[.,:/]\d)"
_DAY = r"[0-3]?\d(?!\d)(?:st|nd|rd|th)?(?![\w%]|[.:/]\d)"
_TO = r"\s*(?:-|–|—|\bto\b|\band\b)\s*"
_NUMBER = (
    r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    r"|twenty|thirty|(?:a\s+)?couple(?:\s+of)?|(?:a\s+)?few|several|some)"
)
_UNIT = r"(?:minute|hour|day|week|weekend|month|year|decade)"
_PART = r"(?:morning|afternoon|evening|night)"
_SEASON = r"(?:spring|summer|autumn|fall|winter)"
_HOLIDAY = (
    r"(?:christmas(?:\s+(?:eve|day))?|boxing\s+day|new\s+year['’]s(?:\s+(?:eve|day))?|halloween|thanksgiving"
    r"|valentine['’]s\s+day|easter)"
)

# Each alternative is one kind, named by its outer group; what must stand around it is checked afterwards.
POINT = re.compile(
    rf"""(?<![\w$€£#./])(?<!\d-)(?:
      (?P<iso>(?P<iy>(?:19|20)\d\d)-(?P<im>\d\d)-(?P<id>\d\d)(?![\d-])(?:[T\s]\d\d:\d\d\S{{0,16}})?)
    | (?P<slashed>(?P<s1>\d{{1,2}})(?P<sep>[/.])(?P<s2>\d{{1,2}})(?P=sep)(?P<sy>(?:19|20)\d\d)(?![\w/-]|\.\d))
    | (?P<daymonth>(?P<dd>{_DAY})(?:{_TO}(?P<de>{_DAY}))?(?:\s+of)?\s+(?P<dm>{_MONTH})\.?
        (?:,?\s*(?P<dy>{_YEAR}))?)
    | (?P<monthday>(?P<mm>{_MONTH})\.?\s+(?:the\s+)?(?P<md>{_DAY})
        (?:{_TO}(?P<me>{_DAY})(?!\s+{_MONTH}))?(?:,?\s*(?P<my>{_YEAR}))?)
    | (?P<monthyear>(?P<ym>{_MONTH})(?:\.?,?|\s+of)\s*(?P<yy>{_YEAR}))
    | (?P<before_last>(?:the\s+)?(?P<bu>day|night|week|weekend|month|year|{_SEASON})\s+before\s+last\b)
    | (?P<rolling>(?:(?:the|these|this)\s+|(?=\w{{4,9}}\s+{_NUMBER}\s))
        (?P<rway>last|past|previous|next|coming|following)\s+
        (?:(?P<rn>{_NUMBER})\s+)?(?P<ru>day|week|month|year|decade)s?\b)
    | (?P<which>(?P<ww>last|this\s+past|this\s+coming|this|next|previous|past|coming|upcoming)\s+
        (?P<wx>week|weekend|month|year|{_SEASON}|{_HOLIDAY}|{_WEEKDAY}|{_SHORT_DAY}|sun|{_MONTH})\b
        (?:\s+(?P<wp>{_PART})\b)?)
    | (?P<thispart>this\s+(?P<tp>{_PART})|last\s+night|tonight)\b
    | (?P<named>(?P<nw>yesterday|today|tomorrow)\b(?:\s+(?P<np>{_PART})\b)?)
    | (?P<ago>(?:(?P<an>{_NUMBER})\s+|(?=\w{{3,6}}s\s))(?P<au>{_UNIT})s?\s+(?:ago|back)\b)
    | (?P<hence>(?P<hn>{_NUMBER})\s+(?P<hu>{_UNIT})s?\s+from\s+(?:now|today)\b)
    | (?P<ahead>in\s+(?P<fn>{_NUMBER})\s+(?P<fu>{_UNIT})s?\b(?:['’]?\s+time\b)?)
    | (?P<other>the\s+other\s+(?P<ou>day|night|week|evening|morning))\b
    | (?P<weekday>(?P<dw>{_WEEKDAY})\b(?:\s+(?P<dp>{_PART})\b)?)
    | (?P<shortday>(?-i:Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat))\b
    | (?P<season>(?P<sn>{_SEASON})\b(?:(?:\s+of)?\s+(?P<ny>{_YEAR}))?)
    | (?P<holiday>(?P<hname>{_HOLIDAY})\b(?:,?\s+(?P<hy>{_YEAR}))?)
    | (?P<month>{_MONTH})
    | (?P<weekend>weekend)\b
    | (?P<year>{_YEAR})(?![\w-])
    | (?P<nth>(?P<nd>[0-3]?\d)(?:st|nd|rd|th))\b
    )""",
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)

# Without one of these a text names no time: looked for first, as most texts have none.
HINT = re.compile(
    rf"""\b(?:(?:19|20)\d\d|[0-3]?\d(?:st|nd|rd|th)|\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{4}}|ago|back|today|tonight
    |yesterday|tomorrow|(?:last|this|next|past|previous|coming|upcoming|following|other)\s+\w+|from\s+(?:now|today)
    |in\s+{_NUMBER}\s+{_UNIT}s?|{_WEEKDAY}|on\s+{_SHORT_DAY}|{_SEASON}|{_HOLIDAY}|{_MONTH}|weekend|before\s+last)\b""",
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)

# What stands right before a point of time. Every pattern ends where the point begins.
PORTION = re.compile(
    r"(?<![\w])(?:the\s+)?(?:(?P<adjective>early|late|mid)(?:\s+|-)|(?P<noun>beginning|start|middle|end)\s+of\s+"
    r"|(?P<nth>first|second|third|fourth|last|1st|2nd|3rd|4th)\s+(?P<unit>week|weekend)\s+(?:of|in)\s+"
    r"|(?P<of>week|weekend)\s+of\s+|(?P<part>morning|afternoon|evening|night)\s+of\s+)(?:the\s+)?\Z",
    re.IGNORECASE | re.ASCII,
)
ANCHORED = re.compile(
    rf"(?<![\w])(?:(?:the|last|on|in)\s+){{0,2}}(?:(?P<n>{_NUMBER})\s+)?"
    rf"(?P<unit>day|week|weekend|month|year|night|{_WEEKDAY})s?\s+"
    r"(?P<way>before|after|following|preceding|prior\s+to|from)\s+(?:the\s+)?\Z",
    re.IGNORECASE | re.ASCII,
)
RELATION = re.compile(
    r"(?<![\w])(?P<word>before|after|since|until|till|by|prior\s+to|as\s+of|between|from|in|on|at|during|over|for"
    r"|around|throughout|through|circa|year|of|every|each|most|any|black|good|ash|fat|cyber|about)"
    r"(?P<the>\s+(?:the|a|an|our|their|his|her|my))?\s+\Z",
    re.IGNORECASE | re.ASCII,
)
JOIN = re.compile(r"\s*(?:-|–|—|\b(?P<word>and|or|to|until|till|through)\b)\s*\Z|\s*,\s*\Z", re.IGNORECASE)

# What right after a name or number shows that it is no time.
OF_A_PERSON = re.compile(
    r"['’]s\b|\s+(?:is|was|has|had|will|would|can|could|said|says|told|tells|left|likes?|loves?|wants?|came|comes|went"
    r"|goes|does|did|got|gets|made|knew|knows|thinks|thought|met|[a-z]+ed)\b",
    re.ASCII,
)
A_QUANTITY = re.compile(
    r"\s*(?:%|percent|people|persons|points?|steps|words|miles?|feet|foot|km|kg|metres|meters|lbs|pounds|dollars|euros"
    r"|calories|times|followers|pages|mb|gb|days|weeks|hours|minutes|years|ways|bc|ad)(?![a-z])|\s*[$€£°]",
    re.IGNORECASE | re.ASCII,
)
A_CLAUSE_ENDS = re.compile(
    r"\s*(?:\Z|[.,;:!?)\]\"”]|(?:and|or|but|i|we|you|he|she|they|it|did|was|were|is|with|at|in|for|to|because)\b)",
    re.IGNORECASE | re.ASCII,
)

LOOKS_AHEAD = re.compile(
    r"\b(?:will|won't|shall|gonna|going\s+to|planning|plans?\s+(?:to|for)|upcoming|looking\s+forward)\b|['’]ll\b",
    re.IGNORECASE | re.ASCII,
)
LOOKS_BACK = re.compile(
    r"\b(?:did|didn't|was|were|had|went|said|told|mentioned|planned|got|took|met|made|saw|bought|finished|lost)\b"
    r"|\b(?:i|we|you|he|she|they|it|who)\s+(?:just\s+|also\s+|only\s+|recently\s+)?\w+[^\We]ed\b",
    re.IGNORECASE | re.ASCII,
)

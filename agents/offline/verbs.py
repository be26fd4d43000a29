"""English verbs: the third person and back, and which forms are past."""

from agents.offline.wordlist import listed

_IRREGULAR = {"have": "has", "do": "does", "go": "goes", "am": "is", "are": "is", "be": "is"}
_UNCHANGED = frozenset(
    listed(
        "can cannot could may might must shall should will would was were is has had did "
        "does used to not never"
    )
)
_BACK = {
    "has": "have",
    "does": "do",
    "goes": "go",
    "is": "are",
    "was": "were",
    "lies": "lie",
    "dies": "die",
} | {
    "ties": "tie",
    "uses": "use",
    "focuses": "focus",
}

IRREGULAR_PAST = frozenset(
    listed(
        "went ran bought made took got had saw met won left quit began broke brought built "
        "caught chose came drove "
        "drew drank ate fell felt fought found flew forgot gave grew heard kept knew learnt "
        "lent lost paid read rode "
        "rose said sang sat sold sent shot slept spoke spent stood stole swam taught thought "
        "threw told understood "
        "woke wore wrote became held led hung hurt cut put set spent dealt fed dug hid "
        "lay rang sank shook shone swore "
        "tore won wound became been done gone was were did could would should might"
    )
)

_SHORT_ED = frozenset(listed("need feed speed bleed breed proceed exceed succeed seed weed embed shed wed"))


def is_past(verb: str) -> bool:
    """Whether a verb form is past, judged by its shape."""
    low = verb.lower()
    return low in IRREGULAR_PAST or (low.endswith("ed") and low not in _SHORT_ED)


def third(verb: str) -> str:
    """The form after he or she: live → lives, study → studies, have → has; past and modal forms stay."""
    low = verb.lower()
    if low in _IRREGULAR:
        return _IRREGULAR[low]
    if low in _UNCHANGED or (is_past(low) and low not in {"read", "put", "cut", "set"}):
        return low
    if low.endswith("y") and low[-2:-1] not in "aeiou":
        return low[:-1] + "ies"
    if low.endswith(("s", "x", "z", "ch", "sh", "o")):
        return low + "es"
    return low + "s"


def second(verb: str) -> str:
    """The form after you: lives → live, studies → study, has → have; forms without -s stay."""
    low = verb.lower()
    if low in _BACK:
        return _BACK[low]
    if low.endswith("ies") and len(low) > 4:
        return low[:-3] + "y"
    if low.endswith(("sses", "xes", "zzes", "ches", "shes", "oes")):
        return low[:-2]
    if low.endswith("s") and not low.endswith(("ss", "us")):
        return low[:-1]
    return verb

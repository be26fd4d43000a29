"""English verbs: the third person and back, and which forms are past."""

import re

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

_PAST_OF = dict(
    pair.split(":")
    for pair in listed(
        "went:go ran:run bought:buy made:make took:take got:get had:have saw:see met:meet won:win left:leave "
        "quit:quit began:begin broke:break brought:bring built:build caught:catch chose:choose came:come drove:drive "
        "drew:draw drank:drink ate:eat fell:fall felt:feel fought:fight found:find flew:fly forgot:forget gave:give "
        "grew:grow heard:hear kept:keep knew:know learnt:learn lent:lend lost:lose paid:pay read:read rode:ride "
        "rose:rise said:say sang:sing sat:sit sold:sell sent:send shot:shoot slept:sleep spoke:speak spent:spend "
        "stood:stand stole:steal swam:swim taught:teach thought:think threw:throw told:tell understood:understand "
        "woke:wake wore:wear wrote:write became:become held:hold led:lead hung:hang hurt:hurt cut:cut put:put set:set "
        "dealt:deal fed:feed dug:dig hid:hide lay:lie rang:ring sank:sink shook:shake shone:shine swore:swear "
        "tore:tear wound:wind"
    )
)
_PARTICIPLE_OF = dict(
    pair.split(":")
    for pair in listed(
        "gone:go begun:begin broken:break chosen:choose driven:drive drawn:draw drunk:drink eaten:eat fallen:fall "
        "flown:fly forgotten:forget given:give grown:grow known:know ridden:ride risen:rise sung:sing spoken:speak "
        "stolen:steal swum:swim taken:take thrown:throw woken:wake worn:wear written:write hidden:hide seen:see "
        "shaken:shake sworn:swear torn:tear"
    )
)
IRREGULAR_PAST = frozenset(_PAST_OF) | frozenset(
    listed("been done gone was were did could would should might")
)

_PAST_BACK = {base: form for form, base in reversed(_PAST_OF.items())} | {
    "are": "were",
    "is": "was",
    "do": "did",
    "can": "could",
    "cannot": "could not",
    "will": "would",
}
_DOUBLES = re.compile(r"[^aeiou]*[aeiou][bdfgklmnprtz]|prefer")
_SHORT_ED = frozenset(listed("need feed speed bleed breed proceed exceed succeed seed weed embed shed wed"))


def is_past(verb: str) -> bool:
    """Whether a verb form is past, judged by its shape."""
    low = verb.lower()
    return low in IRREGULAR_PAST or (low.endswith("ed") and low not in _SHORT_ED)


def base(verb: str) -> str:
    """The form of an irregular verb after to: bought → buy, driven → drive; any other word stays."""
    low = verb.lower()
    return _PAST_OF.get(low) or _PARTICIPLE_OF.get(low, low)


def past(verb: str) -> str:
    """The past of the form after you: live → lived, have → had, are → were; what is past already stays."""
    low = verb.lower()
    if low in _PAST_BACK:
        return _PAST_BACK[low]
    if low in _UNCHANGED or is_past(low):
        return low
    if low.endswith("e"):
        return f"{low}d"
    if low.endswith("y") and low[-2:-1] not in "aeiou":
        return f"{low[:-1]}ied"
    return f"{low}{low[-1]}ed" if _DOUBLES.fullmatch(low) else f"{low}ed"


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

"""What the offline model says. It repeats what it has been given; it concludes nothing."""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from agents.offline.asked import read_question
from agents.offline.beings import known_beings
from agents.offline.clauses import SECRET, asks_to_forget, brought_up
from agents.offline.extractor import message_facts
from agents.offline.intents import intents
from agents.offline.manner import framed, honest, manner_of, said_so
from agents.offline.person import to_second
from agents.offline.planning import REFUSAL, Plan
from agents.offline.prompt import Prompt, Recalled, memory_lines
from agents.offline.ranking import rank
from agents.offline.saying import bare, said_of, say
from agents.offline.telling import answering, is_users, less, lines_of, speakers
from agents.offline.text import is_question, sentences, shorten, straighten
from agents.offline.thread import standing, told_here
from agents.offline.timely import held_at, may_be_before, now_rather, of_before, time_asked
from agents.offline.values import of_the_attribute
from agents.offline.wishes import wishes
from memory.lifecycle.language.statements import read
from memory.lifecycle.recalling.earlier import asks_before
from memory.long_term.language.time_words import POINT

INTRODUCTION = (
    "(I am Mnemograph's offline stand-in: I follow rules and do not reason; a real model is set with "
    "MNEMOGRAPH_MODEL=openai:<name> and OPENAI_API_KEY in .env.)"
)
NOTICE = f"\n\n{INTRODUCTION}"
_UNKNOWN = "I don't have anything about that in memory."
_FORGOTTEN = "If it is what you asked me to forget in this conversation, it is gone."
_NOTHING_BEFORE = "I don't have anything earlier about that in memory."
_NOTHING_THEN = "I don't have anything about that time in memory."
_EMPTY = "I don't know anything about you yet: nothing is in memory."
_LOST = (
    "I followed no rule that answers this. I can tell you what is in memory, note what "
    "you tell me about yourself, and "
    "keep tasks and notes."
)
_GREETING = re.compile(
    r"(?:hi|hello|hey|good (?:morning|afternoon|evening)|hi there|hello there|greetings"
    r"|hiya)\b[ ,]*(?:\w{1,20})?[ !.,:)]*$",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"(?:thanks|thank you|thx|cheers|great,? thanks|many thanks|ok,? thanks)\b[^?]{0,40}$", re.IGNORECASE
)
_BYE = re.compile(r"(?:bye|goodbye|see you|good night|ciao|farewell)\b[^?]{0,30}$", re.IGNORECASE)
_ABOUT_ME = re.compile(
    r"what (?:do|else do|all do) you (?:know|remember|recall|have)(?: in memory)? ?(?:about"
    r"|of|on)? ?(?:me|myself)?[?. ]*$"
    r"|what have you (?:learned|learnt|remembered) about me|(?:tell|show|list|remind)(?: me)? "
    r"(?:everything|all|what) (?:that )?you (?:know|remember)"
    r"|who am i[?.! ]*$|describe me\b|what's in your memory|what is in your memory",
    re.IGNORECASE,
)
_ABOUT_YOU = re.compile(
    r"(?:who|what) are you\b|what can you do|are you (?:an? )?(?:real|ai|llm|bot|human"
    r"|robot|chatgpt|language model)|how do you work"
    r"|what model\b|which model\b|what's your name|what is your name|help$",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"(?:please |can you |could you )?(?:tell me|remind me|show me|list|give me|describe"
    r"|do you (?:know|remember|recall)|recommend|suggest|plan"
    r"|help me|explain|write|find|what about|how about)\b",
    re.IGNORECASE,
)
_REMIND_TO = re.compile(
    r"\W*(?:(?:please|and|also|can you|could you|would you|will you),? )*remind me (?:again )?"
    r"(?:to|that i (?:have|need) to) (?P<what>[^?]{1,200}?)(?:,? please)?[.!?]*$",
    re.IGNORECASE,
)
_WH = re.compile(r"\W*(?:(?:and|so|but|then) )?(?:what|where|who|whom|whose|which)\b", re.IGNORECASE)
_ORIGIN = re.compile(r"^The user (?:is|comes) (?:originally )?from\b", re.IGNORECASE)
_ASKS_ORIGIN = re.compile(r"\b(?:from|born|origin\w*|hail|grow|grew)\b", re.IGNORECASE)
# From where somebody came is not where they are.
_FROM = re.compile(r"\b(?:moved|relocated) (?:out of|away from|from)\b(?!.* to\b)", re.IGNORECASE)
# What they did to the agent is nothing that they told of themselves: "Did I stop you?".
_TELLS = r"tell|told|mention\w*|say|said|ask\w*|show\w*|give|gave|given|let|send|sent"
_OF_YOU = re.compile(
    rf"\W*(?:(?:and|so|but) )?(?:(?:did|have|had) (?:i|we) (?:\w+ly |ever |already |just )?(?!(?:{_TELLS})\b)\w+ you\b"
    rf"|(?:did|have|had) you (?:\w+ly |ever |already |just )?(?!(?:{_TELLS})\b)\w+ (?:me|us)\b)",
    re.IGNORECASE,
)
_YOU = re.compile(r"\b(?:you|assistant|agent)\b", re.IGNORECASE)
_ID = re.compile(r" \(id [0-9a-f-]{36}\)$")


def answer(prompt: Prompt, plan: Plan, bound: AbstractSet[str]) -> str:
    """The reply's text, with the introduction when it is the conversation's first."""
    manner = manner_of(prompt.procedures)
    if prompt.results:
        parts = list(_of_results(prompt))
    else:
        parts = list(_of_message(prompt, bool(plan.remarks) or bool(plan.calls), bound))
        parts = [said_so("\n".join(parts), manner)] if parts else []
    text = framed("\n".join([*parts, *plan.remarks]) or _LOST, manner)
    if not prompt.first_reply:
        return text
    return "\n\n".join(part for part in (text, honest(manner)) if part) + NOTICE


def _of_results(prompt: Prompt) -> Iterator[str]:
    """What the tools returned, said plainly."""
    # What was looked for to be forgotten or corrected is not told.
    changes = {"forget_memory", "correct_memory"}
    looked = not changes & {*prompt.calls, *(item.tool for item in intents(prompt.said))}
    for message in prompt.results:
        text = str(message.text).strip()
        found = memory_lines(text)
        if message.status == "error":
            yield f"That did not work: {shorten(text, 500) or 'the tool gave no reason.'}"
        elif found and looked:
            yield _recite(found[:3], prompt.said)
        elif found:
            continue
        elif message.name == "search_memory" and looked:
            yield shorten(text, 500) if text and not text.startswith(("[", "{")) else _UNKNOWN
        elif message.name != "search_memory":
            yield _ID.sub("", text)[:2000] or "Done."
    language = next(
        (item.args["value"] for item in intents(prompt.said) if item.args.get("name") == "language"), ""
    )
    if language and language.lower() != "english" and "set_preference" in prompt.calls:
        yield f"I can only write English myself; a real model can answer in {language}."


def _of_message(prompt: Prompt, handled: bool, bound: AbstractSet[str]) -> Iterator[str]:
    said = straighten(prompt.said).strip()
    if handled:
        return
    if not said:
        yield "I received an empty message. Tell me something, or ask me what I remember."
    elif _GREETING.match(said):
        yield f"Hello{_called(prompt)}. Tell me something about yourself, or ask me what I remember."
    elif _THANKS.match(said):
        yield "You're welcome."
    elif _BYE.match(said):
        yield f"Goodbye{_called(prompt)}."
    elif _ABOUT_ME.search(said):
        yield _everything(prompt)
    elif _ABOUT_YOU.search(said):
        yield "I am Mnemograph's offline stand-in. " + _ABILITIES
    elif SECRET.search(said) and not is_question(said):
        yield REFUSAL
    elif asks_to_forget(said) and "forget_memory" not in bound:
        yield "I cannot forget anything here: the tool for it is not available."
    else:
        yield from _talk(prompt, said)


_ABILITIES = (
    "I follow rules and do not reason: I answer from what is in memory, note what you "
    "tell me about yourself in plain "
    "sentences, and keep tasks, notes and preferences for this conversation."
)


def _talk(prompt: Prompt, said: str) -> Iterator[str]:
    """An acknowledgement of what was told, and an answer to what was asked."""
    wished = {wish.quote: wish.instruction for wish in wishes(_message(said))}
    told_now = message_facts(_message(said), keep_relative=True, before=prompt.before, beings=_beings(prompt))
    found = [fact for fact in told_now if fact.quote not in wished]
    facts = list(dict.fromkeys(fact.statement for fact in found))
    if facts:
        told = "; ".join(_lower_first(to_second(item).rstrip(".")) for item in facts[:4])
        yield f"Thanks, I'll keep that in mind: {told}."
    for instruction in wished.values():
        yield f"I have noted how you want to be answered: {instruction}"
    parts = [item.text for item in sentences(said)]
    reminders = [wish["what"] for part in parts if (wish := _REMIND_TO.match(part))]
    for what in reminders[:3]:
        yield f"I cannot remind you later by myself. To keep it as a task, say: Add {what} to my tasks."
    parts = [part for part in parts if not _REMIND_TO.match(part)]
    questions = [part for part in parts if (is_question(part) or _ASKS.match(part)) and not brought_up(part)]
    if questions:
        yield _answer([part[:1000] for part in questions[:5]], prompt)
    elif not facts and not wished and not reminders:
        related = _related(said[:1000], prompt)
        yield f"I have this in memory about it:\n{_lines(related)}" if related else _LOST


def _answer(questions: Sequence[str], prompt: Prompt) -> str:
    """Each question for itself; where none has an answer, what they ask together."""
    session = _session_answer(" ".join(questions), prompt)
    if session:
        return session
    asked = list(dict.fromkeys([*questions, " ".join(questions)]))
    for group in (asked[:-1], asked[-1:]):
        found = [line for question in group for line in _answers(question, prompt)]
        if found:
            return _lines(list(dict.fromkeys(found)))
    if prompt.forgot:
        return f"{_UNKNOWN} {_FORGOTTEN}"
    if not prompt.memories and not prompt.earlier:
        return f"{_UNKNOWN} Tell me, and I keep it."
    if any(map(asks_before, questions)):
        return _NOTHING_BEFORE
    return _NOTHING_THEN if any(time_asked(each, prompt.today) for each in questions) else _UNKNOWN


def _answers(question: str, prompt: Prompt) -> list[str]:
    """What bears the question out, at most three sentences."""
    asked = read_question(question, speakers(prompt.memories))
    before, span = asks_before(question), time_asked(question, prompt.today)
    known, over = _told(prompt)
    past = [*prompt.past, *over]
    told = [*(known if asked.past or before else _of_now(known)), *(past if asked.past else ())]
    told = [item for item in told if span is None or held_at(item, span)]
    if _OF_YOU.match(question):
        told = [item for item in told if _YOU.search(item.text)]
    if asked.seeks == "place" and not _ASKS_ORIGIN.search(question):
        told = [item for item in told if not _ORIGIN.search(item.text)]
    if before:
        short, held = of_before(question, past, told)
        return _best(short, held) or _best(short, [item for item in told if may_be_before(question, item)])
    found = _best(question, told if asked.past else [item for item in told if not _FROM.search(item.text)])
    return found or [say(item, asked) for item in of_the_attribute(question, told)]


def _best(question: str, memories: Sequence[Recalled]) -> list[str]:
    asked = read_question(question, speakers(memories))
    # A time is borne out by what held then, which need not name it.
    found = rank(question, memories) or rank(POINT.sub(" ", question), memories)
    ranked = [item for item in found if answering(asked, item.memory)]
    if asked.mine and not asked.beings:
        ranked = [item for item in ranked if is_users(item.memory)] or ranked
    if asked.seeks == "place" and not asked.past:
        ranked = now_rather(ranked)
    # What is not so answers "what" only where nothing is.
    so = [item for item in ranked if item.memory.kind != "semantic" or read(item.memory.text).holds]
    return said_of(so if so and _WH.match(question) else ranked, asked)


def _related(text: str, prompt: Prompt) -> list[str]:
    """What is about the same as a message that asks nothing."""
    known = [item for item in _of_now(_told(prompt)[0]) if not _only_asks(item)]
    return said_of(rank(text, known, floor=0.6), read_question(text))


def _told(prompt: Prompt) -> tuple[list[Recalled], list[Recalled]]:
    """Memories and what was said earlier here; and the facts of which something else was said since."""
    here = told_here(prompt.earlier, _beings(prompt))
    hold, over = standing(prompt.memories, here)
    thread = [
        Recalled(
            id="",
            kind="thread",
            text=" ".join(item.facts) or item.text,
            facts=item.facts,
            said_at=prompt.today,
        )
        for item in here
    ]
    return [*hold, *thread], [replace(item, status="superseded", ended_before=prompt.today) for item in over]


def _beings(prompt: Prompt) -> dict[str, str]:
    return known_beings(item.text for item in prompt.memories)


def _of_now(memories: Sequence[Recalled]) -> list[Recalled]:
    return [less(item, item.no_longer) for item in memories]


def _only_asks(memory: Recalled) -> bool:
    """A message that was nothing but questions tells nothing."""
    return memory.kind == "episodic" and all(is_question(line.text) for line in lines_of(memory))


def _everything(prompt: Prompt) -> str:
    known = [item for item in prompt.memories if item.kind == "semantic"] or list(prompt.memories)
    lines = [say(item) for item in known[:8]]
    told = {bare(item.text) for item in known}
    lines += [
        to_second(fact)
        for item in reversed(told_here(prompt.earlier[-20:], _beings(prompt)))
        for fact in item.facts
        if bare(fact) not in told
    ]
    unique = list(dict.fromkeys(lines))[:10]
    if not unique:
        return _EMPTY
    return "Here is what I have in memory:\n" + _lines(unique) if len(unique) > 1 else unique[0]


def _recite(found: Sequence[Recalled], question: str) -> str:
    asked = read_question(question)
    return _lines([say(item, asked) for item in found])


def _session_answer(question: str, prompt: Prompt) -> str:
    """An answer from this conversation's own state, where the question names it."""
    asked = question.lower()
    preferences = prompt.session.get("preferences")
    if isinstance(preferences, dict) and preferences:
        named = [
            name for name in preferences if str(name).replace("_", " ").lower() in asked and name != "name"
        ]
        if named or "preference" in asked or "setting" in asked:
            chosen = named or list(preferences)
            listed = ", ".join(f"{str(name).replace('_', ' ')}: {preferences[name]}" for name in chosen)
            return f"For this conversation you set {listed}."
    tasks, notes = prompt.session.get("tasks"), prompt.session.get("notes")
    if re.search(r"\b(?:tasks?|to-?dos?|to-do list)\b", asked) and isinstance(tasks, list) and tasks:
        return "\n".join(
            f"- {item.get('title')}{' (done)' if item.get('done') else ''}"
            for item in tasks[:50]
            if isinstance(item, dict)
        )
    if re.search(r"\bnotes?\b", asked) and isinstance(notes, list) and notes:
        return "\n".join(f"- {shorten(str(item), 300)}" for item in notes[:50])
    return ""


def _called(prompt: Prompt) -> str:
    wished = manner_of(prompt.procedures).name
    if wished:
        return f", {wished}"
    preferences = prompt.session.get("preferences")
    if isinstance(preferences, dict) and preferences.get("name"):
        return f", {shorten(str(preferences['name']), 60)}"
    for item in prompt.memories:
        found = re.match(
            r"The user(?:'s (?:first |full )?name is| is called) ([^\W\d_][\w '-]{0,40})\.?$", item.text
        )
        if found:
            return f", {found[1]}"
    return ""


def _message(text: str) -> dict[str, str]:
    return {"id": "said", "text": text}


def _lines(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else "\n".join(f"- {item}" for item in items)


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]

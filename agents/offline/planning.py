"""From intents to tool calls: which bound tool is called with what, and what must be said instead.

One round an intent: once a tool has answered, nothing is called again, except that a search for something to
forget is followed by the forgetting.
"""

import re
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from agents.offline.clauses import SECRET
from agents.offline.core import MAX_CHARS, core
from agents.offline.corrections import fitting, sought, value_of, with_value
from agents.offline.extractor import message_facts
from agents.offline.intents import Intent, intents
from agents.offline.person import expand, to_second, to_third
from agents.offline.prompt import Prompt, Recalled, memory_lines
from agents.offline.ranking import Ranked, content, rank, stem
from memory.lifecycle.language.relations import says_wrong
from memory.lifecycle.language.statements import slot_of


@dataclass(frozen=True)
class Call:
    """One tool call to make."""

    tool: str
    args: dict[str, str]


@dataclass
class Plan:
    """The calls to make now, and the sentences to say where a call cannot be made."""

    calls: list[Call] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


_BACK_REFERENCE = re.compile(
    r"(?:that|it|this|what i (?:just )?(?:said|told you)|the last (?:thing|one))(?: please)?$", re.IGNORECASE
)
_EVERYTHING = re.compile(
    r"(?:everything|all|all of it|all (?:about|of) .*|everything .*|me|about me)$", re.IGNORECASE
)
_HARMLESS = re.compile(
    r"(?:it|that|about it|about that)[,.! ]*(?:never ?mind|then|for now)?$|(?:to|how to) ", re.IGNORECASE
)
_WHICH = "I cannot tell which memory that corrects; say the whole sentence, such as: I live in Porto."
REFUSAL = "That looks like a password, a key or a card number, so I do not note it as a fact."


def plan(prompt: Prompt, bound: AbstractSet[str]) -> Plan:
    """What to call next for the user's last message."""
    wanted = intents(prompt.said)
    if prompt.results:
        return _after_results(prompt, wanted, bound)
    result = Plan()
    for intent in wanted:
        handler = _HANDLERS.get(intent.tool, _direct)
        if intent.tool in bound:
            handler(intent, prompt, bound, result)
    return result


def _after_results(prompt: Prompt, wanted: Sequence[Intent], bound: AbstractSet[str]) -> Plan:
    """A finished search for something to forget leads to the forgetting; nothing else follows a result."""
    result = Plan()
    if "search_memory" in prompt.calls and "correct_memory" not in prompt.calls:
        for intent in wanted:
            if (value := value_of(intent.about)) and intent.tool == "correct_memory" and intent.tool in bound:
                _correct_fitting(value, _found(prompt), prompt, result)
    forgets = [intent for intent in wanted if intent.tool == "forget_memory"]
    if not forgets or "forget_memory" not in bound or "forget_memory" in prompt.calls:
        return result
    for intent in forgets:
        _forget(_subject(intent, prompt), _found(prompt), result)
    return result


def _found(prompt: Prompt) -> list[Recalled]:
    """What a search in this turn found."""
    return [
        item
        for message in prompt.results
        if message.name in {None, "search_memory"} and message.status != "error"
        for item in memory_lines(str(message.text))
    ]


def _direct(intent: Intent, _prompt: Prompt, _bound: AbstractSet[str], result: Plan) -> None:
    result.calls.append(Call(intent.tool, dict(intent.args)))


def _save(intent: Intent, _prompt: Prompt, _bound: AbstractSet[str], result: Plan) -> None:
    if SECRET.search(intent.about):
        result.remarks.append(REFUSAL)
        return
    facts = list(message_facts({"id": "said", "text": intent.about}))
    for fact in facts[:5]:
        result.calls.append(Call("save_memory", {"statement": fact.statement, "category": fact.category}))
    if not facts and not _dated_fact(intent.about):
        result.calls.append(
            Call("save_memory", {"statement": to_third(intent.about[:MAX_CHARS])[:500], "category": "other"})
        )


def _dated_fact(text: str) -> bool:
    """Whether it is a fact with a relative date: without a clock here, the turn's own extraction dates it."""
    return any(message_facts({"id": "said", "text": text}, keep_relative=True))


def _complete(intent: Intent, prompt: Prompt, _bound: AbstractSet[str], result: Plan) -> None:
    title = intent.args["title"]
    tasks = prompt.session.get("tasks")
    open_titles = [
        str(task.get("title"))
        for task in (tasks if isinstance(tasks, list) else [])
        if isinstance(task, dict) and not task.get("done")
    ]
    wanted = content(title)
    fitting = [item for item in open_titles if wanted and len(wanted & content(item)) * 2 > len(wanted)]
    explicit = re.search(r"\b(?:mark|tick|check|cross|complete|set)\b|\btask\b", prompt.said, re.IGNORECASE)
    if fitting or explicit:
        result.calls.append(Call("complete_task", {"title": fitting[0] if fitting else title}))


def _correct(intent: Intent, prompt: Prompt, bound: AbstractSet[str], result: Plan) -> None:
    semantic = [item for item in prompt.memories if item.kind == "semantic"]
    value = value_of(intent.about)
    if value:
        _correct_value(value, semantic, prompt, bound, result)
        return
    statement = _statement(intent.about)
    target = _corrected(statement, intent.about, semantic)
    if target is not None and target.text.rstrip(".") != statement.rstrip("."):
        result.calls.append(_correction(target.id, statement, prompt.said))


def _correct_value(
    value: str, semantic: Sequence[Recalled], prompt: Prompt, bound: AbstractSet[str], result: Plan
) -> None:
    """Of what the last exchange was about; else of the only thing that takes such a value."""
    spoken = rank(f"{prompt.last_reply} {' '.join(prompt.earlier[-1:])}", semantic, floor=0.3)
    if spoken and (made := with_value(spoken[0].memory.text, value)):
        result.calls.append(_correction(spoken[0].memory.id, made, prompt.said))
    elif any(message_facts({"id": "said", "text": prompt.said}, before=prompt.before)):
        return
    elif not fitting(value, semantic) and sought(value) and "search_memory" in bound:
        result.calls.append(Call("search_memory", {"query": sought(value)}))
    else:
        _correct_fitting(value, semantic, prompt, result)


def _correct_fitting(value: str, known: Sequence[Recalled], prompt: Prompt, result: Plan) -> None:
    """Corrects the one fact that takes such a value; asks which, where several do or none does."""
    fits = fitting(value, known)
    made = with_value(fits[0].text, value) if len(fits) == 1 else ""
    if made:
        result.calls.append(_correction(fits[0].id, made, prompt.said))
    elif len(fits) > 1:
        told = ", or ".join(to_second(item.text).rstrip(".").replace("You", "you", 1) for item in fits[:3])
        result.remarks.append(_WHICH.replace("corrects;", f"corrects: {told}? Please"))
    else:
        result.remarks.append(_WHICH)


def _correction(memory_id: str, statement: str, said: str) -> Call:
    args = {"memory_id": memory_id, "statement": statement}
    return Call("correct_memory", args | ({"reason": "wrong"} if says_wrong(said) else {}))


def _statement(text: str) -> str:
    facts = list(message_facts({"id": "said", "text": text}))
    if facts:
        return facts[0].statement
    kept = core(expand(text[:MAX_CHARS]), None, keep_relative=True)
    return to_third(kept.text if kept else text[:MAX_CHARS])[:500]


def _corrected(statement: str, said: str, semantic: Sequence[Recalled]) -> Recalled | None:
    """The memory that a statement replaces: one of its slot, else one whose old value the message names."""
    slot = _slot(statement)
    if slot is not None:
        for item in semantic:
            if _slot(item.text) == slot:
                return item
    negated = re.search(r"\b(?:not|no longer|instead of)\s(.{2,80})$", said, re.IGNORECASE)
    named = content(negated.group(1)) if negated else frozenset()
    return next((item for item in semantic if named and named <= content(item.text)), None)


def _slot(statement: str) -> tuple[str, str] | None:
    slot = slot_of(statement)
    return (slot.name, slot.who) if slot else None


def _forget_intent(intent: Intent, prompt: Prompt, bound: AbstractSet[str], result: Plan) -> None:
    about = intent.about.rstrip(" .!")
    if _HARMLESS.match(about) and not prompt.earlier:
        return
    if _EVERYTHING.match(about):
        result.remarks.append("I can forget one thing at a time: tell me which one.")
        return
    subject = _subject(intent, prompt)
    if rank(subject, prompt.memories, floor=0.6) or "search_memory" not in bound:
        _forget(subject, prompt.memories, result)
    else:
        result.calls.append(Call("search_memory", {"query": subject[:300]}))


def _subject(intent: Intent, prompt: Prompt) -> str:
    """What is to be forgotten; "forget that" means what was said before."""
    about = intent.about.rstrip(" .!")
    if _BACK_REFERENCE.match(about) and prompt.earlier:
        return prompt.earlier[-1][:300]
    return re.sub(r"^that (?=\w)", "", about)


def _forget(subject: str, memories: Sequence[Recalled], result: Plan) -> None:
    """Forgets the one memory that fits; where two fit alike, asks which."""
    ranked = rank(subject, [item for item in memories if item.id], floor=0.6)
    if not ranked:
        result.remarks.append("I found nothing like that in memory, so there is nothing to forget.")
        return
    rivals = _rivals(ranked, subject)
    if len(rivals) > 1:
        listed = "\n".join(f"- {to_second(item.memory.text)[:200]}" for item in rivals[:5])
        result.remarks.append(f"Several memories fit. Which one should be forgotten?\n{listed}")
        return
    call = Call("forget_memory", {"memory_id": ranked[0].memory.id})
    if call not in result.calls:
        result.calls.append(call)


def _rivals(ranked: Sequence[Ranked], subject: str) -> list[Ranked]:
    """The memories that fit as well as the best; a slot in common, such as two homes, makes them rivals."""
    best = ranked[0]
    words = content(subject)
    exact = [item for item in ranked if words and words <= content(item.memory.text) | {stem("name")}]
    if len(exact) == 1:
        return exact
    return [
        item for item in ranked if item.memory.kind == best.memory.kind and best.score - item.score < 0.02
    ]


_HANDLERS: dict[str, Callable[[Intent, Prompt, AbstractSet[str], Plan], None]] = {
    "save_memory": _save,
    "complete_task": _complete,
    "correct_memory": _correct,
    "forget_memory": _forget_intent,
}

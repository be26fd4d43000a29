"""One turn as evidence: what was said, by whom and when, free of any framework."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from memory.lifecycle.language.relations import says_wrong

Role = Literal["user", "assistant", "tool"]

MAX_DOCUMENT_CHARS = 20_000
MAX_NAME_CHARS = 200
MAX_SAVED_CHARS = 500
MAX_EARLIER_CHARS = 300
FEW = 5
"""Words that hardly say of themselves what they are about."""
_POINTS: Final = re.compile(
    r"\b(?:she|he|her|his|him|they|them|their|it|that|this|there|one)\b|^\W*(?:no|nope|not|actually|sorry|i meant)\b",
    re.IGNORECASE,
)
_NO: Final = re.compile(r"\W*(?:no|nope|actually|sorry|correction|i meant)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Said:
    """One message. `recalled`: a memory tool gave it back, so that it tells nothing new; no more does an `echo`."""

    id: str
    role: Role
    text: str
    at: datetime
    name: str | None = None
    recalled: bool = False
    echo: bool = False

    @property
    def speaker(self) -> str | None:
        """The name, bounded: whoever sends a message chooses it."""
        return self.name[:MAX_NAME_CHARS] if self.name else None


@dataclass(frozen=True)
class Evidence:
    """A human message and what followed it.

    `before` is what was said just before the turn, in the turn `before_in`; `earlier` is what the same user said there,
    which tells whom "she" means and is no evidence; `used` the ids of the memories that its
    replies had before them, `relied_on` of those whose words they show. `private` turns (someone asked to forget
    something) leave no words behind; `in_vain`: nothing was found to forget.
    `already_saved` are statements that a tool wrote during the turn, `decided` what tools decided about memories.
    """

    thread_id: str
    said: tuple[Said, ...]
    run_id: str | None = None
    private: bool = False
    in_vain: bool = False
    already_saved: tuple[str, ...] = ()
    decided: tuple[Mapping[str, Any], ...] = ()
    before: str = ""
    earlier: str = ""
    before_in: str = ""
    used: tuple[str, ...] = ()
    relied_on: tuple[str, ...] = ()

    @property
    def opening(self) -> Said:
        return self.said[0]

    @property
    def turn(self) -> str:
        """Names the turn within everything its owner has: the thread and the human message."""
        return turn_name(self.thread_id, self.opening.id)

    def message_ids(self) -> list[str]:
        return [message.id for message in self.said]

    def from_user(self) -> dict[str, Said]:
        """The messages that count as evidence about the user, by id."""
        return {message.id: message for message in self.said if message.role == "user"}

    def document(self, related: Sequence[Mapping[str, str]] = ()) -> dict[str, Any]:
        """What the extractor reads: at most `MAX_DOCUMENT_CHARS` of text, the user's words kept first.

        `related` are memories that the turn may change, each with its `id` and its `statement`.
        """
        left = MAX_DOCUMENT_CHARS
        rows = []
        for message in self.said:
            text, left = message.text[:left], max(0, left - len(message.text))
            row = {"id": message.id, "role": message.role, "name": message.speaker, "text": text}
            rows.append({**row, "at": message.at.isoformat()})
        saved = [statement[:MAX_SAVED_CHARS] for statement in self.already_saved]
        known = [dict(row) for row in related]
        return {
            "messages": rows,
            "about": self.opening.speaker,
            **({"before": self.earlier[:MAX_EARLIER_CHARS]} if self.earlier else {}),
            "already_saved": saved,
            "related": known,
        }


def corrects(text: str) -> bool:
    """Whether a message takes back what was said before it: "No, Lisbon"."""
    return _NO.match(text) is not None or says_wrong(text[:MAX_EARLIER_CHARS])


def points_back(text: str) -> bool:
    """Whether a message may mean by "she", "it", "no" or a name something that was said before it."""
    short = text[:MAX_EARLIER_CHARS]
    return len(short.split()) <= FEW or _POINTS.search(short) is not None


def turn_name(thread_id: str, human_id: str) -> str:
    return f"{thread_id}:{human_id}"

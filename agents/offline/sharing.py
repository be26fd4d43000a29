"""What a message asks to be shared between the agents of a team, or no longer. Plain English sentences alone."""

import re
from typing import Final

_AGENT: Final = r"(?:the )?(?P<agent>researcher|planner|team)"
_WHAT: Final = (
    r"(?:my (?:memories|facts)|what (?:you (?:know|remember) (?:about|of) me|I (?:have )?told you)"
    r"|(?:what )?the (?P<whose>researcher|planner)(?:'s (?:memories|findings|notes)"
    r"| (?:knows|found|finds|has found|learned|has learned|noted)(?: out)?))"
)
_DAYS: Final = r"(?: for (?P<days>\d{1,4}) days?)?"
_END: Final = r"\s*[.!?]*$"
_SHARE: Final = tuple(
    re.compile(pattern + _DAYS + _END, re.IGNORECASE)
    for pattern in (
        rf"(?:please )?share {_WHAT} with {_AGENT}",
        rf"(?:please )?(?:let|allow) {_AGENT} (?:to )?(?:see|read|use|know) {_WHAT}",
    )
)
_STOP: Final = re.compile(
    rf"(?:please )?(?:stop sharing(?: {_WHAT}| anything)? with|share nothing more with|revoke (?:all|everything) from)"
    rf" {_AGENT}{_END}",
    re.IGNORECASE,
)
_LIST: Final = re.compile(
    rf"(?:what (?:is|do I|have I) shared?|what do I share)(?: with (?:whom|the team|my agents))?{_END}",
    re.IGNORECASE,
)


def sharing(part: str) -> tuple[str, dict[str, str]] | None:
    """The tool that the sentence asks for, and its arguments."""
    for pattern in _SHARE:
        if found := pattern.match(part):
            args = {"agent": found["agent"].lower(), "whose": (found["whose"] or "user").lower()}
            return "share_memories", {**args, **({"days": found["days"]} if found["days"] else {})}
    if found := _STOP.match(part):
        return "stop_sharing", {"agent": found["agent"].lower()}
    return ("list_sharing", {}) if _LIST.match(part) else None

"""Who is in the team: each one's name, prompt and tools. Add a specialist here, with a rule in routing.py."""

from collections.abc import Mapping
from typing import Final

from agents.tools import TOOLS
from agents.tools.clock import now
from agents.tools.findings import note_finding
from agents.tools.memory import search_memory
from agents.tools.session import add_task, complete_task, list_tasks, read_notes, write_note
from agents.tools.sharing import list_sharing, share_memories, stop_sharing
from agents.voice import Voice

SUPERVISOR: Final = "supervisor"

_SUPERVISOR: Final = """\
You are the supervisor of a small team: a researcher and a planner, who answer what is theirs. You answer the rest, \
and act for the user. What the user told you is shared with the specialists only as far as the user says: use \
share_memories, stop_sharing and list_sharing when they ask for that, and never by yourself.
Answer plainly and briefly. Say so when you do not know; never invent a memory."""

_RESEARCHER: Final = """\
You are the researcher of a small team. You find things out, compare and check, and say how sure you are.
Keep what you found for later turns with note_finding. You see only the memories that the user shared with you, beside \
your own; never invent one. Answer plainly and briefly."""

_PLANNER: Final = """\
You are the planner of a small team. You turn wishes into steps, with dates, and keep the task list.
You see only the memories that the user shared with you, beside your own; when others learned something new, use it. \
Never invent a memory. Answer plainly and briefly."""

MEMBERS: Final[Mapping[str, Voice]] = {
    SUPERVISOR: Voice(_SUPERVISOR, (*TOOLS, share_memories, stop_sharing, list_sharing)),
    "researcher": Voice(_RESEARCHER, (search_memory, note_finding, write_note, read_notes, now)),
    "planner": Voice(_PLANNER, (search_memory, add_task, complete_task, list_tasks, now)),
}
SPECIALISTS: Final = tuple(name for name in MEMBERS if name != SUPERVISOR)

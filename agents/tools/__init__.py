"""The agent's tools. Add yours to TOOLS; its docstring is what the model reads."""

from langchain_core.tools import BaseTool

from agents.tools.clock import now
from agents.tools.memory import correct_memory, forget_memory, save_memory, search_memory
from agents.tools.session import add_task, complete_task, list_tasks, read_notes, set_preference, write_note

TOOLS: tuple[BaseTool, ...] = (
    save_memory,
    search_memory,
    correct_memory,
    forget_memory,
    set_preference,
    add_task,
    complete_task,
    list_tasks,
    write_note,
    read_notes,
    now,
)

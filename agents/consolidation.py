"""The memory model behind one function: a group of episodes in, one statement about them out."""

import json
from collections.abc import Sequence

from langchain_core.messages import HumanMessage, SystemMessage
from pydantic import BaseModel, ConfigDict, Field

from agents.models import MalformedOutput, ModelUnavailable, chat_model, extract_structured
from agents.prompts import CONSOLIDATING
from config.settings import Settings
from memory.lifecycle.keeping.consolidate import Summarise
from memory.lifecycle.learning.clusters import borne_out
from memory.schema import Memory
from memory.text import clean

MAX_EPISODE_CHARS = 2_000


class Common(BaseModel):
    """What several episodes have in common."""

    model_config = ConfigDict(extra="forbid")

    statement: str = Field(max_length=500)
    """One statement about all of them; empty where there is none."""


def summariser(name: str, configured: Settings) -> Summarise | None:
    """A function that sums a group up with this model; None for the offline one, which cannot.

    The function gives "" when the answer cannot be read, names or counts what the episodes do not, or was refused.
    It raises ModelUnavailable when a later attempt may succeed, and UserError when there is no such model.
    """
    if name == "offline":
        return None

    async def summarise(group: Sequence[Memory]) -> str:
        rows = [
            {"at": f"{each.provenance.said_at:%Y-%m-%d}", "by": each.provenance.speaker, "text": _text(each)}
            for each in group
        ]
        document = json.dumps({"episodes": rows}, ensure_ascii=False)
        asked = [SystemMessage(CONSOLIDATING), HumanMessage(document)]
        try:
            made = await extract_structured(chat_model(name, configured), Common, asked, run="consolidation")
        except MalformedOutput:
            return ""
        except ModelUnavailable as error:
            if error.lasting:
                return ""
            raise
        statement = clean(made.statement).strip()
        return statement if borne_out(statement, group) else ""

    return summarise


def _text(memory: Memory) -> str:
    return (memory.detail or memory.text)[:MAX_EPISODE_CHARS]

"""The extraction model behind one function: a turn's document in, an Extraction out."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from langchain_core.messages import HumanMessage, SystemMessage

from agents.models import MalformedOutput, ModelUnavailable, chat_model, extract_structured
from agents.prompts import EXTRACTION
from config.settings import Settings
from memory.lifecycle.learning.remember import NothingLearned
from memory.lifecycle.turns.extraction import Extraction

UNREADABLE = "The memory model's answer could not be read, so this turn taught no facts."


def extractor(name: str, configured: Settings) -> Callable[[dict[str, Any]], Awaitable[Extraction]]:
    """A function that extracts with this model.

    The function raises NothingLearned when the answer could not be read, even twice, or was refused for what the
    turn says; ModelUnavailable when a later attempt may succeed; UserError when there is no such model.
    """

    async def extract(document: dict[str, Any]) -> Extraction:
        asked = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        messages = [SystemMessage(EXTRACTION), HumanMessage(asked)]
        try:
            return await extract_structured(
                chat_model(name, configured), Extraction, messages, run="extraction"
            )
        except MalformedOutput as error:
            raise NothingLearned(UNREADABLE) from error
        except ModelUnavailable as error:
            if error.lasting:
                raise NothingLearned(f"This turn taught no facts. {error.sentence}") from error
            raise

    return extract

"""The extraction model behind one function: a turn's document in, an Extraction out."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from langchain_core.messages import HumanMessage, SystemMessage

from agents.models import MalformedOutput, chat_model, extract_structured
from agents.prompts import EXTRACTION
from config.settings import Settings
from memory.lifecycle.extraction import Extraction


def extractor(name: str, configured: Settings) -> Callable[[dict[str, Any]], Awaitable[Extraction | None]]:
    """A function that extracts with this model. It returns None when the answer could not be read, even twice.

    The function raises ModelUnavailable when the model cannot be reached, UserError when there is no such model.
    """

    async def extract(document: dict[str, Any]) -> Extraction | None:
        messages = [SystemMessage(EXTRACTION), HumanMessage(json.dumps(document, ensure_ascii=False))]
        try:
            return await extract_structured(chat_model(name, configured), Extraction, messages)
        except MalformedOutput:
            return None

    return extract

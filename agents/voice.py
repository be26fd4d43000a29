"""Who answers: a prompt and the tools that it may call."""

from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.tools import BaseTool


@dataclass(frozen=True)
class Voice:
    """`prompt`: None for the product's own, which the run's context may replace."""

    prompt: str | None
    tools: Sequence[BaseTool]

"""What a run may be told from outside, checked before anything runs."""

from pydantic import BaseModel, ConfigDict, Field


class ChatContext(BaseModel):
    """An assistant's configuration in LangGraph Studio, or `context` in a call of the SDK."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    user_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Whose memories to use. Counts only where nobody signs in: the signed-in user always wins.",
    )
    model: str | None = Field(
        default=None, description="offline, openai:<name> or <provider>:<name>; default: settings."
    )
    extraction_model: str | None = Field(
        default=None, description="The model that writes memories; default: settings."
    )
    system_prompt: str | None = Field(
        default=None, max_length=20_000, description="Replaces the default prompt."
    )
    recall_limit: int | None = Field(
        default=None, ge=1, le=50, description="How many memories a turn may recall."
    )

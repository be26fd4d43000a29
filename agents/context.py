"""What a run may be told from outside, checked before anything runs."""

from pydantic import BaseModel, ConfigDict, Field, field_validator

from memory.namespaces import encode_label


class ChatContext(BaseModel):
    """An assistant's configuration in LangGraph Studio, or `context` in a call of the SDK."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    user_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Whose memories to use. Counts only where nobody signs in: the signed-in user always wins.",
    )

    @field_validator("user_id")
    @classmethod
    def _names_somebody(cls, value: str | None) -> str | None:
        if value is not None:
            encode_label(value)  # raises UserError, which says what is wrong
        return value

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

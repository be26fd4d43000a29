"""Structured answers: asked for as a schema, checked by the schema, asked again once."""

import json
import re
from collections.abc import Sequence
from typing import Any, TypeVar

from langchain_core.exceptions import ModelInvalidRequestError, OutputParserException
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_openai import ChatOpenAI
from langgraph.constants import TAG_NOSTREAM
from openai import BadRequestError
from pydantic import BaseModel, ValidationError

from agents.model_errors import as_unavailable, is_model_error

Schema = TypeVar("Schema", bound=BaseModel)

ATTEMPTS = 2
_AGAIN = (
    "Your last answer could not be used: {problem}. "
    "Answer again, with nothing but the JSON object that was asked for."
)
# Some templates put the opening tag into the prompt. What begins as JSON or as a fence is no thought.
_THOUGHTS = re.compile(
    r"\A(?!\s*[{\[`]).*?</(?:think|thinking|thought|reasoning)>", re.DOTALL | re.IGNORECASE
)
# Servers that answered 400 to a JSON schema: they are asked through a tool from then on.
_without_json_schema: set[tuple[str, str]] = set()


class MalformedOutput(Exception):  # noqa: N818 it names what came, not whose mistake it was
    """The model answered twice, and neither answer fits the schema."""


async def extract_structured(
    model: BaseChatModel, schema: type[Schema], messages: Sequence[BaseMessage], *, run: str
) -> Schema:
    """The model's answer as an instance of `schema`; nothing of it streams to the user.

    `run` says what it is for: traces show the run under that name, and it and the model's call under that tag.

    Raises MalformedOutput after a second answer that does not fit, ModelUnavailable when there is none.
    """
    config: RunnableConfig = {"run_name": run, "tags": [TAG_NOSTREAM, run]}
    asked = list(messages)
    problem = ""
    for _ in range(ATTEMPTS):
        try:
            answer = await _ask(model, schema, asked, config)
            return _read(schema, answer)
        except (ValidationError, OutputParserException, json.JSONDecodeError) as error:
            problem = _problem(error)
            asked = [*messages, HumanMessage(_AGAIN.format(problem=problem))]
        except Exception as error:
            if is_model_error(error):
                raise as_unavailable(error) from error
            raise
    raise MalformedOutput(
        f"the model's answer did not fit {schema.__name__} after {ATTEMPTS} attempts: {problem}"
    )


async def _ask(
    model: BaseChatModel, schema: type[BaseModel], messages: list[BaseMessage], config: RunnableConfig
) -> AIMessage:
    if not isinstance(model, ChatOpenAI):
        return await _invoke(model.with_structured_output(schema, include_raw=True), messages, config)
    server = (str(model.openai_api_base or ""), model.model_name)
    if server not in _without_json_schema:
        try:
            return await _invoke(_openai_asker(model, schema, "json_schema"), messages, config)
        except (ModelInvalidRequestError, BadRequestError) as error:
            if not _is_about_the_format(error):
                raise
            _without_json_schema.add(server)
    return await _invoke(_openai_asker(model, schema, "function_calling"), messages, config)


def _openai_asker(model: ChatOpenAI, schema: type[BaseModel], method: Any) -> Runnable[Any, Any]:
    # As a dict, so that the schema is read here alone and not half by the client.
    as_dict = {"title": schema.__name__, **schema.model_json_schema()}
    if schema.__doc__:
        as_dict.setdefault("description", schema.__doc__)
    # Whole, not streamed: of a stream, LangChain takes half a JSON object for a whole one.
    return model.with_structured_output(as_dict, method=method, include_raw=True, stream=False)


async def _invoke(
    asker: Runnable[Any, Any], messages: list[BaseMessage], config: RunnableConfig
) -> AIMessage:
    answer = await asker.ainvoke(messages, config)
    raw: AIMessage = answer["raw"]
    return raw


def _read(schema: type[Schema], answer: AIMessage) -> Schema:
    """Raises ValidationError or JSONDecodeError."""
    if answer.tool_calls:
        return schema.model_validate(answer.tool_calls[0]["args"])
    if answer.invalid_tool_calls:
        return schema.model_validate_json(answer.invalid_tool_calls[0]["args"] or "")
    return schema.model_validate_json(_bare(answer.text))


def _bare(text: str) -> str:
    """Local models like to think aloud before their JSON, and to wrap it in a Markdown fence."""
    text = _THOUGHTS.sub("", text, count=1).strip()
    if not text.startswith("```"):
        return text
    return text.removeprefix("```").removeprefix("json").removesuffix("```").strip()


def _is_about_the_format(error: Exception) -> bool:
    told = str(error).lower()
    return any(word in told for word in ("response_format", "json_schema", "schema", "structured", "grammar"))


def _problem(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"]))
        return f"{place}: {first['msg']}" if place else first["msg"]
    return "it is not JSON"

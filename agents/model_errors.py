"""What went wrong with a model, in one sentence for a person."""

import asyncio
from collections.abc import Iterator

import httpx
import openai
from langchain_core.exceptions import (
    ContextOverflowError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelError,
    ModelInvalidRequestError,
    ModelNotFoundError,
    ModelPermissionDeniedError,
    ModelRateLimitError,
    ModelTimeoutError,
)
from langchain_openai.chat_models.base import OpenAIRefusalError

from config.redaction import redact_text

# What a provider, or the way to it, can raise; anything else is a mistake of ours.
MODEL_ERRORS: tuple[type[Exception], ...] = (
    ModelError,
    openai.OpenAIError,
    OpenAIRefusalError,
    httpx.TransportError,
    TimeoutError,
    ConnectionError,
    asyncio.IncompleteReadError,
)

_SENTENCES: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    (
        (ContextOverflowError,),
        "The conversation is too long for this model: start a new thread, or lower the context setting.",
    ),
    (
        (ModelAuthenticationError, openai.AuthenticationError),
        "The model's provider refused the key (401): check the API key and the base URL.",
    ),
    (
        (ModelPermissionDeniedError, openai.PermissionDeniedError),
        "The model's provider does not allow this key to use this model (403).",
    ),
    (
        (ModelNotFoundError, openai.NotFoundError),
        "The model's provider does not know this model (404): check the model's name and the base URL.",
    ),
    (
        (ModelRateLimitError, openai.RateLimitError),
        "The model's provider is limiting requests (429), and trying again did not help: wait a little.",
    ),
    (
        (ModelTimeoutError, openai.APITimeoutError, httpx.TimeoutException, TimeoutError),
        "The model did not answer in time: try again, or raise the model's time-out.",
    ),
    (
        (OpenAIRefusalError, openai.ContentFilterFinishReasonError),
        "The model's provider refused to answer this.",
    ),
    (
        (openai.LengthFinishReasonError,),
        "The model's answer was longer than it may be and was cut off.",
    ),
    (
        (httpx.RemoteProtocolError, httpx.ReadError, asyncio.IncompleteReadError),
        "The connection to the model broke in the middle of its answer: try again.",
    ),
    (
        (ModelConnectionError, openai.APIConnectionError, httpx.TransportError, ConnectionError),
        "The model cannot be reached: check the base URL and that its server is running.",
    ),
    (
        (ModelAPIError, openai.InternalServerError),
        "The model's provider failed (5xx), and trying again did not help: try later.",
    ),
)
_REFUSED_CONTENT = (
    "content_filter",
    "content_policy_violation",
    "content policy",
    "content management policy",
)


class ModelUnavailable(Exception):  # noqa: N818 what happened, not whose mistake it was
    """The model gave no answer; `sentence` says why and never holds a key."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def is_model_error(error: BaseException) -> bool:
    """Whether this came from the provider or the way to it."""
    return isinstance(error, (ModelUnavailable, *MODEL_ERRORS))


def explain_model_error(error: BaseException) -> str:
    """One honest sentence; what the provider said is added where it helps, with keys masked."""
    if isinstance(error, ModelUnavailable):
        return error.sentence
    chain = list(_chain(error))
    if any(part in str(link).lower() for link in chain for part in _REFUSED_CONTENT):
        return "The model's provider refused to answer this."
    if any("context_length_exceeded" in str(link) for link in chain):
        return _SENTENCES[0][1]
    # The provider's own class says more than the transport's beneath it, except for a stream that broke.
    for link in chain:
        for kinds, sentence in _SENTENCES:
            if isinstance(link, kinds):
                return sentence
    return f"The model's provider refused the request: {_told(error)}"


def as_unavailable(error: BaseException) -> ModelUnavailable:
    """The error to raise in its place, from it."""
    return ModelUnavailable(explain_model_error(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    for _ in range(10):
        if link is None:
            return
        yield link
        link = link.__cause__


def _told(error: BaseException) -> str:
    if isinstance(error, ModelInvalidRequestError | openai.APIError):
        body = getattr(error, "body", None)
        told = body.get("message") if isinstance(body, dict) else None
        return redact_text(str(told or getattr(error, "message", None) or error))[:300]
    return redact_text(f"{type(error).__name__}: {error}")[:300]

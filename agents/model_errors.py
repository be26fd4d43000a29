"""What went wrong with a model, in one sentence for a person."""

import asyncio
from collections.abc import Iterator

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
    TimeoutError,
    ConnectionError,
    asyncio.IncompleteReadError,
)

_TOO_LONG = "The conversation is too long for this model: start a new thread, or lower the context setting."
_CUT_OFF = "The model's answer was longer than it may be and was cut off."
_REFUSED = "The model's provider refused to answer this."
_UNREACHABLE = "The model cannot be reached: check the base URL and that its server is running."
_BROKE_OFF = "The connection to the model broke before its answer was whole: try again."
_SENTENCES: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    (
        (ContextOverflowError,),
        _TOO_LONG,
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
        (ModelTimeoutError, openai.APITimeoutError, TimeoutError),
        "The model did not answer in time: try again, or raise the model's time-out.",
    ),
    (
        (OpenAIRefusalError, openai.ContentFilterFinishReasonError),
        _REFUSED,
    ),
    (
        (openai.LengthFinishReasonError,),
        _CUT_OFF,
    ),
    (
        (ModelConnectionError, openai.APIConnectionError, ConnectionError),
        _UNREACHABLE,
    ),
    (
        (ModelAPIError, openai.InternalServerError),
        "The model's provider failed (5xx), and trying again did not help: try later.",
    ),
)
# The client's transport is httpx or httpx2, as its version has it: its errors are known by their names.
_TRANSPORTS = frozenset({"httpx", "httpx2", "httpcore", "httpcore2"})
_BROKEN = frozenset({"RemoteProtocolError", "ReadError", "IncompleteReadError", "ConnectionResetError"})
_BAD_REQUESTS = (ModelInvalidRequestError, openai.BadRequestError, openai.UnprocessableEntityError)
_TOO_LONG_PARTS = (
    "context_length_exceeded",
    "maximum context length",
    "available context size",
    "exceeds the context window",
)
_REFUSED_CONTENT = (
    "content_filter",
    "content_policy_violation",
    "content policy",
    "content management policy",
)


class ModelUnavailable(Exception):  # noqa: N818 what happened, not whose mistake it was
    """The model gave no answer; `sentence` says why and never holds a key.

    `lasting`: it is about what was asked, so that asking again would end the same way.
    """

    def __init__(self, sentence: str, *, lasting: bool = False) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.lasting = lasting


def is_model_error(error: BaseException) -> bool:
    """Whether this came from the provider or the way to it."""
    return isinstance(error, (ModelUnavailable, *MODEL_ERRORS)) or _is_transport(error)


def explain_model_error(error: BaseException) -> str:
    """One honest sentence; what the provider said is added where it helps, with keys masked."""
    if isinstance(error, ModelUnavailable):
        return error.sentence
    chain = list(_chain(error))
    told = " ".join(f"{link} {getattr(link, 'code', '')}" for link in chain).lower()
    if any(part in told for part in _REFUSED_CONTENT):
        return _REFUSED
    if any(part in told for part in _TOO_LONG_PARTS):
        return _TOO_LONG
    # Only the innermost error tells a connection that broke from one that never was.
    if any(type(link).__name__ in _BROKEN for link in chain):
        return _BROKE_OFF
    return _by_kind(chain) or f"The model's provider refused the request: {_told(error)}"


def _by_kind(chain: list[BaseException]) -> str | None:
    for link in chain:
        for kinds, sentence in _SENTENCES:
            if isinstance(link, kinds):
                return sentence
    return _UNREACHABLE if any(map(_is_transport, chain)) else None


def as_unavailable(error: BaseException) -> ModelUnavailable:
    """The error to raise in its place, from it."""
    sentence = explain_model_error(error)
    lasting = sentence in (_TOO_LONG, _REFUSED, _CUT_OFF) or isinstance(error, _BAD_REQUESTS)
    return ModelUnavailable(sentence, lasting=lasting)


def _is_transport(error: BaseException) -> bool:
    return any(kind.__module__.partition(".")[0] in _TRANSPORTS for kind in type(error).__mro__)


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

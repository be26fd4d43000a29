"""The LangSmith client that we install: it redacts everything it posts and cannot be held up."""

import hmac
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import requests
from langsmith import Client
from urllib3 import Retry

from config.redaction import is_secret_name, redact, redact_text

# Metadata under these names says who somebody is: it is posted as a keyed hash.
IDENTITY_NAMES = frozenset({"user_id", "langgraph_auth_user_id", "owner", "ls_user_id"})
_DROPPED_NAMES = frozenset({"langgraph_auth_user", "langgraph_auth_permissions", "langgraph_request_id"})

_CONNECT_TIMEOUT_S = 2.0
_READ_TIMEOUT_S = 4.0
_FAILURES_BEFORE_PAUSE = 3
_PAUSE_S = 30.0
_WARN_EVERY_S = 60.0


class CollectorSession(requests.Session):
    """Bounded time-outs, no redirects, and a pause after repeated failures so that a queue never grows."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._failures = 0
        self._paused_until = float("-inf")

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Raises requests.ConnectionError for a redirect too: the key is for the configured host alone."""
        if self._clock() < self._paused_until:
            raise requests.ConnectionError(
                "the trace collector failed repeatedly; traces are dropped for a while"
            )
        kwargs["allow_redirects"] = False
        kwargs["timeout"] = (_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S)
        try:
            response = super().request(*args, **kwargs)
        except requests.RequestException:
            self._failed()
            raise
        if 300 <= response.status_code < 400:
            self._failed()
            raise requests.ConnectionError(
                f"the trace collector answered with a redirect ({response.status_code}): not followed"
            )
        if response.status_code >= 500 or response.status_code == 429:
            self._failed()
        else:
            self._failures = 0
        return response

    def _failed(self) -> None:
        self._failures += 1
        if self._failures >= _FAILURES_BEFORE_PAUSE:
            self._failures = 0
            self._paused_until = self._clock() + _PAUSE_S


class TracingClient(Client):
    """Redacts inputs, outputs, errors and metadata (the anonymizer) and every other text of a run.

    `hash_user` turns an identity into what may be posted. With `redacting` off only credentials'
    names, identities and dropped metadata are still taken out.
    """

    __slots__ = ("_failed_posts", "_hash_user", "_redacting")

    def __init__(self, *, redacting: bool, hash_user: Callable[[str], str], **kwargs: Any) -> None:
        self._redacting = redacting
        self._hash_user = hash_user
        self._failed_posts = threading.Semaphore(0)
        super().__init__(
            session=CollectorSession(),
            anonymizer=redact if redacting else None,
            retry_config=Retry(total=0, redirect=0, respect_retry_after_header=False),
            timeout_ms=(int(_CONNECT_TIMEOUT_S * 1000), int(_READ_TIMEOUT_S * 1000)),
            tracing_error_callback=self._note_failure,
            omit_traced_runtime_info=True,
            disable_prompt_cache=True,
            **kwargs,
        )

    def create_run(self, name: str, inputs: dict[str, Any], run_type: Any, **kwargs: Any) -> None:
        super().create_run(self._text(name), inputs, run_type, **self._cleaned(kwargs))

    def update_run(self, run_id: Any, **kwargs: Any) -> None:
        if kwargs.get("name"):
            kwargs["name"] = self._text(kwargs["name"])
        super().update_run(run_id, **self._cleaned(kwargs))

    def flush_within(self, timeout_s: float) -> bool:
        """Waits until everything queued was handed over; False when time ran out or a post failed."""
        self.flush(timeout=timeout_s)
        failed = False
        while self._failed_posts.acquire(blocking=False):
            failed = True
        return not failed and self.tracing_queue is not None and not self.tracing_queue.unfinished_tasks

    def _note_failure(self, _: Exception) -> None:
        self._failed_posts.release()

    def _text(self, text: str) -> str:
        return redact_text(text) if self._redacting else text

    def _cleaned(self, fields: dict[str, Any]) -> dict[str, Any]:
        """The tracer's own objects stay as they are: what is posted is a copy."""
        cleaned = dict(fields)
        if isinstance(cleaned.get("extra"), Mapping):
            extra = dict(cleaned["extra"])
            metadata = self._pseudonymous(extra.pop("metadata", None) or {})
            cleaned["extra"] = {**(redact(extra) if self._redacting else extra), "metadata": metadata}
        if self._redacting:
            for name in ("serialized", "events", "tags"):
                if cleaned.get(name):
                    cleaned[name] = redact(cleaned[name])
        return cleaned

    def _pseudonymous(self, metadata: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: self._hash_user(str(value)) if name in IDENTITY_NAMES and value else value
            for name, value in metadata.items()
            if name not in _DROPPED_NAMES and not is_secret_name(name)
        }


class WarnSeldom(logging.Filter):
    """One warning a minute about a collector that is down, without its keys or addresses."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._last = float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        now = self._clock()
        if now - self._last < _WARN_EVERY_S:
            return False
        self._last = now
        first_line = redact_text(record.getMessage()).partition("\n")[0]
        record.msg, record.args, record.exc_info = f"Tracing: {first_line[:300]}", (), None
        return True


def keyed_hash(key: bytes, identity: str) -> str:
    """24 hexadecimal digits that say who it is only to someone who holds the key."""
    return hmac.digest(key, json.dumps(identity).encode(), "sha256").hex()[:24]

"""Hooks as a user writes them."""

from collections.abc import Mapping
from typing import Any

from config.errors import UserError

SEEN: list[tuple[str, str, int]] = []


class Hooks:
    def before_load(self, thread_id: str, values: Mapping[str, Any]) -> None:
        SEEN.append(("before_load", thread_id, len(values)))

    def after_load(self, thread_id: str, values: Mapping[str, Any]) -> None:
        SEEN.append(("after_load", thread_id, len(values.get("messages") or [])))
        raise ValueError("an after-hook's error costs nothing")

    def before_save(self, thread_id: str, values: Mapping[str, Any]) -> None:
        if "forbidden" in str(values.get("notes")):
            raise UserError("Notes may not say what is forbidden.")

    def after_save(self, thread_id: str, values: Mapping[str, Any]) -> None:
        SEEN.append(("after_save", thread_id, len(values.get("messages") or [])))

"""The file of an export: read as it was written, however it was laid out since; and refused when it is not whole."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import UserError
from memory.lifecycle.learning.build import episodes
from memory.lifecycle.leaving.export import check
from memory.lifecycle.leaving.export_file import read, written
from tests.unit.memory_parts import NOON, said, turn

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
RECORDS = st.lists(st.dictionaries(st.text(), VALUES, max_size=4), max_size=5)
ITEM = {
    "type": "item",
    "namespace": ["notes"],
    "key": "k",
    "value": {"text": "x"},
    "index": None,
    "ttl_minutes": None,
}


def document(records: Sequence[dict[str, Any]], user: str = "ana") -> str:
    async def listed() -> AsyncIterator[dict[str, Any]]:
        for record in records:
            yield record

    async def whole() -> str:
        return "".join([piece async for piece in written(user, listed(), NOON)])

    return asyncio.run(whole())


def file(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "export.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def taken(path: Path) -> list[Any]:
    return list(read(path)[1])


@given(records=RECORDS, user=st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_it_is_one_json_document_and_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, Any]], user: str
) -> None:
    folder = tmp_path_factory.mktemp("export")
    text = document(records, user)
    assert json.loads(text)["records"] == records
    for spelled in (text, json.dumps(json.loads(text), indent=1), json.dumps(json.loads(text))):
        path = file(folder, spelled)
        assert read(path)[0].user == user
        assert taken(path) == records


@given(at=st.integers(0, 10_000), byte=st.integers(0, 255), cut=st.booleans())
def test_a_file_that_was_altered_or_cut_is_never_taken_for_whole(
    tmp_path_factory: pytest.TempPathFactory, at: int, byte: int, cut: bool
) -> None:
    records = [{**ITEM, "key": str(number)} for number in range(3)]
    text = document(records).encode()
    at %= len(text) - 1
    damaged = text[:at] if cut else text[:at] + bytes([byte]) + text[at + 1 :]
    path = file(tmp_path_factory.mktemp("export"), damaged)
    found, told = outcome(path)
    assert found == records or (told.endswith(".") and "\n" not in told)


def outcome(path: Path) -> tuple[list[Any], str]:
    """What was read, or the sentence that says why not."""
    try:
        return taken(path), ""
    except UserError as error:
        return [], error.sentence


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no export"),
        ("[]", "no export"),
        ('{"messages": []}', "no export"),
        (b"\xff\xfe\x00", "no export"),
        ("[" * 100_000, "no export"),
        ('{"format": "mnemograph-export", "version": 2, "records": []}', "version 2"),
        ('{"format": "mnemograph-export", "version": 1, "records": []}', "damaged"),
    ],
)
def test_what_is_no_export_is_told_in_one_sentence(tmp_path: Path, text: str | bytes, told: str) -> None:
    with pytest.raises(UserError, match=told):
        taken(file(tmp_path, text))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read(tmp_path / "none.json")


@pytest.mark.parametrize(
    "change",
    [
        {"type": "dream"},
        {"namespace": "notes"},
        {"namespace": [1]},
        {"namespace": ["a.b"]},
        {"namespace": ["semantic"]},
        {"namespace": ["x"] * 30},
        {"key": 3},
        {"key": "a\x00"},
        {"value": []},
        {"value": {"text": "x" * 1_100_000}},
        {"index": True},
        {"index": [1]},
        {"ttl_minutes": -1},
        {"type": "conversation", "messages": {}},
    ],
)
def test_a_record_that_cannot_be_taken_is_found_before_anything_is_written(change: dict[str, Any]) -> None:
    assert check([ITEM]) == (1, 0)
    with pytest.raises(UserError, match="nothing was taken"):
        check([ITEM, {**ITEM, **change}])


def test_a_memory_with_a_text_of_300000_characters_was_taken() -> None:
    [known, *_] = episodes(turn(said("I live in Porto.")), "", NOON)
    record = {**ITEM, "namespace": ["episodic"], "key": known.id, "value": known.to_value()}
    assert check([record]) == (1, 0)
    with pytest.raises(UserError, match="nothing was taken"):
        check([{**record, "value": {**known.to_value(), "text": "a" * 300_000}}])

"""S13: what somebody crafted into a checkpoint imports nothing; the serializers are strict from the start."""

import contextlib
import sys
from typing import Any

import ormsgpack
import psycopg
import pytest
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from config.settings import Settings
from memory.short_term.factory import open_checkpointer
from memory.short_term.sealed.envelope import UnreadableStateError
from memory.short_term.sealed.state_keys import StateKeys
from memory.short_term.sealed.state_serde import TYPE, StateSerde
from tests.contract.test_sealed_checkpointers import converse, history
from tests.services.sealed import OLD_KEY, rows

CRAFTED = ("xml.dom.pulldom", "PullDOM")
"""A module of Python's own that nothing here has loaded."""


def reading() -> StateSerde:
    return StateSerde(StateKeys({"old": b"o" * 32}), read_clear=True)


def crafted_bytes(code: int = 2) -> bytes:
    arguments: Any = {"a": 1} if code in (2, 4, 5) else [1]
    return ormsgpack.packb({"messages": ormsgpack.Ext(code, ormsgpack.packb((*CRAFTED, arguments, "load")))})


@pytest.mark.parametrize("code", range(6))
@pytest.mark.parametrize("wrapped", [False, True])
def test_s13_crafted_bytes_import_nothing(code: int, wrapped: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, CRAFTED[0], raising=False)
    crafted = ("msgpack", crafted_bytes(code))
    serde = reading()
    serde.loads_typed((TYPE, serde.sealed(crafted)) if wrapped else crafted)
    assert CRAFTED[0] not in sys.modules
    if code != 3:  # a method is called by nobody
        JsonPlusSerializer(allowed_msgpack_modules=True).loads_typed(crafted)
        assert CRAFTED[0] in sys.modules


@pytest.mark.parametrize("version", [1, 2])
def test_s13_a_json_constructor_imports_nothing(version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, CRAFTED[0], raising=False)
    crafted = f'{{"lc": {version}, "type": "constructor", "id": ["xml", "dom", "pulldom", "PullDOM"], "kwargs": {{}}}}'
    with contextlib.suppress(ValueError):
        StateSerde().loads_typed(("json", crafted.encode()))
    assert CRAFTED[0] not in sys.modules


@pytest.mark.parametrize("kind", ["pickle", "other"])
def test_s13_pickle_is_not_loaded(kind: str) -> None:
    serde = reading()
    for typed in ((kind, b"cos\nsystem\n."), (TYPE, serde.sealed((kind, b"cos\nsystem\n.")))):
        with pytest.raises(NotImplementedError, match="Unknown serialization type"):
            serde.loads_typed(typed)


@pytest.mark.parametrize("table", ["checkpoint_blobs", "checkpoint_writes"])
@pytest.mark.parametrize("keys", ["", OLD_KEY])
async def test_s13_a_crafted_row_imports_nothing(
    table: str, keys: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, CRAFTED[0], raising=False)
    async with open_checkpointer(Settings(postgres=database, encryption_keys=keys)) as saver:
        await converse(saver)
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(f"UPDATE {table} SET type = 'msgpack', blob = %s", (crafted_bytes(),))
        with pytest.raises(UnreadableStateError) if keys else contextlib.nullcontext():
            assert await history(saver)
    assert CRAFTED[0] not in sys.modules
    assert rows(database, f"SELECT count(*) > 0 FROM {table} WHERE type = 'msgpack'") == [(True,)]


@pytest.mark.parametrize("more", [{}, {"compress_state_from": 1}, {"encryption_keys": OLD_KEY}])
async def test_s13_the_postgres_saver_is_strict_from_the_start(more: dict[str, Any], database: str) -> None:
    async with open_checkpointer(Settings(postgres=database, **more)) as saver:
        serdes = [saver.serde, *([saver.state.serde] if hasattr(saver, "state") else [])]
        for serde in serdes:
            assert isinstance(serde, JsonPlusSerializer)
            assert serde._allowed_msgpack_modules is None
            assert serde._allowed_json_modules is None
            assert not serde.pickle_fallback

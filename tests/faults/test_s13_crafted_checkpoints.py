"""S13: crafted msgpack, pickle or constructor bytes in a checkpoint: nothing is imported, no code runs."""

import json
import pickle
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ormsgpack
import psycopg
import pytest
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from psycopg.types.json import Jsonb

from config.errors import UserError
from config.settings import Settings
from memory.short_term.factory import open_checkpointer
from memory.short_term.redis.sealed import StockSerde
from memory.short_term.strict import StrictSerializer, require_strict

CONFIG: Any = {"configurable": {"thread_id": "t", "checkpoint_ns": ""}}


@pytest.fixture
def evil(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module that leaves a mark when it is imported."""
    mark = tmp_path / "mark"
    (tmp_path / "evil_checkpoint.py").write_text(f"open({str(mark)!r}, 'w').close()\nclass Evil: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield mark
    sys.modules.pop("evil_checkpoint", None)


class Runs:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return (open, (str(self.mark), "w"))


def crafted(mark: Path) -> list[tuple[str, bytes]]:
    """As anyone could make them who can write to the database."""
    names = [("evil_checkpoint", "Evil"), ("os", "system"), ("subprocess", "check_output")]
    found: list[tuple[str, bytes]] = []
    for module, name in names:
        argument = f"touch {mark}"
        for code, payload in (
            (0, (module, name, argument)),
            (1, (module, name, [argument])),
            (2, (module, name, {"command": argument})),
            (3, (module, name, argument, "__call__")),
            (4, (module, name, {}, "construct")),
            (5, (module, name, {}, "model_validate")),
        ):
            found.append(("msgpack", ormsgpack.packb(ormsgpack.Ext(code, ormsgpack.packb(payload)))))
        constructor = {"lc": 2, "type": "constructor", "id": [module, name], "args": [argument]}
        found.append(("json", json.dumps(constructor).encode()))
        found.append(("json", json.dumps({**constructor, "lc": 1, "kwargs": {}}).encode()))
    found.append(("pickle", pickle.dumps(Runs(mark))))
    return found


async def test_s13_nothing_that_a_checkpoint_names_is_imported(database: str, evil: Path) -> None:
    async with open_checkpointer(Settings(postgres=database)) as saver:  # type: ignore[arg-type]
        checkpoint: Any = {
            **empty_checkpoint(),
            "channel_values": {"m": ["x"]},
            "channel_versions": {"m": "1"},
        }
        written = await saver.aput(CONFIG, checkpoint, {"source": "update", "step": 1}, {"m": "1"})
        await saver.aput_writes(written, [("m", "x")], "task")
        for kind, content in crafted(evil):
            with psycopg.connect(database, autocommit=True) as connection:
                connection.execute("UPDATE checkpoint_blobs SET type = %s, blob = %s", (kind, content))
                connection.execute("UPDATE checkpoint_writes SET type = %s, blob = %s", (kind, content))
            value = await read(saver)
            assert type(value).__module__ == "builtins", (kind, content, value)
            assert not left_a_mark(evil), (kind, content)
            assert "evil_checkpoint" not in sys.modules


async def read(saver: Any) -> Any:
    """The crafted value as plain data; None where the saver refuses to read it."""
    with suppress(NotImplementedError, ValueError):
        found = await saver.aget_tuple(CONFIG)
        assert found is not None
        return found.checkpoint["channel_values"]["m"]
    return None


def left_a_mark(mark: Path) -> bool:
    return mark.exists()


async def test_s13_constructors_in_metadata_are_plain_data(database: str, evil: Path) -> None:
    async with open_checkpointer(Settings(postgres=database)) as saver:  # type: ignore[arg-type]
        await saver.aput(CONFIG, empty_checkpoint(), {"source": "update", "step": 1}, {})
        crafted_value = {"lc": 2, "type": "constructor", "id": ["evil_checkpoint", "Evil"]}
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(
                "UPDATE checkpoints SET metadata = metadata || %s", (Jsonb({"x": crafted_value}),)
            )
        found = await saver.aget_tuple(CONFIG)
        assert found is not None
        assert found.metadata["x"] == crafted_value  # type: ignore[typeddict-item]
        assert not left_a_mark(evil)


def test_s13_nothing_that_json_in_redis_names_is_imported(evil: Path) -> None:
    """LangGraph's Redis saver imports whatever a constructor names."""
    for kind, content in crafted(evil):
        if kind == "json":
            with suppress(NotImplementedError, ValueError):
                assert type(StockSerde().loads_typed((kind, content))).__module__ == "builtins"
    crafted_value = {"lc": 2, "type": "constructor", "id": ["evil_checkpoint", "Evil"], "kwargs": {}}
    assert StockSerde().loads_typed(("json", json.dumps([crafted_value]).encode())) == [crafted_value]
    assert not left_a_mark(evil)
    allowed = StockSerde().with_msgpack_allowlist([(Note.__module__, "Note")])
    assert allowed.loads_typed(StockSerde().dumps_typed([Note("x")])) == [Note("x")]


@dataclass
class Note:
    text: str


def test_s13_what_the_product_keeps_is_read_back_whole() -> None:
    serde = StrictSerializer()
    message = HumanMessage("hello", id="1")
    assert serde.loads_typed(serde.dumps_typed([message])) == [message]


@pytest.mark.parametrize(
    "loose",
    [
        JsonPlusSerializer(pickle_fallback=True, allowed_msgpack_modules=None),
        JsonPlusSerializer(allowed_msgpack_modules=True),
        JsonPlusSerializer(allowed_msgpack_modules=None, allowed_json_modules=True),
    ],
)
async def test_s13_a_loose_serializer_is_refused_at_the_start(
    loose: JsonPlusSerializer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Wrapping:
        serde = loose

    for serde in (loose, Wrapping()):
        with pytest.raises(UserError, match="would import any class"):
            require_strict(serde)
    monkeypatch.setattr("memory.short_term.savers.StrictSerializer", lambda: loose)
    with pytest.raises(UserError, match="would import any class"):
        async with open_checkpointer(Settings(checkpointer="memory")):  # type: ignore[arg-type]
            pass
    require_strict(StrictSerializer())

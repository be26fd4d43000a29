"""Statements that are kept on the server: whose they are, and what happens where they cannot be."""

import dataclasses
from typing import Any

import psycopg
import pytest
from langgraph.store.base import GetOp, PutOp, SearchOp

from memory.long_term.statements.operations import PutIf
from memory.long_term.statements.procedures import Procedure
from memory.long_term.statements.usual import usual
from memory.long_term.statements.writes import PUT, ConflictError
from tests.services.long_term import drop, functions, opened

ANA, BOB = ("users", "ana"), ("users", "bob")


async def everything(store: Any) -> None:
    await store.aput(ANA, "a", {"text": "green tea"})
    await store.abatch([PutOp(ANA, "b", {"text": "red wine"}), PutOp(BOB, "b", {"text": "black coffee"})])
    assert [
        item and item.value["text"] for item in await store.abatch([GetOp(ANA, "a"), GetOp(BOB, "b")])
    ] == [
        "green tea",
        "black coffee",
    ]
    for strategy in ("vector", "keyword", "hybrid"):
        [mine, theirs] = await store.abatch(
            [SearchOp(name, query="green tea", filter={"$strategy": strategy}) for name in (ANA, BOB)]
        )
        assert mine[0].key == "a"
        assert all(item.namespace == BOB for item in theirs)
        assert (await store.asearch(ANA, query="green tea", filter={"$strategy": strategy}))[0].key == "a"
    assert {item.key for item in await store.asearch(ANA)} == {"a", "b"}


async def test_a_function_that_somebody_else_put_under_our_name_is_never_called(database: str) -> None:
    async with opened(database) as store:
        await everything(store)
    signature = next(each for each in functions(database) if each.startswith("memory_put_"))
    drop(database)
    with psycopg.connect(database, autocommit=True) as connection:
        for schema in ("public", "elsewhere"):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            connection.execute(
                f"CREATE FUNCTION {schema}.{signature} RETURNS TABLE (path text, key text, version bigint) "
                "LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'called'; END $$"
            )
    async with opened(f"{database}&options=-c%20search_path%3Delsewhere%2Cpublic") as store:
        await everything(store)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"DROP FUNCTION elsewhere.{signature}")


async def test_a_database_that_can_take_none_is_asked_by_statements(database: str) -> None:
    async with opened(database) as store:
        await everything(store)
    drop(database)
    async with opened(f"{database}&options=-c%20default_transaction_read_only%3Don") as replica:
        assert (await replica.asearch(ANA, query="green tea", filter={"$strategy": "hybrid"}))[0].key == "a"
        assert await replica.aget(ANA, "a") is not None
    assert functions(database) == []


@pytest.mark.parametrize("kept", ["find", "items", "near", "get", "put", "list"])
async def test_a_database_with_one_of_them_alone_answers_the_same(database: str, kept: str) -> None:
    async with opened(database) as store:
        await store.setup()
        store._calls = {
            query: call
            for query, call in store._calls.items()
            if call.split(".")[-1].startswith(f"memory_{kept}_")
        }
        assert store._calls
        await everything(store)


async def test_they_may_go_away_under_a_running_store(database: str) -> None:
    async with opened(database) as store:
        await store.aput(ANA, "a", {"text": "green tea"})
        drop(database)
        await everything(store)


async def test_they_are_called_where_nobody_may_call_what_others_make(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")
    async with opened(database) as store:
        await everything(store)


def test_a_change_of_the_text_is_another_function() -> None:
    procedure: Procedure = usual()[PUT]
    other = dataclasses.replace(procedure, body=procedure.body + " ")
    assert other.name != procedure.name
    assert procedure.definition("here") != other.definition("here")


async def test_a_conditional_write_whose_answer_was_lost_is_no_conflict(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(database) as store:
        await store.aput(ANA, "a", {"n": 1})
        item: Any = await store.aget(ANA, "a")
        transact = store._transact

        async def lost(*given: Any) -> Any:
            await transact(*given)
            raise psycopg.OperationalError("server closed the connection unexpectedly")

        monkeypatch.setattr(store, "_transact", lost)
        with pytest.raises(psycopg.OperationalError):
            await store.abatch([PutIf(PutOp(ANA, "a", {"n": 2}), item.version)])
        monkeypatch.undo()
        assert (await store.aget(ANA, "a")).value == {"n": 2}
        with pytest.raises(ConflictError):
            await store.abatch([PutIf(PutOp(ANA, "a", {"n": 3}), item.version)])

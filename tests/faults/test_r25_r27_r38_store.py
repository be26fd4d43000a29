"""The long-term store: R25 edits at once, R27 lost backends, R38 clocks that are off."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from memory.long_term.postgres_store import ConflictError, PostgresStore
from memory.long_term.statements import operations
from memory.long_term.statements.operations import PutIf, PutOp
from tests.faults.test_r27_backends_terminated import terminate_all
from tests.services.long_term import opened, rows
from tests.services.postgres import others, until

NS = ("users", "ana")


async def edit(store: PostgresStore, fact: str) -> int:
    """Add a fact to one memory, reading it again after each conflict; returns the conflicts."""
    conflicts = 0
    while True:
        item: Any = await store.aget(NS, "k")
        facts = [*item.value["facts"], fact] if item else [fact]
        try:
            await store.abatch(
                [
                    PutIf(
                        PutOp(NS, "k", {"text": " ".join(facts), "facts": facts}), item.version if item else 0
                    )
                ]
            )
        except ConflictError:
            conflicts += 1
        else:
            return conflicts


async def test_r25_edits_of_one_memory_at_once_are_all_kept(database: str) -> None:
    async with opened(database) as one, opened(database) as other:
        facts = [f"fact{number}" for number in range(12)]
        stores = [one, other] * 6
        conflicts = await asyncio.gather(
            *(edit(store, fact) for store, fact in zip(stores, facts, strict=True))
        )
        item = await one.aget(NS, "k")
        assert item is not None
        assert sorted(item.value["facts"]) == sorted(facts)
        assert sum(conflicts), "nobody was in anybody's way"
        (found,) = await other.asearch(NS, query=item.value["text"])
        assert found.score == pytest.approx(1.0, abs=0.01)


async def test_r25_plain_puts_at_once_leave_one_whole_value_and_its_own_vector(database: str) -> None:
    async with opened(database) as one, opened(database) as other:
        values = [{"text": f"word{number} " * 3, "n": number} for number in range(20)]
        await asyncio.gather(*((one, other)[value["n"] % 2].aput(NS, "k", value) for value in values))
        item = await one.aget(NS, "k")
        assert item is not None
        assert item.value in values
        (found,) = await one.asearch(NS, query=item.value["text"])
        assert found.score == pytest.approx(1.0, abs=0.01)
        assert [rows(database, table) for table in ("memory_items", "memory_lookup", "memory_vectors")] == [
            1,
            1,
            1,
        ]


async def test_r27_a_store_under_load_survives_the_loss_of_every_backend_and_leaks_none(
    database: str,
) -> None:
    async with opened(database, max_size=3) as store:
        acknowledged: list[str] = []
        stop = False

        async def write(number: int) -> None:
            count = 0
            while not stop:
                key = f"w{number}-{count}"
                try:
                    await store.aput(("users", f"u{number}"), key, {"text": f"tea {count}"})
                except psycopg.OperationalError:
                    await asyncio.sleep(0.01)
                else:
                    acknowledged.append(key)
                    count += 1

        tasks = [asyncio.create_task(write(number)) for number in range(3)]
        for _ in range(5):
            before = len(acknowledged)
            while len(acknowledged) < before + 6:  # noqa: ASYNC110 - progress is what is waited for
                await asyncio.sleep(0.01)
            assert await asyncio.to_thread(terminate_all, database) > 0
        stop = True
        await asyncio.gather(*tasks)
        kept = {item.key for item in await store.asearch(("users",), limit=5_000)}
        assert set(acknowledged) <= kept
        assert {item.key for item in await store.asearch(("users",), query="tea", limit=5_000)} == kept

        def all_are_back() -> bool:
            stats = store.pool.get_stats()
            return stats["pool_size"] <= 3 and stats["pool_available"] == stats["pool_size"]

        # One that was lost is made anew behind us.
        await asyncio.to_thread(until, all_are_back, "no connection is missing")
    # A backend takes a moment to leave after its client has: one that leaked never does.
    await asyncio.to_thread(until, lambda: others(database) == 0, "no connection is left")


class Ahead(datetime):
    """A process whose clock is off by `by`."""

    by = timedelta(hours=1)

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return datetime.now(tz) + cls.by


@pytest.mark.parametrize("hours", [-1, 1])
async def test_r38_order_and_lifetimes_are_the_databases_whatever_a_process_believes(
    database: str, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    async with opened(database) as right, opened(database) as off:
        with monkeypatch.context() as patch:
            patch.setattr(Ahead, "by", timedelta(hours=hours))
            patch.setattr(operations, "datetime", Ahead)
            patch.setattr("time.time", lambda: datetime.now(UTC).timestamp() + 3_600 * hours)
            await off.aput(NS, "first", {"text": "tea"}, ttl=30)
            await off.aput(NS, "gone", {"text": "tea"}, ttl=0)
            assert await off.aget(NS, "gone") is None
            assert [item.key for item in await off.asearch(NS, query="tea")] == ["first"]
        await right.aput(NS, "second", {"text": "tea"})
        assert [item.key for item in await right.asearch(NS)] == ["second", "first"]
        item = await right.aget(NS, "first")
        assert item is not None
        assert abs(item.updated_at - datetime.now(UTC)) < timedelta(minutes=30)
        assert await right.aget(NS, "gone") is None


async def test_r38_sweeps_against_renewals_take_only_what_has_expired(database: str) -> None:
    async with opened(database) as store, opened(database) as other:
        for number in range(40):
            await store.aput(NS, f"dying{number}", {"text": "tea"}, ttl=0)
            await store.aput(NS, f"living{number}", {"text": "tea"}, ttl=60)

        async def renew() -> None:
            for number in range(40):
                assert await other.aget(NS, f"living{number}", refresh_ttl=True) is not None
                assert await other.aget(NS, f"dying{number}", refresh_ttl=True) is None
                if number % 8 == 0:
                    await other.aput(NS, f"dying{number}", {"text": "born again"}, ttl=60)

        swept = await asyncio.gather(renew(), *(store.sweep_ttl() for _ in range(6)))
        assert sum(count or 0 for count in swept) + await store.sweep_ttl() <= 40
        wanted = {f"living{number}" for number in range(40)} | {
            f"dying{number}" for number in range(0, 40, 8)
        }
        assert {item.key for item in await store.asearch(NS, limit=200)} == wanted
        assert {item.key for item in await store.asearch(NS, query="tea", limit=200)} == wanted
        tables = ("memory_items", "memory_lookup", "memory_vectors")
        assert [rows(database, table) for table in tables] == [len(wanted)] * 3


async def test_r38_what_expired_is_no_version_to_write_upon(database: str) -> None:
    async with opened(database) as store:
        await store.aput(NS, "k", {"text": "tea"}, ttl=60)
        old: Any = await store.aget(NS, "k")
        await store.aput(NS, "k", {"text": "tea"}, ttl=0)
        with pytest.raises(ConflictError):
            await store.abatch([PutIf(PutOp(NS, "k", {"text": "wine"}), old.version + 1)])
        await store.abatch([PutIf(PutOp(NS, "k", {"text": "wine"}), 0)])
        new = await store.aget(NS, "k")
        assert new is not None
        assert new.created_at > old.created_at

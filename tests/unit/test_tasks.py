"""Extraction in the background of one process: after a pause, one at a time, finished at the end."""

import asyncio

import pytest

from agents.later import Job, Served
from graphs.tasks import Tasks

HOURS = 10_000.0


def job(thread: str = "t1", **rest: bool) -> Job:
    return Job("ana", thread, **rest)


class Work:
    def __init__(self, failing: str = "") -> None:
        self.done: list[str] = []
        self.at_once = self.most = 0
        self.began = asyncio.Event()
        self._failing = failing

    async def __call__(self, given: Job) -> None:
        self.began.set()
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        if given.thread_id == self._failing:
            raise OSError("the model is away")
        self.done.append(given.thread_id)


async def test_quick_turns_of_one_conversation_are_one_job() -> None:
    work = Work()
    tasks = Tasks(work, HOURS)
    for thread in ("t1", "t2", "t1", "t1"):
        tasks.take(job(thread))
    assert work.done == []
    await tasks.finish()
    assert sorted(work.done) == ["t1", "t2"]
    assert work.most == 1
    await tasks.finish()
    assert len(work.done) == 2


async def test_what_waited_long_enough_waits_no_more() -> None:
    work = Work()
    tasks = Tasks(work, HOURS)
    tasks.take(job())
    tasks.take(job(at_once=True))
    async with asyncio.timeout(60):
        await work.began.wait()
    await tasks.finish()
    assert work.done == ["t1"]


async def test_one_that_fails_costs_no_other(caplog: pytest.LogCaptureFixture) -> None:
    work = Work(failing="t1")
    tasks = Tasks(work, HOURS)
    tasks.take(job("t1"))
    tasks.take(job("t2"))
    await tasks.finish()
    assert work.done == ["t2"]
    assert "OSError: the model is away" in caplog.text


def test_a_server_without_its_app_takes_nothing() -> None:
    assert not Served().ready
    assert Served(Tasks(Work(), HOURS)).ready

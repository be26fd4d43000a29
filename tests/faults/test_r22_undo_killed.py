"""R22 for undo and redo: killed with -9 between the memories and the checkpoint, and mended by doing it again."""

import signal
import subprocess
import sys

import pytest
from langgraph.store.base import BaseStore

from config.settings import Settings
from graphs.chat import Chat
from graphs.recovery import recover
from graphs.undo import at, redo, undo
from tests.services.chat import ANA, facts, say, thread
from tests.services.command import environment
from tests.services.postgres import PROJECT

THREAD = thread()["configurable"]["thread_id"]


def kill_in(step: str, configured: Settings) -> None:
    given = {"MNEMOGRAPH_PROFILE": "test", "MNEMOGRAPH_POSTGRES": configured.postgres.get_secret_value()}
    done = subprocess.run(
        [sys.executable, "-m", "config.loading", "tests.faults.undo_runner", step, THREAD, ANA],
        cwd=PROJECT,
        env=environment(configured.data_path, **given),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize("mended_by", ["again", "recovery"])
async def test_r22_killed_between_the_parts(
    chat: Chat, store: BaseStore, configured: Settings, mended_by: str
) -> None:
    async def said() -> int:
        return len((await chat.aget_state(at(THREAD))).values["messages"])

    await say(chat, "I live in Porto.")
    await say(chat, "I have a dog named Rex.")
    known = await facts(store)
    kill_in("undo", configured)
    assert (await said(), len(await facts(store))) == (4, 1)
    if mended_by == "recovery":
        await recover(chat, ANA)
        assert (await said(), await facts(store)) == (4, known)
    await undo(chat, ANA, THREAD)
    assert (await said(), len(await facts(store))) == (2, 1)
    kill_in("redo", configured)
    assert (await said(), len(await facts(store))) == (4, 1)
    if mended_by == "recovery":
        await recover(chat, ANA)
    else:
        assert (await redo(chat, ANA, THREAD)).finished
    assert (await said(), await facts(store)) == (4, known)

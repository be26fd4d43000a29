"""`mnemograph maintain`: what the scheduled graph does to memories and threads, now."""

from dataclasses import asdict

from langgraph.store.base import BaseStore

from cli.console import out, plain
from cli.conversation import when
from cli.threads import as_json, prune_threads
from config.errors import UserError
from config.settings import Settings
from graphs.maintenance import maintain_memories, new_run, owners_in, policy_of
from memory.lifecycle.changing.runs import runs_of, undo_run
from memory.lifecycle.keeping.consolidate import Report
from memory.lifecycle.reading.lookup import all_of
from memory.lifecycle.reading.uses import uses_of
from memory.lifecycle.recalling.profile import profile_of
from memory.lifecycle.sharing.keepers import Keeper, Whose, keepers
from memory.long_term.factory import open_store
from memory.long_term.statements.writes import ConflictError
from memory.schema import Kind


async def maintain(configured: Settings, user_id: str | None, *, dry_run: bool, machine: bool) -> int:
    """Consolidate and prune memories; of everybody, and then the threads, where no user is named."""
    run = new_run()
    async with open_store(configured) as store:
        done = await maintain_memories(store, configured, "consolidate", run, dry_run=dry_run, owner=user_id)
        gone = await maintain_memories(store, configured, "prune", run, dry_run=dry_run, owner=user_id)
    if machine:
        as_json({"dry_run": dry_run, "run": run, "consolidated": asdict(done), "forgotten": asdict(gone)})
        return 1 if done.failed or gone.failed else 0
    for line in told(done, gone, dry_run=dry_run):
        out.print(line, soft_wrap=True)
    if not dry_run and _changed(done, gone):
        out.print(f"Undo it within 30 days: [bold]mnemograph maintain --undo {run}[/]", soft_wrap=True)
    if user_id is None and policy_of(configured):
        await prune_threads(configured, dry_run=dry_run, machine=False)
    return 1 if done.failed or gone.failed else 0


def told(done: Report, gone: Report, *, dry_run: bool) -> list[str]:
    """What was done, in sentences."""
    did = "would be" if dry_run else "were"
    merged = f"{done.merged} {did} merged into others that say the same"
    summed_up = f"{done.summarised} {did} summed up in {done.summaries}"
    lines = [
        f"Of {done.memories} memories {merged}, {summed_up}, and {done.thinned} {did} thinned out.",
        f"{done.views + gone.views} embedded views and {done.rows + gone.rows} rows {did} saved.",
    ]
    if gone.pruned:
        lines.append(f"{gone.pruned} {did} pruned: there are more than MNEMOGRAPH_KEEP_MEMORIES.")
    if skipped := done.skipped + gone.skipped:
        lines.append(f"[yellow]{skipped} were changed meanwhile and left alone; run it again for them.[/]")
    if failed := max(done.failed, gone.failed):
        lines.append(f"[red]For {failed} users it was cut off: the log says why; run it again for them.[/]")
    return lines


def _changed(done: Report, gone: Report) -> int:
    return done.merged + done.summarised + done.thinned + gone.pruned


async def _all_keepers(store: BaseStore, user_id: str | None) -> list[Keeper]:
    """Wherever a run may have changed something: of this user, or of all."""
    owners = [user_id] if user_id else await owners_in(store)
    return [keeper for owner in owners for keeper in await keepers(store, Whose(owner))]


async def list_runs(configured: Settings, user_id: str | None, *, machine: bool) -> int:
    """The runs that can be undone, the newest first."""
    found: dict[str, str] = {}
    async with open_store(configured) as store:
        for keeper in await _all_keepers(store, user_id):
            found |= await runs_of(keeper.store, keeper.user_id)
    if machine:
        as_json([{"run": name, "at": at} for name, at in found.items()])
        return 0
    for name, at in sorted(found.items(), key=lambda each: each[1], reverse=True):
        out.print(f"{plain(name)}  [dim]{when(at)}[/]")
    if not found:
        out.print("There is no run to undo: each can be undone for 30 days.")
    return 0


async def show_profile(configured: Settings, user_id: str) -> int:
    """The facts that matter most, as one text."""
    async with open_store(configured) as store:
        facts = [memory async for memory in all_of(store, user_id, Kind.SEMANTIC)]
        text = profile_of(facts, await uses_of(store, user_id))
    out.print(plain(text) or "Nothing is known of this user yet.", soft_wrap=True)
    return 0


async def take_back(configured: Settings, run: str, user_id: str | None, *, machine: bool) -> int:
    """Undo a run. Raises UserError where nobody has one of that name, or others change the same memories."""
    changed = skipped = 0
    known = False
    async with open_store(configured) as store:
        for keeper in await _all_keepers(store, user_id):
            try:
                undone = await undo_run(keeper.store, keeper.user_id, run)
            except ConflictError:
                raise UserError("These memories are being changed by somebody else; undo it again.") from None
            if undone is not None:
                known = True
                changed, skipped = changed + len(undone.done), skipped + undone.skipped
    if not known:
        raise UserError(f"There is no run {run[:64]!r} to undo: list them with `mnemograph maintain --runs`.")
    if machine:
        as_json({"run": run, "restored": changed, "left_alone": skipped})
        return 0
    out.print(f"{changed} memories are as they were; {skipped} were changed since and stay as they are.")
    return 0

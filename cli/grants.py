"""`mnemograph grants`: who else may read or write your memories."""

from collections.abc import Sequence
from datetime import UTC, datetime

from cli.console import out, plain
from cli.threads import as_json
from config.settings import Settings
from memory.lifecycle.sharing.grants import Grant, give, grants_of, parsed_grantee, revoke
from memory.long_term.factory import open_store


async def list_grants(configured: Settings, user_id: str, *, machine: bool) -> int:
    """What holds, and what is over and can be revoked for good."""
    async with open_store(configured) as store:
        found = await grants_of(store, user_id)
    now = datetime.now(UTC)
    if machine:
        as_json([each.shown(now) for each in found])
        return 0
    for each in found:
        over = "" if each.holds(now) else " [dim](over)[/]"
        out.print(f"{plain(each.grantee)}  [dim]{plain(each.sentence)}[/]{over}", soft_wrap=True)
    if not found:
        out.print("Nothing is shared: give a grant with `mnemograph grants give agent:planner`.")
    return 0


async def give_grant(configured: Settings, user_id: str, grant: Grant) -> int:
    async with open_store(configured) as store:
        made = await give(store, user_id, grant, datetime.now(UTC))
    out.print(plain(made.sentence), soft_wrap=True)
    return 0


async def revoke_grants(
    configured: Settings, user_id: str, grantee: str, kinds: Sequence[str], keeper: str | None
) -> int:
    """The exit status is 1 where there was nothing to revoke."""
    async with open_store(configured) as store:
        ended = await revoke(store, user_id, parsed_grantee(grantee), kinds, keeper)
    for each in ended:
        out.print(f"Revoked. {plain(each.sentence)}", soft_wrap=True)
    if not ended:
        out.print(f"{plain(grantee)} has no such grant.")
    return 0 if ended else 1

"""`mnemograph demo team`: agents that share memories, as far as their user lets them and no longer."""

import uuid
from dataclasses import dataclass
from typing import Any, Final

from langchain_core.messages import HumanMessage

from agents.context import ChatContext
from agents.conversation import last_human
from agents.sharing import agent_of
from agents.team.members import SUPERVISOR
from cli.console import out, plain
from cli.conversation import thread_config
from cli.show import receipt
from config.settings import Settings
from graphs.chat import Chat
from graphs.team import open_team
from memory.lifecycle.sharing.grants import grants_of


@dataclass(frozen=True)
class Step:
    """What is said, in a conversation of its own, and what must come of it.

    `knows`: what the reply has to hold, or must not where it starts with "not "; `news`: what its agent must be told.
    """

    said: str
    knows: str = ""
    news: str = ""


NIGHT: Final = "night trains"
ACTS: Final = (
    (
        "Nothing is shared: what the user tells is the user's",
        (Step("I live in Porto."), Step("Planner, where do I live?", knows="not Porto")),
    ),
    (
        "A grant, and its use",
        (
            Step("Share my memories with the planner."),
            Step("Planner, where do I live?", knows="Porto"),
            Step("Researcher, where do I live?", knows="not Porto"),
        ),
    ),
    (
        "What one agent learned, another is told",
        (
            Step("Let the planner read what the researcher knows."),
            Step("Researcher, I prefer night trains."),
            Step("Planner, which trains do I prefer?", knows=NIGHT, news=NIGHT),
        ),
    ),
    (
        "The revocation, which holds at once",
        (
            Step("Stop sharing with the planner."),
            Step("Planner, where do I live?", knows="not Porto"),
            Step("Planner, which trains do I prefer?", knows=f"not {NIGHT}"),
        ),
    ),
)


async def demo_team(configured: Settings) -> int:
    """The exit status: 0 when every agent knew what it was granted, and nothing else."""
    user_id = f"demo-{uuid.uuid4().hex[:8]}"
    wrong: list[str] = []
    async with open_team(configured) as team:
        for title, steps in ACTS:
            out.rule(plain(title))
            for step in steps:
                values = await _turn(team, user_id, step.said)
                if not _is_right(step, values):
                    wrong.append(step.said)
            store = team.store
            for grant in await grants_of(store, user_id) if store else ():
                out.print(f"  [dim]grant: {plain(grant.sentence)}[/]", soft_wrap=True)
    if wrong:
        out.print(f"[bold red]Not as it was granted:[/] {plain('; '.join(wrong))}")
        return 1
    out.print("[bold green]Each agent knew what it was granted, and nothing else.[/]")
    return 0


async def _turn(team: Chat, user_id: str, said: str) -> dict[str, Any]:
    """One message in a conversation of its own, so that what an agent knows is what it remembers."""
    out.print(f"[bold blue]you[/] {plain(said)}")
    config = thread_config(str(uuid.uuid4()), user_id)
    context = ChatContext(user_id=user_id)
    values = await team.ainvoke({"messages": [HumanMessage(said)]}, config, context=context)
    for each in values.get("news") or []:
        out.print(
            f"  [yellow]told:[/] {plain(each['text'])} [dim](learned by {plain(each['learned_by'] or 'the user')})[/]"
        )
    for line in receipt(values.get("recalled") or []):
        out.print(f"  {line}")
    who = agent_of(last_human(values["messages"])) or SUPERVISOR
    out.print(f"[bold magenta]{who}[/] {plain(_reply(values))}")
    return values


def _reply(values: dict[str, Any]) -> str:
    return str(values["messages"][-1].text)


def _is_right(step: Step, values: dict[str, Any]) -> bool:
    told = " ".join(each["text"] for each in values.get("news") or [])
    said = _reply(values).casefold()
    unwanted = step.knows.startswith("not ")
    wanted = step.knows.removeprefix("not ").casefold()
    return (not wanted or (wanted in said) is not unwanted) and step.news in told

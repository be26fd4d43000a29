"""The command line: `mnemograph --help`. A command's module is loaded when it is asked for."""

from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from config.loading import loaded

COMMANDS = (
    "dev",
    "chat",
    "demo",
    "encrypt",
    "grants",
    "ingest",
    "memories",
    "procedures",
    "maintain",
    "reembed",
    "rotate-keys",
    "scale",
    "settings",
    "threads",
)
UNLISTED = ("memory-check",)
"""What other commands run."""


class Commands(TyperGroup):
    """`dev` starts without what only `chat` needs: half of its time would be imports."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer calls it
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - typer calls it
        if cmd_name not in (*COMMANDS, *UNLISTED):
            return None
        return get_command(loaded(f"cli.commands.{cmd_name.replace('-', '_')}").app)


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def mnemograph() -> None:
    """An agent that remembers: talk to it, serve it, teach it from a transcript."""


def main() -> None:
    """The entry point of the `mnemograph` command."""
    app()


if __name__ == "__main__":
    main()

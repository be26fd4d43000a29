"""The command line: `mnemograph --help`."""

from pathlib import Path
from typing import Annotated

import typer

from cli.chat import chat as chat_command
from cli.console import configured, fail, out, run
from cli.conversation import thread_uuid
from cli.demo import demo as demo_command
from cli.dev import dev as dev_command
from cli.ingest import ingest_file
from config.errors import UserError
from config.example import render
from memory.namespaces import owner_namespace

app = typer.Typer(
    help="An agent that remembers: talk to it, serve it, teach it from a transcript.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

User = Annotated[str | None, typer.Option("--user", help="Whose memories; the default is MNEMOGRAPH_USER.")]


@app.command()
def dev(
    port: Annotated[int | None, typer.Option(help="The port; the default is MNEMOGRAPH_PORT.")] = None,
    reload: Annotated[bool, typer.Option(help="Start again when a source file changes.")] = True,
) -> None:
    """Serve the agent with `langgraph dev` on the configured memory."""
    found = configured()
    try:
        status = dev_command(found, port=port, reload=reload)
    except UserError as error:
        fail(error)
    raise typer.Exit(status)


@app.command()
def chat(
    user: User = None,
    thread: Annotated[str | None, typer.Option(help="Go on with this conversation.")] = None,
) -> None:
    """Talk to the agent in this terminal."""
    found = configured()
    try:
        thread_id = thread_uuid(thread) if thread else None
        owner_namespace(user or found.user)
    except UserError as error:
        fail(error)
    run(chat_command(found, user or found.user, thread_id))


@app.command()
def demo() -> None:
    """Show in one minute that the agent remembers."""
    run(demo_command(configured()))


@app.command()
def ingest(
    file: Annotated[
        Path,
        typer.Argument(help="JSON lines (thread, role, content, name, timestamp), or conversations.json."),
    ],
    user: User = None,
) -> None:
    """Remember a transcript. Running it again adds nothing."""
    found = configured()
    try:
        owner_namespace(user or found.user)
    except UserError as error:
        fail(error)
    run(ingest_file(found, user or found.user, file))


@app.command("settings")
def show_settings() -> None:
    """Print every setting with its default and why it exists: the text of .env.example."""
    out.print(render(), markup=False, soft_wrap=True)


def main() -> None:
    """The entry point of the `mnemograph` command."""
    app()


if __name__ == "__main__":
    main()

"""`tally up` and `tally down`: the demo's system for a look around."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the commands to the root."""
    app.command("up")(up)
    app.command("down")(down)


def up(
    add_party: Annotated[
        str | None,
        typer.Option("--add-party", help="Add a party of this name, too: wallet, admission and a node, for good."),
    ] = None,
) -> None:
    """Start the demo's system in the background and say where everything is, whose wallets there are, and what to try."""
    from demo import background

    background.start()
    if add_party is not None:
        background.add(add_party)


def down() -> None:
    """Stop what `tally up` started; its state stays."""
    from demo.background import stop

    stop()

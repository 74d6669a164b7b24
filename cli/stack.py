"""`tally up` and `tally down`: the demo's system for a look around."""

import typer


def register(app: typer.Typer) -> None:
    """Add the commands to the root."""
    app.command("up")(up)
    app.command("down")(down)


def up() -> None:
    """Start the demo's system in the background and say where everything is."""
    from demo.background import start

    start()


def down() -> None:
    """Stop what `tally up` started; its state stays."""
    from demo.background import stop

    stop()

"""`tally demo`: three organisations train a model together, from wallet signatures to verified evidence."""

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the root."""
    app.command("demo")(command)


def command() -> None:
    """Run the main job on this machine: real chain, database, broker, wallets, nodes and data."""
    from demo.main import run

    raise typer.Exit(run())

"""Asks before an act: what will happen, in words, in English and Chinese."""

from typing import Annotated

import typer

Yes = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]


def confirm(english: str, chinese: str, *, yes: bool) -> None:
    """Say what will happen and ask; exit status 1, with nothing done, unless the answer is yes."""
    typer.echo(f"{english}\n{chinese}")
    if not yes and not typer.confirm("Go on? 继续？"):
        typer.echo("nothing was done / 什么也没有做", err=True)
        raise typer.Exit(1)

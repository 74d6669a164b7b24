"""Applying to take part: what a party with a node and one without share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

if TYPE_CHECKING:
    from client import Coordinator
    from protocol.enrolment import Application

NAME = escape("[a-z0-9-]")  # help texts are rich markup
Operator = Annotated[str, typer.Option(help=f"Who really runs it ({NAME}).")]
Roles = Annotated[list[str], typer.Option(help="data-provider, compute-provider, result-user, …; repeatable.")]
Title = Annotated[str, typer.Option(help="The party's title in English.")]
TitleZh = Annotated[str, typer.Option(help="The party's title in Chinese.")]
Contact = Annotated[str, typer.Option(help="How to reach the operator.")]
Out = Annotated[
    Path | None,
    typer.Option(help="Write the application to this file, too: the admission office can take it from you."),
]

Invitation = Annotated[
    str | None,
    typer.Option("--invitation", envvar="TALLY_INVITATION", help="The code that the admission office sent you; once."),
]


def apply(
    coordinator: "Coordinator", application: "Application", out: Path | None, invitation: str | None = None
) -> None:
    """Send an application, and say by which fingerprint its admission is to be recognised."""
    from protocol.enrolment import Enrolment

    enrolment = Enrolment.read(application.enrolment)
    if out is not None:  # before it is sent: a coordinator that refuses it cannot keep it from the office
        out.write_bytes(application.data())
    typer.echo(f"fingerprint {enrolment.fingerprint}")
    typer.echo(
        "Tell the admission office this fingerprint by a way of your own: only the application that bears it is yours.\n"
        "请通过您自己的途径把此指纹告知准入方：只有与之相符的申请才是您的。"
    )
    coordinator.enrol(application, invitation)
    typer.echo(f"{enrolment.party} has applied")

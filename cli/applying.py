"""Applying to take part: what a party with a node and one without share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from protocol.programs import Words

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


_NEXT = {
    True: Words(
        "Next: the office compares the fingerprint and admits you on chain; the node is then issued its broker login by itself. "
        "See how it stands with `tally node application`, then start it with `tally node run`.",
        "下一步：准入方核对指纹并在链上准入，随后节点自动获得消息代理的登录凭据。可用 `tally node application` 查看进展，之后用 "
        "`tally node run` 启动节点。",
    ),
    False: Words(
        "Next: the office compares the fingerprint and admits you on chain. Nothing else is needed: a party without a node is sent nothing.",
        "下一步：准入方核对指纹并在链上准入。无需其他操作：没有节点的参与方不接收任何消息。",
    ),
}
"""What happens after an application, with a node and without one."""


def apply(
    coordinator: "Coordinator", application: "Application", out: Path | None, invitation: str | None = None
) -> None:
    """Send an application, and say by which fingerprint its admission is to be recognised, and what happens then."""
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
    typer.echo(
        f"{enrolment.party} has applied. {_NEXT[enrolment.has_node].english}\n{_NEXT[enrolment.has_node].chinese}"
    )

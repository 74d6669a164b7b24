"""`tally admission approve-successor` and its neighbours: which release may stand in for which."""

from typing import Annotated

import typer

from cli.admission import app
from cli.confirm import Yes, confirm
from cli.participant import Rpc, own_gateway

Older = Annotated[str, typer.Argument(help="The release that is succeeded: name@version of a program or an engine.")]
Newer = Annotated[str, typer.Argument(help="The release that may stand in for it.")]


@app.command()
def declare_successor(context: typer.Context, older: Older, newer: Newer, rpc: Rpc) -> None:
    """Declare, as the publisher of both, that a newer release may stand in for an older one, once certifiers approve it."""
    from chain import admission

    done = admission.declare_successor(own_gateway(context, rpc), older, newer)
    typer.echo(f"{newer} {'declared' if done else 'is declared already'} as the successor of {older}")


@app.command()
def approve_successor(
    context: typer.Context,
    older: Older,
    newer: Newer,
    certifier: Annotated[str, typer.Option(help="The certifier's party name.")],
    rpc: Rpc,
    yes: Yes = False,
) -> None:
    """A certifier's wallet approves a declared succession; there is no way to take it back but retiring the newer release."""
    from chain import admission

    acting = own_gateway(context, rpc)
    confirm(
        f"Owners whose authorization allows approved successors get {newer} run on their data where they agreed to {older}, "
        "without being asked again. Approve it only when it does the same, by what it computes and discloses.",
        f"凡授权中允许获批后继版本的数据提供方，其数据将在原先同意 {older} 之处改用 {newer} 计算，且不再另行征求同意。"
        "仅当其计算内容与披露内容均相同时方可认可。",
        yes=yes,
    )
    done = admission.approve_successor(acting, older, newer, certifier)
    typer.echo(f"{newer} {'approved' if done else 'is approved already'} as the successor of {older} by {certifier}")

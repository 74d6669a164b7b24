"""`tally admission condition`: rules that every start must meet, seen by everybody before they take effect."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli.admission import app
from cli.confirm import Yes, confirm
from cli.participant import Rpc, checked_address, own_gateway, reading_gateway

if TYPE_CHECKING:
    from chain.bindings.tasks import Condition

condition = typer.Typer(no_args_is_help=True, help="Rules that every start must meet: schedule, remove, list.")
app.add_typer(condition, name="condition")
Address = Annotated[str, typer.Argument(help="The condition contract's address, capitals as its checksum (EIP-55).")]


@condition.command()
def schedule(context: typer.Context, address: Address, rpc: Rpc, yes: Yes = False) -> None:
    """Schedule a condition, with the admission office: from its second on every start asks it."""
    from chain import conditions

    contract, acting = checked_address(address), own_gateway(context, rpc)
    confirm(
        f"Once the delay is over, no task starts unless {contract} lets it, whenever it was proposed. A condition that "
        "always says no stops every start until its removal takes effect.",
        f"等待期结束后，任何任务（无论何时提议）都须经 {contract} 准许方可启动。始终拒绝的条件会阻止一切启动，直到其移除生效。",
        yes=yes,
    )
    found, done = conditions.schedule(acting, contract)
    typer.echo(f"{_line(found)}{'' if done else ' (it was there)'}")


@condition.command()
def remove(context: typer.Context, address: Address, rpc: Rpc, yes: Yes = False) -> None:
    """Schedule a condition's removal, with the admission office; tasks proposed before it takes effect keep it."""
    from chain import conditions

    contract, acting = checked_address(address), own_gateway(context, rpc)
    confirm(
        f"Tasks proposed after the delay start without asking {contract}; this cannot be undone. Tasks proposed before "
        "are asked about to their end.",
        f"等待期结束后提议的任务启动时不再询问 {contract}，此举不可撤回；此前提议的任务仍须满足该条件直至结束。",
        yes=yes,
    )
    found, done = conditions.remove(acting, contract)
    typer.echo(f"{_line(found)}{'' if done else ' (its removal was scheduled already)'}")


@condition.command(name="list")
def list_conditions(context: typer.Context, rpc: Rpc) -> None:
    """Every condition that may still be asked, in the order of asking."""
    from chain import conditions

    for found in conditions.listed(reading_gateway(context, rpc)):
        typer.echo(_line(found))


def _line(found: "Condition") -> str:
    ends = f", not for tasks proposed from {_time(found.removed_from)} on" if found.removed_from else ""
    return f"{found.condition} asked from {_time(found.active_from)}{ends}"


def _time(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S UTC}"

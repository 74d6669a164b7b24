"""The `tally` command: thin dispatch; each group lives beside it and imports its part only when called."""

import sys
from importlib import import_module

import typer
from rich.console import Console
from rich.markup import escape

from logs.configuration import configure, crashed
from protocol.errors import TallyError

app = typer.Typer(
    # typer would draw every local variable of a traceback
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Tallystick (符契): joint computation with evidence.",
)

_GROUPS = {
    "wallet": "cli.wallet",
    "node": "cli.node",
    "task": "cli.task",
    "authorization": "cli.authorization",
    "result": "cli.result",
    "coordinator": "cli.coordinator",
    "admission": "cli.admission",
}
_COMMANDS = ("cli.verify", "cli.stack", "cli.explorer", "cli.demo", "cli.doctor")

for _name, _module in _GROUPS.items():
    app.add_typer(import_module(_module).app, name=_name)
for _module in _COMMANDS:
    import_module(_module).register(app)


def main() -> None:
    """Run the command line; every known error is two lines (what, fix) and exit status 1, never a traceback."""
    configure("tally", "warning")
    try:
        # without standalone mode a command's typer.Exit comes back as a value
        sys.exit(app(standalone_mode=False) or 0)
    except typer.Abort:
        sys.exit(130)
    except KeyboardInterrupt:
        sys.exit(130)
    except TallyError as error:
        console = Console(stderr=True)
        console.print(f"[red]{error.code}[/red]: {escape(error.what)}", highlight=False)
        console.print(f"  {escape(error.fix)}", highlight=False)
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - it is said in a form that holds no values, and ends the command
        show = getattr(error, "show", None)
        if show is None:
            crashed(error)  # not raised: typer's hook would print its words
            sys.exit(1)
        show()
        sys.exit(getattr(error, "exit_code", 2))

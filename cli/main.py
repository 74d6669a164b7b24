"""The `tally` command: thin dispatch; each group lives beside it and imports its part only when called."""

import sys
import traceback
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli import settings
from cli.roles import ROLES
from logs.configuration import configure, crashed
from protocol import refusals
from protocol.errors import TallyError, UnavailableError
from tallystick.settings import OPTION

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
    "token": "cli.token",
    "webhook": "cli.webhook",
    "authorization": "cli.authorization",
    "result": "cli.result",
    "coordinator": "cli.coordinator",
    "admission": "cli.admission",
    "report": "cli.report",
    "witness": "cli.witness",
    "lookup": "cli.lookup",
    "opening": "cli.opening",
    "law": "cli.law",
    "session": "cli.session",
    "passkey": "cli.passkey",
}
_COMMANDS = ("cli.clear_signing", "cli.verify", "cli.stack", "cli.explorer", "cli.demo", "cli.doctor", "cli.deploy")

for _name, _module in _GROUPS.items():
    app.add_typer(import_module(_module).app, name=_name)
for _module in (
    "cli.admitting",
    "cli.releases",
    "cli.conditions",
    "cli.publication",
):  # further commands of `admission`
    import_module(_module)
for _module in _COMMANDS:
    import_module(_module).register(app)


@app.callback()
def with_settings(
    file: Annotated[
        Path | None,
        typer.Option(
            "--settings",
            envvar=OPTION,
            help="A file of TALLY_…=value lines: who you are and where everything is.",
        ),
    ] = None,
) -> None:
    """Read a party's settings before its command's options are looked at."""
    if file is not None:
        settings.apply(file)


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
        _tell(error)
    except Exception as error:  # noqa: BLE001 - it is said in a form that holds no values, and ends the command
        role = _role(error.__traceback__) if isinstance(error, ModuleNotFoundError) else None
        if role is not None:
            package = str(getattr(error, "name", "")).split(".")[0]
            _tell(
                UnavailableError(
                    "cli.role_not_installed",
                    f"This command needs the Python package {package}, which is not installed here.",
                    f"It belongs to the role {role}: install it with `pip install 'tallystick[{role}]'`.",
                )
            )
        show = getattr(error, "show", None)
        if show is None:
            crashed(error)  # not raised: typer's hook would print its words
            sys.exit(1)
        show()
        sys.exit(getattr(error, "exit_code", 2))


def _tell(error: TallyError) -> None:
    console = Console(stderr=True, soft_wrap=True)
    console.print(f"[red]{error.code}[/red]: {escape(error.what)}", highlight=False)
    console.print(f"  {escape(error.fix)}", highlight=False)
    if error.code.startswith(refusals.PREFIX):
        console.print(f"  {refusals.said(error.code, error.what, error.fix, 'zh')}", highlight=False)
    sys.exit(1)


def _role(at: TracebackType | None) -> str | None:
    """The role of the command that was running: of the first of our command modules on the way to the failed import."""
    for frame, _ in traceback.walk_tb(at):
        role = ROLES.get(str(frame.f_globals.get("__name__")))
        if role is not None:
            return role
    return None

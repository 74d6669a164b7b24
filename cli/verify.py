"""`tally verify`: the ten steps, for a regulator alone, offline unless asked otherwise."""

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from protocol import ancestry
from protocol.errors import FormatError, TallyError
from protocol.limits import LIMITS
from protocol.policy import Policy
from protocol.programs import Language, Words
from protocol.trust import Trust
from protocol.verify import Report, StepResult, verify

_MARKS = {
    "holds": "[green]holds [/green]",
    "nothing": "[dim]none  [/dim]",
    "fails": "[red]FAILS [/red]",
    "cannot": "[yellow]cannot[/yellow]",
}
_MARKS_ZH = {
    "holds": "[green]成立  [/green]",
    "nothing": "[dim]无项目[/dim]",
    "fails": "[red]不成立[/red]",
    "cannot": "[yellow]无法核查[/yellow]",
}


def register(app: typer.Typer) -> None:
    """Add the command to the root."""
    app.command("verify")(command)


def command(
    bundle: Annotated[Path, typer.Argument(help="The evidence bundle (.zip).")],
    trust: Annotated[
        Path | None,
        typer.Option(help="The trust root, obtained by a way of your own; without it only the form is checked."),
    ] = None,
    path: Annotated[
        Path | None, typer.Option(help="The path from the trust root's head to the bundle's, where that is later.")
    ] = None,
    witnesses: Annotated[
        Path | None,
        typer.Option(
            help="Witnesses that you trust and how many of them must have cosigned every log's head: a C2SP tlog-policy file."
        ),
    ] = None,
    rpc: Annotated[
        str | None,
        typer.Option(
            help="Compare with a live chain endpoint, and fetch from it the head or the path that is missing."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    language: Annotated[Language, typer.Option("--lang", "--language", help="en or zh.")] = "en",
) -> None:
    """Verify an evidence bundle. Exit status: 0 all steps hold or have nothing to check, 1 one fails, 2 one cannot be checked."""
    root, digest = None, ""
    if trust is not None:
        given = _read(trust)
        root, digest = Trust.read(given), sha256(given).hexdigest()
    note = "no trust root: give one with --trust" if trust is None else f"trust root {trust}, SHA-256 {digest}"
    data = _read(bundle)
    descent = None if path is None else ancestry.read_path(_read(path))
    otherwise, contracts = None, None
    if rpc:
        from tallystick import verification as live

        otherwise = live.disagreement(rpc, root)
        contracts = None if otherwise else live.contracts_at(rpc)
        if root and not otherwise:
            try:
                root, descent = live.completed(rpc, root, data, descent)
            except TallyError as error:
                note += f"; {error.what} {error.fix} [{error.code}]"
    report = verify(data, root, contracts, descent, None if witnesses is None else Policy.read(_read(witnesses)))
    code = 1 if otherwise else report.exit_code
    if as_json:
        named = None if trust is None else {"file": str(trust), "sha256": digest}
        document = {"trust_root": named, **_document(report, code, otherwise)}
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        _print(report, note, otherwise, language)
    raise typer.Exit(code)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LIMITS.bundle_unpacked + LIMITS.bundle_files * 1024 + 1)
    except OSError as error:
        raise FormatError(
            "verify.unreadable", f"{path} cannot be read: {error.strerror}.", "Check the path."
        ) from error


def _document(report: Report, code: int, live: str | None) -> dict[str, object]:
    return {
        "task": None if report.task is None else f"task_{report.task.hex()}",
        "state": report.state,
        "exit_code": code,
        "verdict": verdict(report, live).to_json(),
        "live_chain": live,
        "steps": [
            {
                "number": step.number,
                "title": step.title.to_json(),
                "outcome": step.outcome,
                "detail": step.detail.to_json(),
            }
            for step in report.steps
        ],
    }


def verdict(report: Report, live: str | None) -> Words:
    """What the steps come to, in one line."""
    if live:
        return Words("NOT this chain's evidence: the live chain differs.", "并非该链的证据：与在线链不一致。")
    return report.verdict


def _print(report: Report, note: str, live: str | None, language: str) -> None:
    console = Console(highlight=False, soft_wrap=True)
    chinese = language == "zh"
    said = verdict(report, live)
    color = "green" if report.exit_code == 0 and not live else "yellow" if report.exit_code == 2 and not live else "red"
    console.print(f"[bold {color}]{said.chinese if chinese else said.english}[/bold {color}]")
    print_steps(console, report.steps, language)
    if live:
        console.print(f"     [red]live chain[/red]: {escape(live)}")
    console.print(f"     [dim]{escape(note)}; task {escape(report.state)}[/dim]")


def print_steps(console: Console, steps: Sequence[StepResult], language: str) -> None:
    """Numbered steps, each with its answer and what was compared."""
    chinese = language == "zh"
    for step in steps:
        title = step.title.chinese if chinese else step.title.english
        detail = step.detail.chinese if chinese else step.detail.english
        mark = (_MARKS_ZH if chinese else _MARKS)[step.outcome]
        console.print(f"{step.number:>3}. {mark} {escape(title)}")
        console.print(f"            [dim]{escape(detail)}[/dim]")

"""`tally verify`: the ten steps, for a regulator alone, offline unless asked otherwise."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.follow import Language
from protocol import ancestry
from protocol.ancestry import Descent
from protocol.errors import FormatError, TallyError
from protocol.limits import LIMITS
from protocol.trust import Trust
from protocol.verify import Report, verify

_MARKS = {"holds": "[green]holds [/green]", "fails": "[red]FAILS [/red]", "cannot": "[yellow]cannot[/yellow]"}
_MARKS_ZH = {"holds": "[green]成立  [/green]", "fails": "[red]不成立[/red]", "cannot": "[yellow]无法核查[/yellow]"}


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
    rpc: Annotated[
        str | None,
        typer.Option(
            help="Compare with a live chain endpoint, and fetch from it the head or the path that is missing."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    language: Annotated[Language, typer.Option("--lang", "--language", help="en or zh.")] = "en",
) -> None:
    """Verify an evidence bundle. Exit status: 0 all steps hold, 1 one fails, 2 one cannot be checked."""
    root = None if trust is None else Trust.read(_read(trust))
    note = "no trust root" if trust is None else f"trust root {trust}"
    data = _read(bundle)
    live = _live(rpc, root) if rpc else None
    descent = None if path is None else ancestry.read_path(_read(path))
    if rpc and root and not live:
        try:
            root, descent = _completed(rpc, root, data, descent)
        except TallyError as error:
            note += f"; {error.what} {error.fix} [{error.code}]"
    report = verify(data, root, _contracts_at(rpc) if rpc and not live else None, descent)
    code = 1 if live else report.exit_code
    if as_json:
        typer.echo(json.dumps(_document(report, code, live), ensure_ascii=False, indent=2))
    else:
        _print(report, note, live, language)
    raise typer.Exit(code)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LIMITS.bundle_unpacked + LIMITS.bundle_files * 1024 + 1)
    except OSError as error:
        raise FormatError(
            "verify.unreadable", f"{path} cannot be read: {error.strerror}.", "Check the path."
        ) from error


def _live(rpc: str, trust: Trust | None) -> str | None:
    """What a live chain says otherwise; None when it agrees with the trust root."""
    if trust is None:
        return "no trust root to compare the chain with"
    from chain.proofs import compare_with_trust

    try:
        compare_with_trust(rpc, trust)
    except TallyError as error:
        return f"{error.what} [{error.code}]"
    return None


def _contracts_at(rpc: str) -> Callable[[str], bool]:
    """Whether an address holds code on the live chain."""
    from chain.endpoint import Endpoint

    endpoint = Endpoint(rpc)
    return lambda address: bool(endpoint.code(address))


def _completed(rpc: str, trust: Trust, data: bytes, path: Descent | None) -> tuple[Trust, Descent | None]:
    """What is missing between trust root and bundle, from the live chain.

    Without a head in the trust root the endpoint's word is taken for the bundle's; with a later one hashes decide about
    the path that the endpoint gives.
    """
    from chain.endpoint import Endpoint
    from chain.proofs import Prover
    from protocol import bundle as bundles

    try:
        head = bundles.read(data).descent.top
    except TallyError:
        return trust, path  # step 1 says what is wrong with the bundle
    endpoint = Endpoint(rpc)
    if trust.head is None:
        found = endpoint.block_ref(head.number)
        return (trust if found is None else replace(trust, head=(head.number, found.hash))), path
    if trust.head[0] > head.number and path is None:
        prover = Prover(endpoint)
        path = prover.path(trust.head[0], prover.header(head.number))
    return trust, path


def _document(report: Report, code: int, live: str | None) -> dict[str, object]:
    return {
        "task": None if report.task is None else f"task_{report.task.hex()}",
        "state": report.state,
        "exit_code": code,
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


def _print(report: Report, note: str, live: str | None, language: str) -> None:
    console = Console(highlight=False, soft_wrap=True)
    chinese = language == "zh"
    for step in report.steps:
        title = step.title.chinese if chinese else step.title.english
        detail = step.detail.chinese if chinese else step.detail.english
        mark = (_MARKS_ZH if chinese else _MARKS)[step.outcome]
        console.print(f"{step.number:>3}. {mark} {escape(title)}")
        console.print(f"            [dim]{escape(detail)}[/dim]")
    if live:
        console.print(f"     [red]live chain[/red]: {escape(live)}")
    console.print(f"     [dim]{escape(note)}; task {escape(report.state)}[/dim]")

"""`tally report`: the explorer's reports for paper, made again from the chain and from evidence bundles, without asking the explorer."""

from pathlib import Path
from typing import Annotated

import typer

from protocol.errors import FormatError
from protocol.programs import Language

app = typer.Typer(no_args_is_help=True, help="Reports for paper: a task from its bundle, a period from the chain.")

Out = Annotated[
    Path,
    typer.Option("--out", help="The HTML file to write; with the ending .pdf, printed by a Chromium of this machine."),
]
Spoken = Annotated[Language, typer.Option("--lang", "--language", help="en or zh.")]


@app.command("task")
def task(
    bundle: Annotated[Path, typer.Argument(help="The evidence bundle (.zip).")],
    out: Out,
    trust: Annotated[
        Path | None,
        typer.Option(help="The trust root, obtained by a way of your own; without it only the form is checked."),
    ] = None,
    descriptions: Annotated[
        list[Path] | None,
        typer.Option(
            "--description", help="A program's description (JSON, from its page in the explorer): what becomes known."
        ),
    ] = None,
    language: Spoken = "en",
) -> None:
    """Write a task's audit report from its evidence bundle."""
    from audit_explorer.reports import one_task, paper
    from protocol.programs import ProgramDescriptor
    from protocol.trust import Trust
    from protocol.verify import verify

    data = _read(bundle)
    root = None if trust is None else Trust.read(_read(trust))
    told = [ProgramDescriptor.read(_read(path)) for path in descriptions or ()]
    made = one_task.paper(data, root, verify(data, root), {item.program: item for item in told}, language)
    _write(paper.html(made, language), out)


@app.command("period")
def period(
    out: Out,
    inputs: Annotated[
        Path | None, typer.Option(help="What the explorer's report was counted from (JSON): prints the same report.")
    ] = None,
    rpc: Annotated[str | None, typer.Option(help="A chain endpoint: the events are read from there.")] = None,
    deployment: Annotated[Path | None, typer.Option(help="The deployment file, with --rpc.")] = None,
    since: Annotated[str, typer.Option("--from", help="First day (UTC), 2026-01-31.")] = "",
    until: Annotated[str, typer.Option("--to", help="Last day (UTC), this one included.")] = "",
    block: Annotated[
        int | None, typer.Option(help="As the chain was at this block; by default its last final one.")
    ] = None,
    bundles: Annotated[
        list[Path] | None,
        typer.Option("--bundle", help="An evidence bundle: its contract holds the purpose's words and names."),
    ] = None,
    language: Spoken = "en",
) -> None:
    """Write the report over a period, from the chain (--rpc), from the explorer's inputs (--inputs), or from both, which must agree."""
    from audit_explorer.reports import again, paper

    given = None if inputs is None else again.read(_read(inputs))
    contracts = [again.contract(_read(path)) for path in bundles or ()]
    if rpc is not None:
        if deployment is None:
            raise FormatError("report.no_deployment", "--rpc needs the deployment file.", "Give it with --deployment.")
        given = again.from_chain(rpc, deployment, again.Wanted(since, until, block), contracts, given)
    if given is None:
        raise FormatError(
            "report.nothing", "There is nothing to count from.", "Give --inputs, or --rpc with --deployment."
        )
    _write(paper.html(paper.period(given, language), language), out)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FormatError(
            "report.unreadable", f"{path} cannot be read: {error.strerror}.", "Check the path."
        ) from error


def _write(text: str, out: Path) -> None:
    from audit_explorer.reports import printing

    data = printing.pdf(text) if out.suffix == ".pdf" else text.encode()
    try:
        out.write_bytes(data)
    except OSError as error:
        raise FormatError(
            "report.unwritable", f"{out} cannot be written: {error.strerror}.", "Choose another."
        ) from error
    typer.echo(f"{out} ({len(data)} bytes)")

"""`tally result`: fetch, check and reconstruct a result with this party's own seal key."""

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from client.result_file import NamedOutput, NamedResult
    from protocol.variants import Variant

app = typer.Typer(no_args_is_help=True, help="Results, readable by their result users only.")
_LINES: Final = 40
"""Lines of one output that are shown; the files have all."""
BIM: Final = "The .bim file that names the variants of a test of association; it must be the list that was counted."
_WIDEST: Final = 8
"""Columns up to which a table is shown as one."""


@app.command()
def fetch(
    task: Annotated[str, typer.Argument(help="The task's id (task_…).")],
    state: Annotated[Path, typer.Option("--state", envvar="TALLY_NODE_STATE", help="The node's state folder.")],
    out: Annotated[Path | None, typer.Option(help="Write to this file (mode 0600) instead of showing.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV: one line for each number, with its names.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON: numbers as exact decimal texts.")] = False,
) -> None:
    """Fetch a result: every share is checked against its commitment on chain, and the result's hash attested."""
    from client.result_file import NamedResult
    from protocol import ids
    from workers import disk, results

    if as_csv and as_json:
        raise typer.BadParameter("give --csv or --json, not both")
    task_id = ids.unprefixed("task", task)
    kept = results.fetched(state, task_id)
    path = state / "results" / task_id.hex() / results.RESULT
    result = NamedResult.read(kept)
    if not result.checked:
        typer.echo(
            "unchecked: not all shares have arrived; fetch again later 尚未核对：份额尚未到齐，请稍后再取", err=True
        )
    data = result.csv().encode() if as_csv else result.data() + b"\n" if as_json else kept
    if out is not None:
        disk.write_private(out, data)
        typer.echo(str(out))
    elif as_csv or as_json:
        typer.echo(data, nl=False)
    else:
        for line in lines(result):
            typer.echo(line)
        typer.echo(str(path))


@app.command()
def report(
    task: Annotated[str, typer.Argument(help="The task's id (task_…).")],
    state: Annotated[Path, typer.Option("--state", envvar="TALLY_NODE_STATE", help="The node's state folder.")],
    out: Annotated[Path | None, typer.Option(help="Write to this file (mode 0600).")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Coefficients and figures of the fits as CSV.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same as JSON, with why something is not given.")] = False,
    bim: Annotated[Path | None, typer.Option("--bim", help=BIM)] = None,
) -> None:
    """A page about a result, in English and Chinese: fits with standard errors, z, p, intervals and odds ratios, and every output.

    One HTML file without scripts, beside the result unless --out names another. Computed here from the opened numbers.
    """
    from client import report as made
    from client.result_file import NamedResult
    from protocol import ids
    from workers import disk, results

    if as_csv and as_json:
        raise typer.BadParameter("give --csv or --json, not both")
    task_id = ids.unprefixed("task", task)
    result = NamedResult.read(results.fetched(state, task_id))
    told = made.as_csv(result) if as_csv else made.as_json(result) if as_json else made.page(result, _named(bim))
    if out is None and (as_csv or as_json):
        typer.echo(told, nl=False)
        return
    path = state / "results" / task_id.hex() / "report.html" if out is None else out
    disk.write_private(path, told.encode())
    typer.echo(str(path))


@app.command()
def variants(
    task: Annotated[str, typer.Argument(help="The task's id (task_…).")],
    state: Annotated[Path, typer.Option("--state", envvar="TALLY_NODE_STATE", help="The node's state folder.")],
    out: Annotated[Path, typer.Option(help="Write to this file (mode 0600).")],
    bim: Annotated[Path | None, typer.Option("--bim", help=BIM)] = None,
) -> None:
    """Every variant of a test of association as CSV: frequencies, missing rates, tests, odds ratios. Computed here from the counts."""
    from client.association_page import variants_csv
    from client.result_file import NamedResult
    from protocol import ids
    from workers import disk, results

    result = NamedResult.read(results.fetched(state, ids.unprefixed("task", task)))
    disk.write_private(out, variants_csv(result, _named(bim)).encode())
    typer.echo(str(out))


def _named(bim: Path | None) -> "tuple[Variant, ...]":
    """The list in a file, none without one."""
    from protocol.variants import read_list

    return () if bim is None else read_list(bim.read_bytes())


def lines(result: "NamedResult") -> list[str]:
    """A result for the eye: one table for each output, numbers to six digits."""
    state = "" if result.checked else " - UNCHECKED 尚未核对"
    found = [f"{result.task}{state}", f"result hash 结果哈希 {result.result_hash or '-'}", ""]
    for output in result.outputs:
        found += [*_output(output), ""]
    return [*found, "All digits and every line: --csv or --json. 完整数位与全部行：--csv 或 --json。"]


def _output(output: "NamedOutput") -> list[str]:
    from cli.layout import columns
    from client.result_file import shown
    from protocol.axes import KINDS

    heads = [f"{KINDS[axis.of].english} {KINDS[axis.of].chinese}" for axis in output.axes]
    wide = len(output.axes) == 2 and len(output.axes[1].names) <= _WIDEST
    across = (len(output.axes[1].names) or 1) if wide else 1
    cells = [[*names, shown(value)] for names, value in islice(output.cells(), _LINES * across)]
    if wide:
        heads = [f"{heads[0]} \\ {heads[1]}", *output.axes[1].names]
        cells = [
            [name, *(row[2] for row in cells[at * across : (at + 1) * across])]
            for at, name in enumerate(output.axes[0].names[:_LINES])
        ]
    elif output.axes:
        heads.append("")
    left = len(output.values) // across - _LINES
    table = [heads, *cells] if heads else cells
    numbers = range(1 if len(heads) > 2 and len(output.axes) == 2 and heads[-1] else len(output.axes), 64)
    body = columns(table, right=numbers)
    more = [f"… {left} more 另有 {left} 行"] if left > 0 else []
    return [output.source, *(f"  {line}" for line in [*body, *more])]

"""`tally law`: the words and codes of the law, as a terminal shows them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from cli.layout import columns
from protocol.canonical import sha256
from protocol.errors import FormatError
from protocol.law import codes, wording
from protocol.law.policy import DEFAULT, Policy
from protocol.programs import Language

app = typer.Typer(no_args_is_help=True, help="Words and codes of the law, for declarations and contracts.")
_WIDTH = 110


@app.command(name="codes")
def show(
    table: Annotated[str, typer.Argument(help=f"One of {', '.join(item.name for item in codes.TABLES)}.")] = "",
) -> None:
    """The codes that declarations and contracts use, with their words and articles; without a table, all of them."""
    chosen = [item for item in codes.TABLES if table in ("", item.name)]
    if not chosen:
        raise typer.BadParameter(f"there is no table {table}; name one of {', '.join(it.name for it in codes.TABLES)}")
    for item in chosen:
        typer.echo(f"\n{item.title.english} {item.title.chinese}")
        rows = [(each.code, f"{each.words.english} {each.words.chinese} [{_source(each)}]") for each in item.codes]
        for line in columns(rows, last=_WIDTH):
            typer.echo(f"  {line}")


@app.command()
def purpose(
    code: Annotated[str, typer.Argument(help="A code of `tally law codes purposes`.")],
    more: Annotated[str, typer.Argument(help="What says more, in your words.")] = "",
    language: Annotated[Language, typer.Option("--lang", "--language", help="en or zh.")] = "en",
) -> None:
    """Write a contract's purpose: the code's words, yours, and the code; `tally task complete` adds the reference."""
    _known(code, codes.PURPOSE, "purposes")
    typer.echo(wording.purpose_text(code, more, language))


@app.command()
def basis(
    code: Annotated[str, typer.Argument(help="A code of `tally law codes bases`.")],
    document: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="The document that it rests on: its SHA-256 is written.")
    ],
    until: Annotated[str, typer.Argument(help="The last day that it holds, YYYY-MM-DD.")],
    words: Annotated[str, typer.Argument(help="The basis in your words.")],
) -> None:
    """Write a contract's legal basis: your words, the code, its document and its last day."""
    _known(code, codes.BASIS, "bases")
    stated = wording.StatedBasis(code, "0x" + sha256(document.read_bytes()).hex(), until)
    text = wording.basis_text(words, stated)
    wording.stated_basis(text)  # refused here rather than by everybody later
    typer.echo(text)


@app.command()
def policy(
    file: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, help="A policy (TOML) to check; without it, the default."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write it to a new file, to change and give to everybody.")] = None,
) -> None:
    """What is asked at least of data by level and kind: show the default or a consortium's own, with the digest to compare."""
    found = DEFAULT if file is None else Policy.from_toml(file.read_bytes())
    rows = [["from level 级别起", "kind 种类", "protection 保护等级", "group 最小分组", "review 复核"]]
    for item in found.demands:
        words = codes.words_of(codes.KINDS, item.kind)
        kind = "any 任何" if item.kind == "*" else f"{words.english} {words.chinese}"
        rows.append(
            [str(item.level), kind, str(item.protection), str(item.group), "yes 是" if item.review else "no 否"]
        )
    for line in columns(rows):
        typer.echo(line)
    undeclared = {"show": "is shown 仅提示", "refuse": "refuses 拒绝"}[found.undeclared]
    typer.echo(f"what is not declared 未声明的内容: {undeclared}")
    typer.echo(f"digest 摘要: 0x{found.digest().hex()}")
    if out is not None:
        if out.exists():
            raise FormatError("law.policy_exists", f"{out} exists.", "Name another file with --out.")
        out.write_text(found.toml(), "utf-8")


def _known(code: str, table: Mapping[str, codes.Code], name: str) -> None:
    if code not in table:
        raise typer.BadParameter(f"there is no {code}; see `tally law codes {name}`")


def _source(code: codes.Code) -> str:
    found = codes.cited(code.articles) if code.articles else code.without
    return "" if found is None else f"{found.english} {found.chinese}"

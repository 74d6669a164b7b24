"""`tally opening`: an auditor asks an owner for single committed rows, and checks the answer against the registered root."""

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.participant import Rpc, deployment_of, options, wallet_of
from protocol import openings
from protocol.errors import FormatError
from protocol.programs import Language

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    from protocol.typed import Domain
    from protocol.verify_opening import Opened, Registered

app = typer.Typer(no_args_is_help=True, help="Single committed rows, opened by their owner to an auditor.")
app.callback()(options)
Passphrase = Annotated[
    Path,
    typer.Option(
        "--key-passphrase-file",
        envvar="TALLY_WALLET_PASSPHRASE_FILE",
        help="File with the passphrase (mode 0600) under which the answer's key lies on your disk.",
    ),
]
_DAYS = openings.LONGEST // openings.DAY


@app.command()
def request(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(help="The request to write; its key goes beside it, as OUT.key.")],
    rpc: Rpc,
    passphrase_file: Passphrase,
    owner: Annotated[str, typer.Option(help="The data set's owner.")],
    data_set: Annotated[str, typer.Option(help="The data set's reference name.")],
    column: Annotated[list[str], typer.Option(help="A column to open (may be repeated).")],
    purpose: Annotated[str, typer.Option(help="What for, in words: the owner reads it before it answers.")],
    version: Annotated[int, typer.Option(min=1, help="Its version.")] = 1,
    row: Annotated[
        list[int] | None, typer.Option(min=0, help="A place in the committed order, from 0 (may be repeated).")
    ] = None,
    key: Annotated[
        list[str] | None, typer.Option(help="A row by its identifier (may be repeated); name that column too.")
    ] = None,
    sample: Annotated[int, typer.Option(min=0, max=openings.MOST_ROWS, help="So many places drawn at random.")] = 0,
    days: Annotated[int, typer.Option(min=1, max=_DAYS, help="How long the owner may take.")] = 14,
) -> None:
    """Ask an owner for rows: a file that your wallet signs and you hand over yourself. Places are in an order that nobody chose."""
    from tallystick import row_opening
    from tallystick.opening import wallet_signer

    party, wallet, wallet_passphrase = wallet_of(context)
    asked = row_opening.Asked(
        party, owner, data_set, version, tuple(row or ()), tuple(key or ()), tuple(column), purpose, days, sample
    )
    signer, deployment = wallet_signer(wallet, wallet_passphrase), deployment_of(context)
    message = row_opening.write_request(out, asked, signer, deployment, rpc, passphrase_file)
    places = ", ".join(str(place) for place in message.positions)
    typer.echo(f"{out}: {len(message.positions) + len(message.keys)} of {message.rows} rows; places {places or '-'}")
    typer.echo(f"Hand it to {owner}; keep {row_opening.key_file(out)}, which alone opens the answer.")


@app.command()
def verify(
    context: typer.Context,
    request_file: Annotated[Path, typer.Argument(metavar="REQUEST", help="The request that you signed.")],
    answer: Annotated[Path, typer.Argument(help="The owner's answer.")],
    passphrase_file: Passphrase,
    bundle: Annotated[
        Path | None, typer.Option(help="A bundle of a task over that version, for a check offline.")
    ] = None,
    trust: Annotated[Path | None, typer.Option(help="The trust root, obtained by a way of your own.")] = None,
    path: Annotated[Path | None, typer.Option(help="The path from the trust root's head to the bundle's.")] = None,
    rpc: Annotated[str | None, typer.Option(help="Your own chain endpoint, instead of a bundle.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the rows to this file as CSV (mode 0600).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document, rows included.")] = False,
    language: Annotated[Language, typer.Option("--lang", "--language", help="en or zh.")] = "en",
) -> None:
    """Check opened rows against the registered root, and show them. Exit status: 0 all steps hold, 1 one fails, 2 one cannot be checked."""
    from protocol import verify_opening
    from workers import disk

    if (rpc is None) == (bundle is None) or (bundle is None) != (trust is None):
        raise typer.BadParameter("give --bundle and --trust, or --rpc")
    asked = openings.SignedRequest.read(_read(request_file, openings.SignedRequest.LIMIT)).message
    domain, facts = _anchored(context, asked, bundle, trust, path, rpc)
    opened = verify_opening.verify(
        asked,
        asked.digest(domain),
        _read(answer, openings.OpeningAnswer.LIMIT),
        _key(request_file, passphrase_file),
        facts,
    )
    if out is not None and opened.rows:
        disk.write_private(out, _csv(opened, asked.columns).encode())
    if as_json:
        typer.echo(json.dumps(_document(opened), ensure_ascii=False, indent=2))
    else:
        _print(opened, asked.columns, language, rows=out is None)
    raise typer.Exit(opened.exit_code)


def _anchored(
    context: typer.Context,
    asked: openings.OpeningRequest,
    bundle: Path | None,
    trust: Path | None,
    path: Path | None,
    rpc: str | None,
) -> "tuple[Domain, Callable[[], Registered]]":
    """What the wallet's signature is bound to, and where the registered root comes from."""
    if bundle is None or trust is None:
        from tallystick import row_opening

        deployment = deployment_of(context)
        return deployment.domain(asked.HOME), lambda: row_opening.registered(deployment, rpc or "", asked)
    from protocol import ancestry, verify_opening
    from protocol.limits import LIMITS
    from protocol.trust import LIMIT, Trust

    root = Trust.read(_read(trust, LIMIT))
    data = _read(bundle, LIMITS.bundle_unpacked + LIMITS.bundle_files * 1024)
    descent = None if path is None else ancestry.read_path(_read(path, LIMITS.bundle_unpacked))
    return root.domain(asked.HOME), lambda: verify_opening.from_bundle(data, root, descent, asked)


def _key(request_file: Path, passphrase_file: Path) -> "X25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from workers import disk

    file = request_file.with_name(request_file.name + ".key")
    try:
        passphrase = disk.read_private(passphrase_file, 4096).removesuffix(b"\n")
        found = load_pem_private_key(disk.read_private(file, 4096), passphrase)
    except ValueError as error:
        raise FormatError(
            "opening.key_file", f"{file} does not open with this passphrase, or it was altered.", "Check both files."
        ) from error
    if not isinstance(found, X25519PrivateKey):
        raise FormatError("opening.key_file", f"{file} holds another kind of key.", "Keep the key beside its request.")
    return found


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise FormatError(
            "opening.unreadable", f"{path} cannot be read: {error.strerror}.", "Check the path."
        ) from error
    if len(data) > limit:
        raise FormatError(
            "opening.too_large", f"{path} is larger than such a file can be.", "Check that it is the right file."
        )
    return data


def _csv(opened: "Opened", columns: tuple[str, ...]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["place", *columns])
    for row in opened.rows:
        cells = dict(row.cells)
        writer.writerow([row.position, *("" if cells[name] is None else cells[name] for name in columns)])
    return text.getvalue()


def _document(opened: "Opened") -> dict[str, object]:
    return {
        "exit_code": opened.exit_code,
        "steps": [
            {"number": it.number, "title": it.title.to_json(), "outcome": it.outcome, "detail": it.detail.to_json()}
            for it in opened.steps
        ],
        "statement": None if opened.statement is None else opened.statement.to_json(),
        "rows": [{"place": row.position, "cells": dict(row.cells)} for row in opened.rows],
        "absent": list(opened.absent),
    }


def _print(opened: "Opened", columns: tuple[str, ...], language: Language, *, rows: bool) -> None:
    from rich.console import Console
    from rich.markup import escape

    from cli.layout import columns as layout
    from cli.verify import print_steps
    from protocol.programs import Words
    from protocol.vocabulary import say

    console = Console(highlight=False, soft_wrap=True)
    print_steps(console, opened.steps, language)
    if rows and opened.rows:
        cells = [[str(row.position), *("-" if cell is None else cell for _, cell in row.cells)] for row in opened.rows]
        for line in layout([[say(Words("place", "位置"), language), *columns], *cells]):
            console.print(escape(line))
    if opened.absent:
        absent = say(Words("no such row, by the owner's word: ", "数据方声明不存在的行："), language)
        console.print(absent + escape(", ".join(opened.absent)))

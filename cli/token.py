"""`tally token`: access keys, with which programs of yours read; each is a word of your wallet that you can take back."""

import os
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.confirm import Yes, confirm
from cli.listing import moment
from cli.participant import client_of, options
from protocol import ids
from protocol.access_keys import DAY, LONGEST, SCOPES, KeyStanding
from protocol.errors import FormatError, RefusedError
from protocol.programs import Language, Words
from protocol.vocabulary import say
from tallystick.listing import pages

app = typer.Typer(
    no_args_is_help=True, callback=options, help="Access keys for programs: they read, and agree to nothing."
)
console = Console(highlight=False, soft_wrap=True)
_DAYS = LONGEST // DAY
STANDINGS: dict[KeyStanding, Words] = {
    "active": Words("active", "有效"),
    "expired": Words("expired", "已到期"),
    "revoked": Words("revoked", "已撤销"),
    "other-wallet": Words("ended with the wallet that gave it", "已随签发钱包失效"),
}


@app.command()
def create(
    context: typer.Context,
    scope: Annotated[
        list[str], typer.Option("--scope", help=f"What it opens, once for each: {', '.join(sorted(SCOPES))}.")
    ],
    label: Annotated[str, typer.Option(help="What it is for, in a few words.")],
    days: Annotated[int, typer.Option(min=1, max=_DAYS, help="Days until it ends.")] = 90,
    out: Annotated[
        Path | None, typer.Option("--out", help="New file (0600) for the key; without it the key is printed, once.")
    ] = None,
    yes: Yes = False,
) -> None:
    """Draw a key and have your wallet sign what it opens; the coordinator keeps its hash alone."""
    until = int(time.time()) + days * DAY
    for name in scope:
        if name not in SCOPES:
            raise FormatError("key.scopes", f"There is no scope {name!r}.", f"Use some of {', '.join(sorted(SCOPES))}.")
    for name, words in SCOPES.items():
        if name in scope:
            console.print(f"- {name}: {words.english} {words.chinese}")
    confirm(
        f"Until {moment(until)} whoever holds this key may do this in your name, and nothing else.",
        f"在 {moment(until)} 之前，持有此密钥者可以您的名义做上述事项，仅此而已。",
        yes=yes,
    )
    if out is not None and out.exists():
        raise RefusedError("key.file_exists", f"{out} is there already.", "Name a new file.")
    with client_of(context) as client:
        key, view = client.give_key(scope, label, until)
    if out is None:
        typer.echo(key)
    else:
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(key + "\n")
    typer.echo(f"{ids.prefixed('key', view.key)}: until 截至 {moment(view.not_after)}", err=True)


@app.command("list")
def list_(
    context: typer.Context,
    language: Annotated[Language, typer.Option("--lang", "--language", help="en or zh.")] = "en",
) -> None:
    """Your access keys, newest first, until their end: what each opens, and when it was last used."""
    with client_of(context) as client:
        lines = pages(client.keys)
    for line in lines:
        used = "never used 未使用" if line.used_at is None else f"used 最近使用 {moment(line.used_at)}"
        console.print(escape(f"{ids.prefixed('key', line.key)}  {line.label}  {say(STANDINGS[line.status], language)}"))
        console.print(escape(f"  {', '.join(line.scopes)}; until 截至 {moment(line.not_after)}; {used}"))
    if not lines:
        console.print("no access keys 没有访问密钥")


@app.command()
def revoke(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="The key's id, key_…, as `tally token list` shows it.")],
) -> None:
    """End an access key, at once and for good."""
    with client_of(context) as client:
        client.revoke_key(ids.unprefixed("key", key))
    console.print(f"revoked 已撤销 {key}")

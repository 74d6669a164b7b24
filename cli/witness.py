"""``tally witness``: an independent process that cosigns heads of parties' logs, so that nobody is shown another history."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from protocol.programs import Language, Words

app = typer.Typer(
    no_args_is_help=True, help="A witness of parties' logs (C2SP tlog-witness): it remembers and cosigns their heads."
)
State = Annotated[Path, typer.Argument(help="The witness's folder.")]
Spoken = Annotated[Language, typer.Option("--lang", "--language", help="en or zh.")]
_MADE = Words(
    "This is the witness's key, which verifiers and coordinators name in their policies:",
    "以下为见证方公钥，供核验方与协调方写入其策略文件：",
)
_FOLLOWED = Words("Followed from now on.", "已开始跟踪。")
_BEFORE = Words("It was followed before.", "此前已在跟踪。")
_NEVER = Words("nothing cosigned yet", "尚未签署")
_SIZE = Words("{size} entries, root {root}, remembered {time}", "{size} 条记录，根 {root}，记于 {time}")
_FORK = Words(
    "FORK of {origin}: it signed size {size}, root {root}, against what was cosigned.",
    "日志分叉：{origin} 签署了规模 {size}、根 {root}，与已见证的内容矛盾。",
)


@app.command()
def init(
    state: State,
    name: Annotated[str, typer.Option(help="The key's name: a URL without its scheme, such as witness.example/w1.")],
    language: Spoken = "en",
) -> None:
    """Make a new witness: a key of its own (0600) and an empty memory. Prints the public key."""
    from witness.folder import create

    typer.echo(_said(_MADE, language), err=True)
    typer.echo(create(state, name).public.text())


@app.command()
def follow(
    state: State,
    log: Annotated[
        str | None, typer.Argument(help="The log's verifier key; or name the party and your own chain endpoint.")
    ] = None,
    party: Annotated[str | None, typer.Option(help="Whose log, with the key that the chain's registry holds.")] = None,
    deployment: Annotated[Path | None, typer.Option(help="Your own deployment file.")] = None,
    rpc: Annotated[str | None, typer.Option(help="Your own chain endpoint.")] = None,
    language: Spoken = "en",
) -> None:
    """Follow a party's log, in its open epoch; a running witness does so at once."""
    from protocol.checkpoint import ED25519
    from protocol.errors import FormatError
    from protocol.vkeys import VerifierKey
    from witness.folder import opened

    if log is not None and party is deployment is rpc is None:
        found = VerifierKey.parse(log, ED25519)
    elif log is None and party is not None and deployment is not None and rpc is not None:
        from tallystick.log_keys import log_key

        found = log_key(rpc, deployment, party)
    else:
        raise FormatError(
            "witness.which_log",
            "It is not said which log.",
            "Give its verifier key, or --party, --deployment and --rpc.",
        )
    typer.echo(_said(_FOLLOWED if opened(state).follow(found) else _BEFORE, language))
    typer.echo(found.text())


@app.command()
def run(
    state: State,
    host: Annotated[
        str, typer.Option(help="The address to listen at; a proxy with TLS stands in front.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one, which the log names.")] = 8003,
) -> None:
    """Answer logs that ask for cosignatures, until a signal."""
    from witness.process import run as serve

    raise typer.Exit(serve(state, host, port))


@app.command()
def status(state: State, language: Spoken = "en") -> None:
    """Which logs are followed, the head of each, and forks; exit status 1 when a log has forked."""
    from witness.folder import opened

    folder = opened(state)
    for origin in sorted(folder.logs()):
        note = folder.head(origin)
        head = None if note is None else note.checkpoint
        kept = folder.kept_at(origin)
        told = (
            _said(_NEVER, language)
            if head is None or kept is None
            else _said(_SIZE, language).format(
                size=head.size, root=head.root.hex(), time=datetime.fromtimestamp(kept, UTC).isoformat()
            )
        )
        typer.echo(f"{origin}: {told}")
    forks = folder.forks()
    for note in forks:
        head = note.checkpoint
        typer.echo(_said(_FORK, language).format(origin=head.origin.text(), size=head.size, root=head.root.hex()))
    raise typer.Exit(1 if forks else 0)


def _said(words: Words, language: Language) -> str:
    return words.english if language == "en" else words.chinese

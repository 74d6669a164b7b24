"""`tally lookup`: ask whether somebody is on another party's list without naming him; answer such questions about a list of one's own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.listing import moment
from cli.own_node import State

if TYPE_CHECKING:
    from protocol.lookup import MirrorManifest
    from protocol.sessions import AnswerReceipt

app = typer.Typer(no_args_is_help=True, help="Private lookup: is somebody on a list, without naming him to its holder.")
ListName = Annotated[str, typer.Argument(help="The list's short name (a-z, 0-9, '-').")]
Holders = Annotated[
    Path,
    typer.Option("--holders", help="TOML file: a table `holder` for each list, with party, key, host, port, list."),
]


@app.command()
def make(
    state: State,
    name: ListName,
    data_set: Annotated[str, typer.Option(help="Reference name of a stored data set whose ids are the list.")],
    version: Annotated[int, typer.Option(min=1, help="Its version.")] = 1,
    label: Annotated[
        str, typer.Option(help="The column that an asker reads of an id that is listed; none without it.")
    ] = "",
    hours: Annotated[int, typer.Option(min=1, max=24, help="How long the new key is in force.")] = 24,
) -> None:
    """Draw a new key and make the list's mirror under it. What askers learned under the key before opens nothing any more."""
    from workers.lookup.desk import now, open_lookup

    with open_lookup(state) as desk:
        manifest = desk.lists.make(name, data_set, version, label, hours * 3600, now())
    _show(manifest)


@app.command()
def add(
    state: State,
    name: ListName,
    version: Annotated[int, typer.Option(min=1, help="A later stored version of the list's data set.")],
) -> None:
    """Publish what a later version has and the mirror has not, under the same key."""
    from workers.lookup.desk import now, open_lookup

    with open_lookup(state) as desk:
        change = desk.lists.add(name, version, now())
    _show(change.manifest)
    typer.echo(f"{change.added} added or changed 新增或更改{change.added}条")
    if change.gone:
        typer.echo(
            f"{change.gone} left the list and are found until the key changes: `tally lookup make` 已移出{change.gone}条，更换密钥之前仍可查到"
        )


@app.command()
def serve(
    state: State,
    host: Annotated[str, typer.Option(help="Address of this machine to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 0,
) -> None:
    """Answer questions about this node's lists, in the sessions that `tally session start` opened, until a signal.

    A session, a list or an addition made meanwhile is served at once. Who may still ask is read from the chain with each block.
    """
    import threading

    from logs.configuration import configure
    from workers.lookup.desk import open_lookup, open_service
    from workers.lookup.serving import serving
    from workers.node import open_desk
    from workers.sessions.proofs import log_of

    configure("lookup", "info")
    with (
        open_lookup(state) as desk,
        open_desk(state) as node,
        open_service(desk, node.chain, log_of(node)) as service,
        serving(service, desk.keys, host, port) as found,
    ):
        typer.echo(f"{host}:{found}")
        threading.Event().wait()


@app.command()
def fetch(state: State, holders: Holders) -> None:
    """Fetch and check the mirrors of every list in the file, whose hashes are the same at every asker, and the terms on which it is asked."""
    from protocol.sessions import terms_sentence
    from workers.lookup.asking import read_holders
    from workers.lookup.desk import open_lookup, read_toml

    lists = read_holders(read_toml(holders))
    with open_lookup(state) as desk:
        for held in lists:
            for manifest in desk.asker.fetch(held):
                _show(manifest)
            terms = desk.asker.join(held)
            said = terms_sentence(terms)
            typer.echo(f"0x{terms.digest().hex()}\n  {said.english}\n  {said.chinese}")


@app.command()
def ask(
    state: State,
    holders: Holders,
    ids: Annotated[list[str], typer.Argument(help="One id or several, as the holders' data sets have them.")],
    receipts: Annotated[
        Path | None,
        typer.Option(help="Folder for the holders' signed receipts, and the terms that they are signed for."),
    ] = None,
) -> None:
    """Ask every list in the file about ids, whose holders learn that a question was asked and not about whom."""
    from protocol.errors import TallyError
    from workers import disk
    from workers.lookup.asking import read_holders
    from workers.lookup.desk import open_lookup, read_toml

    lists = read_holders(read_toml(holders))
    silent: list[TallyError] = []
    with open_lookup(state) as desk:
        for held, answers in zip(lists, desk.asker.ask(lists, ids), strict=True):
            if isinstance(answers, TallyError):
                silent.append(answers)
                typer.echo(f"{held.party} {held.name}: no answer 无应答: {answers}", err=True)
                continue
            for text, found in zip(ids, answers, strict=True):
                word = "not listed 未列入" if found.label is None else f"listed 已列入 {found.label}".rstrip()
                typer.echo(f"{held.party} {held.name}  {text}: {word}")
            if receipts is not None:
                envelope, terms = answers[0].receipt, desk.asker.terms(held)
                path = disk.private_dir(receipts) / f"{held.party}-{held.name}-{_digest(envelope)[:16]}.json"
                disk.write_private(path, envelope)
                disk.write_private(
                    receipts / f"{held.party}-{held.name}-{terms.digest().hex()[:16]}.terms", terms.data()
                )
                typer.echo(str(path))
    raise typer.Exit(1 if silent else 0)


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Mirrors, or signed receipts of answers (.json).")],
    key: Annotated[str, typer.Option(help="The holder's registered node key (0x…).")],
) -> None:
    """Check files that a holder signed, against its node key; two mirrors of one version prove that it tells askers different lists, two
    receipts of one place or number that it answered wrongly.
    """
    from lookup.mirror import Mirror
    from protocol import ids
    from protocol.lookup import require_one
    from protocol.sessions import receipt_of, require_distinct

    public, mirrors, receipts = ids.hex32(key, "--key"), list["MirrorManifest"](), list["AnswerReceipt"]()
    for path in files:
        data = path.read_bytes()
        if path.suffix == ".json":
            it = receipt_of(data, [public])
            receipts.append(it)
            typer.echo(
                f"{it.party}: answer 答复 {it.answered}, question 问题 {it.number} of 来自 {it.asker}, {moment(it.time)}, "
                f"mirror 镜像 0x{it.about.hex()}, session 会话 0x{it.session.hex()}"
            )
        else:
            mirrors.append(Mirror.read(data, public).manifest)
            _show(mirrors[-1])
    require_one(mirrors)
    require_distinct(receipts)


def _show(it: "MirrorManifest") -> None:
    kind = "mirror 镜像" if it.extends is None else "additions 增量"
    typer.echo(
        f"{it.holder} {it.name} {kind} {it.version}: {it.cells} cells 单元, {moment(it.not_before)} – {moment(it.not_after)}, "
        f"0x{it.digest().hex()}"
    )


def _digest(data: bytes) -> str:
    from protocol.canonical import sha256

    return sha256(data).hex()

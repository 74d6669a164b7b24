"""`tally session`: who may ask what how often until when; the answers' receipts, and whether they are in the holder's anchored log."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.listing import moment
from cli.own_node import State
from protocol.programs import Language

if TYPE_CHECKING:
    from protocol.verify_receipt import Facts
    from tallystick.answer_receipts import ChainFacts

app = typer.Typer(no_args_is_help=True, help="Sessions: questions asked many times, on terms that were stated before.")
SessionId = Annotated[str, typer.Argument(metavar="SESSION", help="The session (0x…).")]
Receipt = Annotated[Path, typer.Argument(metavar="RECEIPT", help="A receipt that `tally lookup ask --receipts` wrote.")]
Proof = Annotated[Path, typer.Argument(metavar="PROOF", help="Its proof, which `tally session prove` fetched.")]
Rpc = Annotated[str | None, typer.Option("--rpc", envvar="TALLY_RPC_URL", help="Your own chain endpoint.")]
DeploymentFile = Annotated[
    Path | None,
    typer.Option("--deployment", envvar="TALLY_DEPLOYMENT_FILE", help="Your own copy of the deployment file."),
]


@app.command()
def start(
    state: State,
    terms: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            metavar="TERMS",
            help="TOML file: service, list, purpose, legal_basis, hours, idle_minutes, delay_minutes, and a table `asker` for each party that may "
            "ask, with party, per_minute, uses (ids).",
        ),
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Open a session as a list's holder: you read its terms, this node's log states it, and `tally lookup serve` answers in it."""
    from contextlib import closing

    from cli.confirm import confirm
    from protocol.sessions import terms_sentence
    from workers.lookup.desk import data_of, now, open_lookup, read_toml
    from workers.node import open_desk
    from workers.sessions.ledger import Ledger
    from workers.sessions.opening import open_session, read_terms, require_possible

    with open_lookup(state) as desk, open_desk(state) as node, closing(Ledger(state)) as ledger:
        values = read_toml(terms)
        it = read_terms(values, desk.party, desk.lists.period(_list_of(values)).data_set, now())
        require_possible(node, it, data_of(desk.lists))
        said = terms_sentence(it)
        confirm(said.english, said.chinese, yes=yes)
        session = open_session(node, ledger, it)
    typer.echo(f"0x{session.hex()}")


@app.command(name="list")
def sessions(state: State) -> None:
    """The sessions that this node opened: answers given, receipts in no batch yet, batches that are not anchored yet, how each ended."""
    from contextlib import closing

    from protocol.sessions import ENDS
    from workers.sessions.ledger import Ledger

    with closing(Ledger(state)) as ledger:
        for it in ledger.sessions():
            used = ledger.used(it.session)
            asked = ", ".join(f"{a.party} {used.get(a.party, 0)}/{a.uses}" for a in it.terms.askers)
            waiting = ledger.waiting(it.session)
            pending = 0 if waiting is None else it.answers - waiting[0] + 1
            ended = ENDS[it.ended] if it.ended else None
            typer.echo(
                f"0x{it.session.hex()} {it.terms.subject}, {moment(it.terms.begins)} – {moment(it.terms.ends)}: "
                f"{it.answers} answers 答复, {pending} without batch 未成批, {len(ledger.open_entries(it.session))} not anchored 未存证; {asked}"
            )
            if ended is not None:
                typer.echo(f"  {ended.english} {ended.chinese}")


@app.command()
def end(state: State, session: SessionId) -> None:
    """End a session of this node: no answer is given from here on; the node states its last batch and its end."""
    from contextlib import closing

    from protocol import ids
    from workers.sessions.ledger import Ledger

    with closing(Ledger(state)) as ledger:
        ended = ledger.end(ids.hex32(session, "session"), "ended")
    typer.echo("ended 已结束" if ended else "it had ended before 此前已结束")


@app.command()
def prove(
    state: State,
    receipts: Annotated[
        list[Path], typer.Argument(metavar="RECEIPT...", help="Receipts that `tally lookup ask --receipts` wrote.")
    ],
    holders: Annotated[Path, typer.Option("--holders", help="TOML file of `tally lookup ask`.")],
    out: Annotated[Path, typer.Option(help="Folder for the proofs; those that are there are not asked for again.")],
    language: Annotated[Language, typer.Option("--lang", "--language", help="en or zh.")] = "en",
) -> None:
    """Fetch from holders what shows that receipts are in their logs, and check it against the chain, by this node's own endpoint.

    Exit status: 0 all are there, 1 one is not although its time is over or its proof fails, 2 one has time left.
    """
    from chain.deployment import Deployment
    from protocol.errors import FormatError, RefusedError
    from protocol.limits import LIMITS
    from protocol.sessions import receipt_of
    from tallystick.answer_receipts import ChainFacts
    from workers import disk
    from workers.lookup.asking import read_holders
    from workers.lookup.desk import now, open_lookup, read_toml
    from workers.node import DEPLOYMENT, load_settings

    lists, worst = read_holders(read_toml(holders)), 0
    with open_lookup(state) as desk:
        config, _ = load_settings(state)
        facts = ChainFacts(config.rpc_url, Deployment.load(state / DEPLOYMENT))
        for path in receipts:
            envelope, kept = _read(path), disk.private_dir(out) / f"{path.stem}.proof.json"
            held = next((it for it in lists if _signed_by(envelope, it.key)), None)
            if held is None:
                raise FormatError("session.unknown_key", f"No holder in the file signed {path}.", "Name its holder.")
            receipt = receipt_of(envelope, [held.key])
            try:
                proof = _read(kept) if kept.exists() else desk.asker.proof(held, receipt)
            except RefusedError as error:
                if error.code != "session.not_anchored":
                    raise
                overdue = now() > receipt.time + desk.asker.delay(held, receipt) + LIMITS.clock_skew
                word = (
                    "not anchored, and its time is over: ask an auditor to read the holder's log (`tally session audit`) 未存证且已超时限"
                    if overdue
                    else "not anchored yet 尚未存证"
                )
                typer.echo(f"{path.name}: {word}")
                worst = 1 if overdue else worst or 2
                continue
            found = _show(envelope, proof, facts, language, heading=path.name)
            worst = 1 if 1 in {worst, found} else worst or found
            if found == 0 and not kept.exists():
                disk.create_private(kept, proof)
    raise typer.Exit(worst)


@app.command()
def check(
    receipt: Receipt,
    proof: Proof,
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    key: Annotated[str | None, typer.Option(help="The holder's node key (0x…), for a check without the chain.")] = None,
    language: Annotated[Language, typer.Option("--lang", "--language", help="en or zh.")] = "en",
) -> None:
    """Check a receipt with its proof, in five steps. Exit status: 0 all steps hold, 1 one fails, 2 one cannot be checked."""
    from protocol import ids
    from tallystick.answer_receipts import KeyFacts

    facts = _facts(rpc, deployment) if key is None else KeyFacts((ids.hex32(key, "--key"),))
    raise typer.Exit(_show(_read(receipt), _read(proof), facts, language))


@app.command()
def audit(
    receipt: Receipt,
    terms: Annotated[Path, typer.Option(help="The session's terms, which `tally lookup ask --receipts` wrote.")],
    log: Annotated[
        list[Path],
        typer.Option("--log", help="The holder's whole log (tlog-tiles), a folder for each epoch, in order."),
    ],
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
) -> None:
    """Look for a receipt in a holder's whole log, up to its last anchor: batches without gap or overlap, and this receipt where it belongs.

    Exit status 1, with a code, where receipt and log prove something against the holder.
    """
    from protocol.sessions import SessionTerms, receipt_of
    from tallystick import answer_receipts

    facts, envelope, agreed = _facts(rpc, deployment), _read(receipt), SessionTerms.read(_read(terms))
    found = receipt_of(envelope, facts.node_keys(agreed.party))
    history, batch = answer_receipts.audit(facts, log, found, agreed)
    typer.echo(
        f"{len(history.batches)} batches 批, {history.answers} answers 答复, without gap or overlap 无缺漏亦无重叠"
    )
    typer.echo(
        f"answer 答复 {found.answered}: batch 批次 {batch.number}, root 根 0x{batch.root.hex()}; `tally session check` shows its place"
    )


def _list_of(values: object) -> str:
    from protocol import ids

    return ids.name(values.get("list") if isinstance(values, dict) else None, "session.list")


def _facts(rpc: str | None, deployment: Path | None) -> "ChainFacts":
    from chain.deployment import Deployment
    from tallystick.answer_receipts import ChainFacts

    if rpc is None or deployment is None:
        raise typer.BadParameter("give --rpc and --deployment, or --key")
    return ChainFacts(rpc, Deployment.load(deployment))


def _show(envelope: bytes, proof: bytes, facts: "Facts", language: Language, heading: str = "") -> int:
    """Print the steps; under a heading, which stands for many, only where one does not hold."""
    from rich.console import Console

    from cli.verify import print_steps
    from protocol import verify_receipt

    checked = verify_receipt.verify(envelope, proof, facts)
    if heading:
        word = "in the anchored log 已在上链的日志中" if checked.exit_code == 0 else "not proven 未证实"
        typer.echo(f"{heading}: {word}")
    if not heading or checked.exit_code:
        print_steps(Console(highlight=False, soft_wrap=True), checked.steps, language)
    return checked.exit_code


def _signed_by(envelope: bytes, key: bytes) -> bool:
    from protocol import dsse

    return dsse.parse(envelope).keyid == dsse.key_id(key)


def _read(path: Path) -> bytes:
    from protocol.errors import FormatError
    from protocol.limits import LIMITS

    try:
        with path.open("rb") as file:
            data = file.read(LIMITS.envelope + 1)
    except OSError as error:
        raise FormatError(
            "session.unreadable", f"{path} cannot be read: {error.strerror}.", "Check the path."
        ) from error
    if len(data) > LIMITS.envelope:
        raise FormatError(
            "session.too_large", f"{path} is larger than such a file can be.", "Check that it is the right file."
        )
    return data

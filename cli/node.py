"""`tally node`: a party's node - make it, enrol it, add data, run it, look at it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import dataset
from cli.applying import NAME, Contact, Invitation, Operator, Out, Roles, Title, TitleZh, apply
from cli.confirm import Yes, confirm
from cli.own_node import State, Wallet, WalletPassphrase, wallet_of
from protocol.programs import Language

if TYPE_CHECKING:
    from workers.keystore import NodeKeys
    from workers.state import SlotRow

app = typer.Typer(no_args_is_help=True, help="A party's node: keys, data, tasks.")
policy = typer.Typer(no_args_is_help=True, help="The owner's own limits at this node.")
app.add_typer(dataset.app, name="dataset")
app.add_typer(policy, name="policy")


@app.command()
def init(
    state: State,
    party: Annotated[str, typer.Option(envvar="TALLY_PARTY", help=f"This party's name ({NAME}).")],
    deployment: Annotated[
        Path, typer.Option(envvar="TALLY_DEPLOYMENT_FILE", help="Your own copy of the deployment file.")
    ],
    rpc_url: Annotated[str, typer.Option(envvar="TALLY_RPC_URL", help="Your own chain endpoint.")],
    coordinator: Annotated[str, typer.Option(envvar="TALLY_COORDINATOR", help="The coordinator's URL.")],
    passphrase_file: Annotated[
        Path, typer.Option(help="File with the passphrase (mode 0600), outside the state folder; drawn when missing.")
    ],
    wallet: Annotated[
        Path | None, typer.Option(envvar="TALLY_WALLET", help="The wallet's folder, of which only the address is read.")
    ] = None,
    wallet_address: Annotated[
        str | None,
        typer.Option(help="Its address instead, as `tally wallet address` prints it, where it lies elsewhere."),
    ] = None,
    advertise: Annotated[
        str,
        typer.Option(help="host:port under which other nodes reach this one; none: it brings data, never computes."),
    ] = "",
    bind: Annotated[str, typer.Option(help="host:port to listen on; default: as advertised.")] = "",
    broker_url_file: Annotated[
        Path | None,
        typer.Option(
            help="File with a broker URL and its credential (mode 0600), where the operator gave you one. Without it the "
            "coordinator issues one when you are admitted, sealed to this node."
        ),
    ] = None,
    broker_prefix: Annotated[
        str, typer.Option(help="Key prefix of this party at a Redis broker, with such a file.")
    ] = "",
) -> None:
    """Make the state folder: fresh keys (encrypted), settings, a copy of the deployment file."""
    from workers import enrol
    from workers import wallet as wallets
    from workers.config import NodeConfig

    if wallet_address is None:
        if wallet is None:
            raise typer.BadParameter("give --wallet or --wallet-address")
        wallet_address = wallets.address(wallet)
    nowhere = ("", 0)
    (advertise_host, advertise_port) = _address(advertise) if advertise else nowhere
    (bind_host, bind_port) = _address(bind or advertise) if advertise else nowhere
    config = NodeConfig(
        party=party, coordinator_url=coordinator, rpc_url=rpc_url,
        broker_url_file="" if broker_url_file is None else str(broker_url_file.absolute()),
        broker_prefix=broker_prefix, passphrase_file=str(passphrase_file.absolute()), wallet_address=wallet_address,
        bind_host=bind_host, bind_port=bind_port, advertise_host=advertise_host, advertise_port=advertise_port,
    )  # fmt: skip
    keys = enrol.init(state, config, deployment)
    _echo_keys(keys)


@app.command(name="enrol")
def enrol_party(
    state: State,
    wallet: Wallet,
    wallet_passphrase_file: WalletPassphrase,
    operator: Operator,
    role: Roles,
    title: Title,
    title_zh: TitleZh,
    contact: Contact,
    out: Out = None,
    invitation: Invitation = None,
) -> None:
    """Apply to take part, signed by wallet, node key and node signer. Admission then happens on chain."""
    from chain.deployment import Deployment
    from protocol.enrolment import Profile
    from protocol.programs import Words
    from workers import enrol
    from workers.node import DEPLOYMENT, connect, load_settings

    config, keys = load_settings(state)
    profile = Profile(Words(title, title_zh), contact, operator, tuple(role))
    signer, registry = (
        wallet_of(wallet, wallet_passphrase_file),
        Deployment.load(state / DEPLOYMENT).domain("PartyRegistry"),
    )
    enrolment = enrol.enrolment_of(config, keys, profile, registry.salt)
    application = enrol.application_of(enrolment, registry, signer, keys)
    enrol.keep_application(state, application)
    with connect(state, config, keys) as coordinator:
        apply(coordinator, application, out, invitation)


@app.command()
def prepare(
    state: State,
    operator: Operator,
    role: Roles,
    title: Title,
    title_zh: TitleZh,
    contact: Contact,
    out: Annotated[Path, typer.Option("--out", help="Where the application goes.")],
) -> None:
    """Write this node's application for a wallet that lies elsewhere: a passkey signs it in the browser, and sends it.

    Make the node with that account (`tally node init --wallet-address`).
    """
    from chain.deployment import Deployment
    from cli.passkey import write_unsigned
    from protocol.enrolment import Profile
    from protocol.programs import Words
    from workers import enrol
    from workers.node import DEPLOYMENT, load_settings

    config, keys = load_settings(state)
    profile = Profile(Words(title, title_zh), contact, operator, tuple(role))
    registry = Deployment.load(state / DEPLOYMENT).domain("PartyRegistry")
    enrolment = enrol.enrolment_of(config, keys, profile, registry.salt)
    application = enrol.unsigned_application_of(type(enrolment).parse(enrolment.to_json()), registry, keys)
    enrol.keep_application(state, application)
    write_unsigned(application, out)


@app.command(name="application")
def show_application(state: State) -> None:
    """How this node's application stands: its fingerprint, what the chain says of it, and its broker login."""
    from protocol.enrolment import Enrolment
    from workers import joining
    from workers.node import open_desk

    with open_desk(state) as desk:
        found = joining.look(desk)
    if found.application is not None:
        typer.echo(f"fingerprint {Enrolment.read(found.application.enrolment).fingerprint}")
    for words in found.words():
        typer.echo(f"{words.english}\n{words.chinese}")
    raise typer.Exit(0 if found.ready else 1)


@app.command(name="models")
def list_models(state: State) -> None:
    """The models that tasks left at this node, as shares, and until when it keeps them."""
    from workers.node import open_desk

    with open_desk(state) as desk:
        for task, until in desk.models.ends():
            typer.echo(f"task_{task.hex()} until {datetime.fromtimestamp(until, UTC):%Y-%m-%d %H:%M UTC}")


@policy.command(name="draft")
def draft_policy(
    state: State,
    contract: Annotated[Path, typer.Argument(help="A task contract (JSON) such as you would allow.")],
    folder: Annotated[
        Path, typer.Option("--out", help="Where the drafts go, one for each of your data sets in it.")
    ] = Path(),
) -> None:
    """Draft a limit from a contract as a commented file, for you to loosen line by line and add."""
    from protocol import canonical
    from protocol.ask import Ask
    from protocol.contract import TaskContract
    from protocol.errors import RefusedError
    from workers import disk, policy_draft
    from workers.state import read_state

    with read_state(state) as found:
        own = {row["data_set"] for row in found.data_sets()}
    terms = TaskContract.parse(canonical.parse(contract.read_bytes()))
    named = [item.data_set for item in terms.inputs if item.data_set in own]
    if not named:
        raise RefusedError(
            "policy.other_data_set", f"{contract} takes no data set of this node.", "See `tally node dataset list`."
        )
    for data_set in named:
        target = folder / f"{data_set}.policy.toml"
        if target.exists():
            raise RefusedError("draft.exists", f"{target} exists.", "Name another folder with --out.")
        disk.write_private(target, policy_draft.text(Ask.of(terms, data_set)).encode())
        typer.echo(f"{target}: confirm every line, then add it:\ntally node policy add {target}")


@policy.command(name="add")
def add_policy(
    state: State,
    file: Annotated[
        Path, typer.Argument(help="A limit, as `draft` (.toml) or `tally authorization ask` (JSON) writes it.")
    ],
) -> None:
    """Add a limit: tasks over the data set must ask what at least one policy set here says, beside what the wallet signed."""
    from workers import enrol, policy_draft
    from workers.state import read_state

    ask = policy_draft.read(file.read_bytes(), toml=file.suffix == ".toml")
    with read_state(state) as found:
        typer.echo("0x" + enrol.add_policy(found, ask.data()).hex())


@policy.command(name="list")
def list_policies(state: State) -> None:
    """The limits that were added, as digest, data set and tasks a day."""
    from protocol.ask import Ask
    from protocol.canonical import sha256
    from workers.state import read_state

    with read_state(state) as found:
        for data_set in sorted({row["data_set"] for row in found.data_sets()}):
            for document in found.policies(data_set):
                ask = Ask.read(document)
                typer.echo(
                    f"0x{sha256(document).hex()} {data_set}: {ask.tasks_per_day} a day, “{ask.contract.purpose}”"
                )


@app.command(name="new-epoch")
def new_epoch(
    state: State,
    wallet: Wallet,
    wallet_passphrase_file: WalletPassphrase,
) -> None:
    """Begin a new evidence log after the old one was lost or damaged; the node must be stopped."""
    from workers import disk, enrol
    from workers.node import LOCK, open_desk

    account = wallet_of(wallet, wallet_passphrase_file).account
    with disk.exclusive(disk.private_dir(state) / LOCK, "the node"), open_desk(state) as desk:
        typer.echo(f"epoch {enrol.open_epoch(desk, account)}")


@app.command(name="rotate-keys")
def rotate_keys(
    state: State,
    wallet: Wallet,
    wallet_passphrase_file: WalletPassphrase,
    yes: Yes = False,
) -> None:
    """Replace node signer, node key and seal key, by the party's wallet; the node must be stopped and have no work left."""
    from workers import disk, rotation
    from workers.node import LOCK

    account = wallet_of(wallet, wallet_passphrase_file).account
    with disk.exclusive(disk.private_dir(state) / LOCK, "the node"):
        confirm(
            "This node gets a new node signer, node key and seal key. The old ones count no more from the block that says so "
            "and are erased here; results sealed to them can no longer be opened. A log that has begun is closed and the "
            "next epoch opened.",
            "本节点将获得新的节点签名密钥、节点密钥与封装密钥。自链上登记的区块起，旧密钥不再有效并将在此删除；"
            "用旧密钥封装的结果无法再打开。已开始的日志将关闭，并开启下一纪元。",
            yes=yes,
        )
        keys = rotation.rotate(state, account)
    _echo_keys(keys)


@app.command()
def check(
    state: State,
    task: Annotated[str, typer.Argument(help="The task id, task_….")],
    language: Annotated[Language, typer.Option("--lang", "--language", help="en or zh.")] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, in both languages.")] = False,
) -> None:
    """Try a task over your own rows, before you sign: everything that would stop it at your node, for you alone. Exit status 2 if anything would."""
    import json

    from rich.console import Console

    from cli.own_rows import show
    from protocol import ids
    from workers.local_check import tried

    report = tried(state, ids.unprefixed("task", task))
    if as_json:
        typer.echo(json.dumps(report.to_json(), ensure_ascii=False, indent=2))
    else:
        show(Console(highlight=False), report, language)
    if report.stops:
        raise typer.Exit(2)


@app.command()
def run(state: State) -> None:
    """Run the node until SIGTERM."""
    from workers import service

    service.run(state)


@app.command()
def status(state: State) -> None:
    """What the node is doing, with what, and what it owes; and whether its engine is one that tasks can name."""
    from metrics.ground import software_version
    from mpc.backends.fast import kernels
    from workers.config import NodeConfig
    from workers.jobs.context import reason_words
    from workers.read_before import before
    from workers.state import read_state

    config = NodeConfig.load(state)
    where = f"links at {config.advertise_host}:{config.advertise_port}" if config.listens else "dials out only"
    typer.echo(f"{config.party}: {where}, {kernels.variant()} kernels, Tallystick {software_version()}")
    typer.echo(_head(state, config.rpc_url))
    with read_state(state) as found:
        rows = {row.task: row for row in found.slots()}
        for kind, most in config.slots.items():
            used = [row for row in rows.values() if row.kind == kind and row.phase != "waiting"]
            typer.echo(f"{kind} slots: {len(used)} of {most} in use")
        for job in found.jobs():
            words = f"  {reason_words(job.reason)}" if job.reason else ""
            blamed = f" ({job.peer})" if job.peer else ""
            typer.echo(f"task_{job.task.hex()} {job.stage}{blamed}{words}{_slot(rows.get(job.task))}")
            for line in found.explanation(job.task):
                typer.echo(f"  {line}")
        typer.echo(f"{found.unsettled()} receipts still owed")
        for data_set in sorted({row["data_set"] for row in found.data_sets()}):
            for words in (read.words(data_set) for read in before(found, data_set)):
                typer.echo(f"{words.english} {words.chinese}")
    for line in _engine(state, config.rpc_url):
        typer.echo(line)


@app.command()
def scitt(
    state: State,
    about: Annotated[
        str, typer.Argument(help="The task id, task_…; or 0x…, a session or the request that an opening answered.")
    ],
    out: Annotated[Path, typer.Option(help="A new folder for the statements and the node key.")],
) -> None:
    """Export what this node stated about a task, an opening or a session as SCITT Transparent Statements with COSE Receipts (RFC 9943, RFC 9942), for others' verifiers."""
    from protocol import ids
    from protocol.errors import RefusedError
    from workers import disk
    from workers import scitt as statements
    from workers.node import open_desk

    if out.exists():
        raise RefusedError("disk.exists", f"{out} exists already.", "Keep it, or name another path.")
    with open_desk(state) as desk:
        digest = ids.hex32(about, "the request") if about.startswith("0x") else ids.unprefixed("task", about)
        found = statements.export(desk, digest, about)
    disk.private_dir(out)
    for item in found.statements:
        disk.write_private(out / item.name, item.data)
    disk.write_private(out / statements.KEY_FILE, found.key)
    typer.echo(f"{out}: {len(found.statements)} statements of {found.origin.text()}")
    typer.echo(f"log size {found.size}, root 0x{found.root.hex()}; compare it with the anchor on chain")


@app.command()
def timestamp(
    state: State,
    tsa: Annotated[str, typer.Option(help="The URL of a time-stamping authority (RFC 3161).")],
    roots: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="Root certificates of authorities that you trust (.pem).")
    ],
    out: Annotated[Path, typer.Option(help="A new folder for the checkpoint and its time-stamp.")],
) -> None:
    """Have this log's published checkpoint time-stamped by somebody who knows no chain; anybody verifies it with `openssl ts`."""
    from protocol.errors import RefusedError
    from workers import disk, timestamps
    from workers.log import published_checkpoint
    from workers.node import open_desk

    if out.exists():
        raise RefusedError("disk.exists", f"{out} exists already.", "Keep it, or name another path.")
    trusted = timestamps.roots_of(roots.read_bytes())
    with open_desk(state) as desk:
        data = published_checkpoint(desk.log_folder)
    found = timestamps.stamp(data, timestamps.over_http(tsa), trusted)
    disk.private_dir(out)
    disk.write_private(out / "checkpoint", data)
    disk.write_private(out / "checkpoint.tsr", found.response)
    typer.echo(f"{out}: stamped at {found.time:%Y-%m-%d %H:%M:%S UTC}")
    typer.echo(f"openssl ts -verify -data {out}/checkpoint -in {out}/checkpoint.tsr -CAfile {roots}")


@app.command()
def backup(
    state: State,
    file: Annotated[Path, typer.Argument(help="The backup to write: a new file outside the state folder.")],
) -> None:
    """Back the node up while it runs: state, log, data, models, results, settings, and the keystore as it lies there.

    Sealed to the node's keys. The passphrase is not in it, nor are working copies of tasks under way: keep the passphrase elsewhere.
    """
    from workers import backup as backups
    from workers.node import open_desk

    with open_desk(state) as desk:
        head = backups.backup(state, file, desk.chain.head().number)
    typer.echo(
        f"{file}: {head.party} at block {head.block}, {datetime.fromtimestamp(head.taken, UTC):%Y-%m-%d %H:%M UTC}"
    )


@app.command()
def restore(
    state: State,
    file: Annotated[Path, typer.Argument(help="A backup that `tally node backup` wrote.")],
    passphrase_file: Annotated[
        Path, typer.Option(help="File with the node's passphrase (mode 0600), which no backup holds.")
    ],
) -> None:
    """Put a backup back into an empty state folder. At its next start the node settles with the chain what it has forgotten.

    Make sure that the old node will never run again: two nodes with one key would accuse each other's party.
    """
    from workers import backup as backups

    head = backups.restore(file, state, passphrase_file)
    typer.echo(
        f"{state}: {head.party} as of block {head.block}, {datetime.fromtimestamp(head.taken, UTC):%Y-%m-%d %H:%M UTC}"
    )
    typer.echo("Start it with `tally node run`; tasks that were under way end with the reason run.interrupted.")


@app.command()
def resend(
    state: State,
    since: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="From when on, UTC.")],
) -> None:
    """Hand in again what was delivered since then, for a coordinator that was put back from an older backup; twice is once."""
    from workers.state import read_state

    with read_state(state) as found:
        typer.echo(f"{found.owe_again(int(since.replace(tzinfo=UTC).timestamp()))} receipts are owed again.")


@app.command()
def doctor(
    state: State,
    language: Annotated[Language, typer.Option("--lang", "--language", help="en or zh.")] = "en",
) -> None:
    """Check settings, keys, state, chain, registry, log, clocks, coordinator, broker, disk, kernels, releases and doors; status 1 when one is not well."""
    from cli.doctor import tell
    from workers.doctor import examine

    raise typer.Exit(tell(examine(state), language))


def _head(state: Path, rpc_url: str) -> str:
    """How far this node's own chain endpoint is."""
    from chain.deployment import Deployment
    from chain.gateway import Gateway
    from protocol.errors import TallyError
    from workers.node import DEPLOYMENT

    try:
        gateway = Gateway(rpc_url, Deployment.load(state / DEPLOYMENT), timeout=3.0, deadline=5.0)
        return f"chain {gateway.deployment.chain_id}: head {gateway.head()}"
    except TallyError as error:
        return f"chain: {error.code}: {error.what}"


def _engine(state: Path, rpc_url: str) -> list[str]:
    """The installed engine, and what is to be said about it; a chain that does not answer keeps nothing else back."""
    from chain.deployment import Deployment
    from chain.gateway import Gateway
    from chain.releases import registered
    from protocol.engines import standing
    from protocol.errors import TallyError
    from workers.node import DEPLOYMENT, installed_engine

    name, digest = installed_engine()
    try:
        gateway = Gateway(rpc_url, Deployment.load(state / DEPLOYMENT), timeout=3.0, deadline=5.0)
        found = standing(name, digest, registered(gateway, name))
    except TallyError as error:
        return [f"engine {name} 0x{digest.hex()}: not compared with the chain ({error.code}: {error.what})"]
    if found is None:
        return [f"engine {name} 0x{digest.hex()}: published and approved"]
    said = [f"{words.english} {words.chinese}" for words in (found.what, found.fix)]
    return [f"engine {name} 0x{digest.hex()}: {found.code}", *(f"  {line}" for line in said)]


def _slot(row: "SlotRow | None") -> str:
    """Where a run is on its way into a slot, and whom it waits for."""
    if row is None:
        return ""
    waits = ", ".join(
        f"{party} ({how})" for party, _, how in (item.partition(":") for item in row.waits.split(",") if item)
    )
    return f"  [{row.phase}{f' for {waits}' if waits else ''}]"


def _echo_keys(keys: "NodeKeys") -> None:
    typer.echo(f"node signer {keys.signer_address}")
    typer.echo(f"node key    0x{keys.node_public.hex()}")
    typer.echo(f"seal key    0x{keys.seal_public.hex()}")


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 <= int(port) <= 65535:
        raise typer.BadParameter(f"{text!r} is not host:port")
    return host.strip("[]"), int(port)

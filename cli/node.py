"""`tally node`: a party's node - make it, enrol it, add data, run it, look at it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from cli.confirm import Yes, confirm

if TYPE_CHECKING:
    from workers.keystore import NodeKeys
    from workers.state import SlotRow

app = typer.Typer(no_args_is_help=True, help="A party's node: keys, data, tasks.")
dataset = typer.Typer(no_args_is_help=True, help="The node's data sets.")
policy = typer.Typer(no_args_is_help=True, help="The owner's own limits at this node.")
app.add_typer(dataset, name="dataset")
app.add_typer(policy, name="policy")

NAME = escape("[a-z0-9-]")  # help texts are rich markup
State = Annotated[Path, typer.Option("--state", envvar="TALLY_NODE_STATE", help="The node's state folder.")]


@app.command()
def init(
    state: State,
    party: Annotated[str, typer.Option(help=f"This party's name ({NAME}).")],
    deployment: Annotated[Path, typer.Option(help="Your own copy of the deployment file.")],
    rpc_url: Annotated[str, typer.Option(help="Your own chain endpoint.")],
    coordinator: Annotated[str, typer.Option(help="The coordinator's URL.")],
    broker_url_file: Annotated[Path, typer.Option(help="File with the broker URL and its credential (mode 0600).")],
    passphrase_file: Annotated[
        Path, typer.Option(help="File with the passphrase (mode 0600), outside the state folder; drawn when missing.")
    ],
    wallet_address: Annotated[str, typer.Option(help="Address of the party's wallet (`tally wallet new`).")],
    advertise: Annotated[
        str,
        typer.Option(help="host:port under which other nodes reach this one; none: it brings data, never computes."),
    ] = "",
    bind: Annotated[str, typer.Option(help="host:port to listen on; default: as advertised.")] = "",
    broker_prefix: Annotated[str, typer.Option(help="Key prefix of this party at a Redis broker.")] = "",
) -> None:
    """Make the state folder: fresh keys (encrypted), settings, a copy of the deployment file."""
    from workers import enrol
    from workers.config import NodeConfig

    nowhere = ("", 0)
    (advertise_host, advertise_port) = _address(advertise) if advertise else nowhere
    (bind_host, bind_port) = _address(bind or advertise) if advertise else nowhere
    config = NodeConfig(
        party=party, coordinator_url=coordinator, rpc_url=rpc_url, broker_url_file=str(broker_url_file.absolute()),
        broker_prefix=broker_prefix, passphrase_file=str(passphrase_file.absolute()), wallet_address=wallet_address,
        bind_host=bind_host, bind_port=bind_port, advertise_host=advertise_host, advertise_port=advertise_port,
    )  # fmt: skip
    keys = enrol.init(state, config, deployment)
    _echo_keys(keys)


@app.command(name="enrol")
def enrol_party(
    state: State,
    wallet: Annotated[Path, typer.Option(help="The wallet's folder.")],
    wallet_passphrase_file: Annotated[Path, typer.Option(help="The wallet's passphrase (mode 0600).")],
    operator: Annotated[str, typer.Option(help=f"Who really runs the node ({NAME}).")],
    role: Annotated[list[str], typer.Option(help="data-provider, compute-provider, result-user, …; repeatable.")],
    title: Annotated[str, typer.Option(help="The party's title in English.")],
    title_zh: Annotated[str, typer.Option(help="The party's title in Chinese.")],
    contact: Annotated[str, typer.Option(help="How to reach the operator.")],
) -> None:
    """Apply to take part: signed by node key and wallet. Admission then happens on chain."""
    from eth_typing import Hash32

    from protocol.enrolment import wallet_digest
    from protocol.programs import Words
    from workers import enrol, keystore
    from workers import wallet as wallets
    from workers.node import DEPLOYMENT, connect, load_settings

    config, keys = load_settings(state)
    with connect(state, config, keys) as coordinator:
        profile = enrol.Profile(Words(title, title_zh), contact, operator, tuple(role))
        enrolment = enrol.enrolment_of(config, keys, profile, enrol.deployment_id(state / DEPLOYMENT))
        account = wallets.load(wallet, keystore.read_passphrase(wallet_passphrase_file, wallet))
        signature = bytes(account.unsafe_sign_hash(Hash32(wallet_digest(enrolment))).signature)
        coordinator.enrol(enrolment, enrol.envelope_of(enrolment, keys), signature)
    typer.echo(f"{config.party} has applied; profile 0x{enrolment.profile_hash.hex()}")


@dataset.command()
def add(
    state: State,
    file: Annotated[Path, typer.Argument(help="A .csv or .parquet file.")],
    schema: Annotated[Path, typer.Option(help="The declared schema (.toml or .json).")],
    name: Annotated[str, typer.Option(help=f"Short name ({NAME}); 128 random bits are added.")],
    legal_basis: Annotated[str, typer.Option(help="Legal basis of the source, in words.")],
    reference: Annotated[str, typer.Option(help="Reference name of an existing data set: adds its next version.")] = "",
) -> None:
    """Read and check a file, store it encrypted, register its commitment on chain, publish its description."""
    from workers import enrol
    from workers.node import open_desk
    from workers.sources.problems import DataError
    from workers.sources.schema import Schema

    try:
        with open_desk(state) as desk:
            stored = enrol.add_data_set(desk, file, Schema.read(schema), name, legal_basis, reference=reference or None)
            typer.echo(f"{stored.data_set} version {stored.version}: {stored.rows} rows")
            enrol.register(desk, stored)
    except DataError as error:
        for problem in error.problems:
            typer.echo(f"{problem.code}  {problem.english}\n    {problem.chinese}", err=True)
        typer.echo(f"{error.count} problems; nothing was signed or stored", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"registered, input root 0x{stored.input_root.hex()}")


@dataset.command()
def register(
    state: State,
    reference: Annotated[str, typer.Argument(help="The data set's reference name.")],
    version: Annotated[int, typer.Option(help="Its version.")] = 1,
) -> None:
    """Register a stored version again after `add` could not (chain or coordinator were away)."""
    from protocol.errors import RefusedError
    from workers import enrol
    from workers.node import open_desk

    with open_desk(state) as desk:
        stored = desk.store.find(reference, version)
        if stored is None:
            raise RefusedError("data_set.unknown", f"{reference} version {version} is not stored.", "Add it.")
        enrol.register(desk, stored)
    typer.echo("registered")


@dataset.command()
def retire(
    state: State,
    reference: Annotated[str, typer.Argument(help="The data set's reference name.")],
    version: Annotated[int, typer.Option(min=1, help="Its version.")],
    yes: Yes = False,
) -> None:
    """Take a version back, signed by the node: no task starts over it any more."""
    from workers import enrol
    from workers.node import open_desk

    with open_desk(state) as desk:
        confirm(
            f"No task can start over {reference} version {version} any more, for ever; running tasks end as they were "
            "started. Your stored rows stay at this node.",
            f"任何任务都不能再使用 {reference} 第 {version} 版启动，且不可恢复；正在运行的任务照常结束。已存储的数据行仍留在本节点。",
            yes=yes,
        )
        typer.echo("retired" if enrol.retire(desk, reference, version) else "retired already")


@dataset.command()
def attest(
    state: State,
    reference: Annotated[str, typer.Argument(help="Reference name of another party's data set.")],
    version: Annotated[int, typer.Option(min=1, help="Its version.")],
    statement: Annotated[Path, typer.Option(help="Your document about it; its SHA-256 goes on chain.")],
    yes: Yes = False,
) -> None:
    """State something about another party's data set (that it comes from its source, say), signed by the node."""
    from protocol.canonical import sha256
    from workers import enrol
    from workers.node import open_desk

    digest = sha256(statement.read_bytes())
    with open_desk(state) as desk:
        confirm(
            f"The chain will say for ever that {desk.party} stated 0x{digest.hex()} about {reference} version {version}.",
            f"链上将永久记录：{desk.party} 对 {reference} 第 {version} 版作出声明 0x{digest.hex()}。",
            yes=yes,
        )
        enrol.attest(desk, reference, version, digest)
    typer.echo("attested")


@dataset.command(name="list")
def list_data_sets(state: State) -> None:
    """The stored versions."""
    from workers.state import read_state

    with read_state(state) as found:
        for row in found.data_sets():
            mark = "registered" if row["registered"] else "not registered"
            typer.echo(f"{row['data_set']} version {row['version']}: {row['rows']} rows, {mark}")


@app.command(name="models")
def list_models(state: State) -> None:
    """The models that tasks left at this node, as shares, and until when it keeps them."""
    from workers.node import open_desk

    with open_desk(state) as desk:
        for task, until in desk.models.ends():
            typer.echo(f"task_{task.hex()} until {datetime.fromtimestamp(until, UTC):%Y-%m-%d %H:%M UTC}")


@policy.command(name="add")
def add_policy(
    state: State, file: Annotated[Path, typer.Argument(help="An ask, as `tally authorization ask` writes it.")]
) -> None:
    """Add a limit: tasks over the data set must ask what at least one policy set here says, beside what the wallet signed."""
    from workers import enrol
    from workers.state import read_state

    with read_state(state) as found:
        typer.echo("0x" + enrol.add_policy(found, file.read_bytes()).hex())


@app.command(name="new-epoch")
def new_epoch(
    state: State,
    wallet: Annotated[Path, typer.Option(help="The wallet's folder.")],
    wallet_passphrase_file: Annotated[Path, typer.Option(help="The wallet's passphrase (mode 0600).")],
) -> None:
    """Begin a new evidence log after the old one was lost or damaged; the node must be stopped."""
    from workers import disk, enrol, keystore
    from workers import wallet as wallets
    from workers.node import LOCK, open_desk

    account = wallets.load(wallet, keystore.read_passphrase(wallet_passphrase_file, wallet))
    with disk.exclusive(disk.private_dir(state) / LOCK, "the node"), open_desk(state) as desk:
        typer.echo(f"epoch {enrol.open_epoch(desk, account)}")


@app.command(name="rotate-keys")
def rotate_keys(
    state: State,
    wallet: Annotated[Path, typer.Option(help="The wallet's folder.")],
    wallet_passphrase_file: Annotated[Path, typer.Option(help="The wallet's passphrase (mode 0600).")],
    yes: Yes = False,
) -> None:
    """Replace node signer, node key and seal key, by the party's wallet; the node must be stopped and have no work left."""
    from workers import disk, keystore, rotation
    from workers import wallet as wallets
    from workers.node import LOCK

    account = wallets.load(wallet, keystore.read_passphrase(wallet_passphrase_file, wallet))
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
def run(state: State) -> None:
    """Run the node until SIGTERM."""
    from workers import service

    service.run(state)


@app.command()
def status(state: State) -> None:
    """What the node is doing, with what, and what it owes."""
    from mpc.backends.fast import kernels
    from workers.config import NodeConfig
    from workers.jobs.context import reason_words
    from workers.state import read_state

    config = NodeConfig.load(state)
    where = f"links at {config.advertise_host}:{config.advertise_port}" if config.listens else "dials out only"
    typer.echo(f"{config.party}: {where}, {kernels.variant()} kernels")
    with read_state(state) as found:
        rows = {row.task: row for row in found.slots()}
        for kind, most in config.slots.items():
            used = [row for row in rows.values() if row.kind == kind and row.phase != "waiting"]
            typer.echo(f"{kind} slots: {len(used)} of {most} in use")
        for job in found.jobs():
            words = f"  {reason_words(job.reason)}" if job.reason else ""
            blamed = f" ({job.peer})" if job.peer else ""
            typer.echo(f"task_{job.task.hex()} {job.stage}{blamed}{words}{_slot(rows.get(job.task))}")
        typer.echo(f"{found.unsettled()} receipts still owed")


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

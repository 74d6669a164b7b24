"""Making a node, applying to take part, adding data sets and policies: what the operator's commands do."""

import time
from dataclasses import dataclass
from pathlib import Path

from eth_account.signers.local import LocalAccount

from chain.bindings import anchors
from chain.deployment import Deployment
from chain.gateway import Gateway
from protocol import dsse, ids
from protocol.ask import Ask
from protocol.canonical import sha256
from protocol.catalogue import DATA_SET_TYPE
from protocol.enrolment import ENROLMENT_TYPE, Enrolment
from protocol.errors import RefusedError
from protocol.programs import Words
from workers import disk, keystore
from workers.chain_view import DataSetFacts, DataSetRegistration
from workers.config import FILE, NodeConfig
from workers.data_sets import StoredVersion, draw_reference, referenced
from workers.keystore import NodeKeys
from workers.node import DEPLOYMENT, EPOCH, KEYS, Desk
from workers.sources.schema import Schema
from workers.state import State


@dataclass(frozen=True, slots=True)
class Profile:
    """What an enrolment says of the party beside its keys."""

    title: Words
    contact: str
    operator: str
    roles: tuple[str, ...]


def init(folder: Path, config: NodeConfig, deployment: Path, work: int = keystore.WORK) -> NodeKeys:
    """Make a node's state folder: keys, settings and its own copy of the deployment file."""
    disk.private_dir(folder)
    if (folder / FILE).exists() or keystore.exists(folder / KEYS):
        raise RefusedError("node.exists", f"{folder} already holds a desk.", "Use it, or name an empty folder.")
    passphrase = Path(config.passphrase_file)
    if not passphrase.exists():
        keystore.create_passphrase(passphrase)
    opened = keystore.read_passphrase(passphrase, folder)
    keys = keystore.create(folder / KEYS, opened, work=work)
    disk.write_private(folder / DEPLOYMENT, deployment.read_bytes())
    config.save(folder)
    return keys


def enrolment_of(config: NodeConfig, keys: NodeKeys, profile: Profile, deployment: bytes) -> Enrolment:
    """The application, to be signed by node key and wallet."""
    return Enrolment(
        party=config.party,
        title=profile.title,
        contact=profile.contact,
        wallet=config.wallet_address.lower(),
        node_signer=keys.signer_address.lower(),
        node_key=keys.node_public,
        seal_key=keys.seal_public,
        operator=ids.name(profile.operator, "operator"),
        roles=tuple(sorted(profile.roles)),
        deployment=deployment,
    )


def envelope_of(enrolment: Enrolment, keys: NodeKeys) -> bytes:
    """The node key's DSSE envelope over an application."""
    return dsse.sign(enrolment.data(), keys.node_public, keys.sign, ENROLMENT_TYPE)


def add_data_set(
    desk: Desk, path: Path, schema: Schema, name: str, legal_basis: str, *, reference: str | None = None
) -> StoredVersion:
    """Read, commit and store a file: version 1 of a new data set, or the next version of ``reference``."""
    data_set = reference or draw_reference(name)
    versions = [row["version"] for row in desk.state.data_sets() if row["data_set"] == data_set]
    if reference is not None and not versions:
        raise RefusedError("data_set.unknown", f"This node has no data set {reference}.", "Leave --reference out.")
    version = max(versions, default=0) + 1
    stored = desk.store.add(path, schema, data_set, version, referenced(legal_basis))
    desk.state.add_data_set(data_set, version, stored.input_root, stored.rows, desk.clock())
    return stored


def register(desk: Desk, stored: StoredVersion) -> None:
    """Register a stored version on chain and publish its description; repeating it changes nothing."""
    descriptor = stored.schema.descriptor(stored.data_set, stored.version, desk.party, stored.rows)
    found = desk.chain.data_set(stored.data_set, stored.version, desk.chain.head())
    if found is None:
        desk.chain.register_data_set(
            DataSetRegistration(
                stored.data_set, desk.party, stored.version, descriptor.digest(), stored.input_root, stored.rows,
                stored.schema.data_level, ids.on_chain(stored.legal_basis),
            )
        )  # fmt: skip
    elif (found.owner, found.input_root) != (ids.on_chain(desk.party), stored.input_root):
        raise RefusedError(
            "data_set.squatted",
            f"The chain holds another {stored.data_set}.",
            "Add the file again under a new reference.",
        )
    desk.state.set_registered(stored.data_set, stored.version)
    envelope = dsse.sign(descriptor.data(), desk.keys.node_public, desk.keys.sign, DATA_SET_TYPE)
    desk.coordinator.register_data_set(envelope)


def retire(desk: Desk, data_set: str, version: int) -> bool:
    """Take a version of one's own data set back, so that no task starts over it; False when it is retired already."""
    found = _registered(desk, data_set, version)
    if found.owner != ids.on_chain(desk.party):
        raise RefusedError("data_set.not_yours", f"{data_set} is another party's.", "Only its owner retires it.")
    if found.active:
        desk.chain.retire_data_set(data_set, version)
    return found.active


def attest(desk: Desk, data_set: str, version: int, statement: bytes) -> None:
    """State something about another party's version, as an event on chain; ``statement`` is a document's SHA-256."""
    found = _registered(desk, data_set, version)
    if found.owner == ids.on_chain(desk.party):
        raise RefusedError("data_set.yours", f"{data_set} is your own.", "Only another party can attest it.")
    desk.chain.attest_data_set(data_set, version, desk.party, statement)


def _registered(desk: Desk, data_set: str, version: int) -> DataSetFacts:
    found = desk.chain.data_set(ids.reference(data_set), version, desk.chain.head())
    if found is None:
        raise RefusedError(
            "data_set.unknown",
            f"The chain has no {data_set} version {version}.",
            "Check the reference and the version.",
        )
    return found


def add_policy(state: State, document: bytes) -> bytes:
    """Add one of the owner's own limits; returns its digest."""
    policy = Ask.read(document)
    if policy.data_set not in {row["data_set"] for row in state.data_sets()}:
        raise RefusedError("policy.other_data_set", f"{policy.data_set} is not this node's.", "Name one of its own.")
    state.add_policy(sha256(document), policy.data_set, document, int(time.time()))
    return sha256(document)


def deployment_id(path: Path) -> bytes:
    """The deployment id in a deployment file."""
    return ids.hex32(Deployment.load(path).deployment_id, "deployment_id")


def open_epoch(desk: Desk, wallet: LocalAccount) -> int:
    """Begin a new log after the old one was lost or damaged: the party's wallet closes the old epoch on chain.

    When the chain is ahead of this node already (a kill in between), its epoch is taken. Returns the epoch.
    """
    epoch = desk.chain.log(desk.party, desk.chain.head()).epoch
    if epoch <= desk.epoch:
        epoch = desk.epoch + 1
        gateway = Gateway(desk.config.rpc_url, Deployment.load(desk.folder / DEPLOYMENT), wallet)
        gateway.send(anchors.open_epoch(ids.on_chain(desk.party), epoch))
    desk.state.set_fact(EPOCH, str(epoch))
    return epoch

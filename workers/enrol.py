"""Making a node, applying to take part, adding data sets and policies: what the operator's commands do."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from eth_account.signers.local import LocalAccount

from chain.bindings import anchors
from chain.deployment import Deployment
from chain.gateway import Gateway
from client import Signer
from protocol import dsse, ids
from protocol.ask import Ask
from protocol.canonical import sha256
from protocol.catalogue import DATA_SET_TYPE, Audience
from protocol.enrolment import ENROLMENT_TYPE, Application, Enrolment, Profile, SignDigest
from protocol.errors import RefusedError
from protocol.registrations import DataSetAttestation, DataSetRegistration, DataSetRetirement, SignedRegistration
from protocol.typed import Domain, Typed
from workers import disk, keystore
from workers.chain_view import DataSetFacts
from workers.config import FILE, NodeConfig
from workers.data_sets import StoredVersion, draw_reference, referenced
from workers.keystore import NodeKeys
from workers.node import DEPLOYMENT, EPOCH, KEYS, Desk
from workers.sources import SILENT
from workers.sources.problems import Listener
from workers.sources.schema import Schema
from workers.state import State
from workers.wallet import WalletSigner

APPLICATION: Final = "application.json"


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
    """What a party with this node applies with."""
    return replace(
        profile.enrolment(config.party, config.wallet_address, deployment),
        node_signer=keys.signer_address.lower(),
        node_key=keys.node_public,
        seal_key=keys.seal_public,
    )


def application_of(enrolment: Enrolment, domain: Domain, wallet: WalletSigner, keys: NodeKeys | None) -> Application:
    """Everything that an applicant signs; ``domain`` is the party registry's, ``keys`` None for a party without a node."""
    node = None if keys is None else _signed_by_node(enrolment, keys)
    return Application.of(enrolment, domain, wallet.sign_digest, node)


def unsigned_application_of(enrolment: Enrolment, domain: Domain, keys: NodeKeys) -> Application:
    """What the node signs of an application; its wallet lies elsewhere, as a passkey does, and signs there."""
    return Application.unsigned(enrolment, domain, _signed_by_node(enrolment, keys))


def _signed_by_node(enrolment: Enrolment, keys: NodeKeys) -> tuple[bytes, SignDigest]:
    return dsse.sign(enrolment.data(), keys.node_public, keys.sign, ENROLMENT_TYPE), keys.sign_digest


def keep_application(folder: Path, application: Application) -> None:
    """Keep what was applied with, so that the node knows its own application again; a corrected one takes its place."""
    disk.write_private(folder / APPLICATION, application.data())


def add_data_set(
    desk: Desk,
    path: Path,
    schema: Schema,
    name: str,
    legal_basis: str,
    *,
    reference: str | None = None,
    listener: Listener = SILENT,
) -> StoredVersion:
    """Read, commit and store a file: version 1 of a new data set, or the next version of ``reference``."""
    data_set = reference or draw_reference(name)
    versions = [row["version"] for row in desk.state.data_sets() if row["data_set"] == data_set]
    if reference is not None and not versions:
        raise RefusedError("data_set.unknown", f"This node has no data set {reference}.", "Leave --reference out.")
    version = max(versions, default=0) + 1
    stored = desk.store.add(path, schema, data_set, version, referenced(legal_basis), listener)
    desk.state.add_data_set(data_set, version, stored.input_root, stored.rows, desk.clock())
    return stored


def registration_of(desk: Desk, stored: StoredVersion) -> DataSetRegistration:
    """What the owner's wallet signs to register a stored version: root and description as this node computed them."""
    descriptor = stored.description(desk.party)
    return DataSetRegistration(
        stored.data_set, desk.party, stored.version, descriptor.digest(), stored.input_root, stored.rows,
        stored.schema.data_level, stored.legal_basis,
    )  # fmt: skip


def signed_elsewhere(desk: Desk, stored: StoredVersion, paper: SignedRegistration) -> "SignedPaper":
    """A registration that the wallet signed elsewhere, as its signer; refused (``registration.other``) for another version's."""
    if paper.message != registration_of(desk, stored):
        raise RefusedError(
            "registration.other",
            f"The file registers {paper.message.data_set} version {paper.message.version}, or it with other values than this node's.",
            "Write it anew (`--unsigned`) and have that one signed.",
        )
    if not paper.signature:
        raise RefusedError(
            "registration.unsigned",
            "No wallet has signed the file.",
            "Sign it on the page “My things”, and take what it saves.",
        )
    party = desk.chain.party(desk.party, desk.chain.head())
    return SignedPaper("" if party is None else party.wallet, paper)


@dataclass(frozen=True, slots=True)
class SignedPaper:
    """A wallet that is not here, of which one signature is: it signs that message and nothing else."""

    address: str
    paper: SignedRegistration

    def sign_digest(self, digest: bytes) -> bytes:
        """The signature that the file holds; the chain says whether it is good."""
        del digest  # of the very message that the file holds, which was compared
        return self.paper.signature


def is_registered(desk: Desk, stored: StoredVersion) -> bool:
    """Whether the chain holds this very version; refuses (``data_set.squatted``) when it holds another one."""
    found = desk.chain.data_set(stored.data_set, stored.version, desk.chain.head())
    if found is not None and (found.owner, found.input_root) != (ids.on_chain(desk.party), stored.input_root):
        raise RefusedError(
            "data_set.squatted",
            f"The chain holds another {stored.data_set}.",
            "Add the file again under a new reference.",
        )
    return found is not None


def register(desk: Desk, stored: StoredVersion, wallet: Signer, audience: Audience | None = None) -> None:
    """Register a stored version on chain, as the owner's wallet signs, and publish its description for its ``audience``;
    repeating it changes nothing.
    """
    if not is_registered(desk, stored):
        registration = registration_of(desk, stored)
        desk.chain.register_data_set(registration, _decided(desk, registration, wallet))
    desk.state.set_registered(stored.data_set, stored.version)
    descriptor = stored.description(desk.party)
    desk.coordinator.register_data_set(
        dsse.sign(descriptor.data(), desk.keys.node_public, desk.keys.sign, DATA_SET_TYPE), audience
    )


def retire(desk: Desk, data_set: str, version: int, wallet: WalletSigner) -> bool:
    """Take a version of one's own data set back, as its owner's wallet signs, so that no task starts over it; False when it
    is retired already.
    """
    found = _registered(desk, data_set, version)
    if found.owner != ids.on_chain(desk.party):
        raise RefusedError("data_set.not_yours", f"{data_set} is another party's.", "Only its owner retires it.")
    if found.active:
        retirement = DataSetRetirement(data_set, version)
        desk.chain.retire_data_set(retirement, _decided(desk, retirement, wallet))
    return found.active


def attest(desk: Desk, data_set: str, version: int, statement: bytes, wallet: WalletSigner) -> None:
    """State something about another party's version, as the wallet signs; ``statement`` is a document's SHA-256."""
    found = _registered(desk, data_set, version)
    if found.owner == ids.on_chain(desk.party):
        raise RefusedError("data_set.yours", f"{data_set} is your own.", "Only another party can attest it.")
    attestation = DataSetAttestation(data_set, version, desk.party, statement)
    desk.chain.attest_data_set(attestation, _decided(desk, attestation, wallet))


def _decided(desk: Desk, message: Typed, wallet: Signer) -> bytes:
    """The wallet's signature over a decision that anyone may send; the node's own key decides nothing here."""
    party = desk.chain.party(desk.party, desk.chain.head())
    if party is None or party.wallet.lower() != wallet.address.lower():
        raise RefusedError(
            "wallet.other_party",
            f"The wallet {wallet.address} is not {desk.party}'s; the chain names {'none' if party is None else party.wallet}.",
            "Use the party's own wallet.",
        )
    message.check()
    return wallet.sign_digest(message.digest(desk.chain.domain(message.HOME)))


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

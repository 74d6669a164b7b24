"""An auditor's request for single committed rows: what the registry has of the version, places drawn, the wallet's signature, the answer's key.

The key to which the answer is sealed is drawn for one request, and lies beside it under a passphrase (PKCS #8): whoever takes the request
from its way learns no row.
"""

import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from chain.bindings import data_sets, party_registry
from chain.deployment import Deployment
from chain.errors import ChainError
from chain.gateway import Gateway
from client import Signer
from protocol import ids, openings
from protocol.errors import FormatError, RefusedError
from protocol.openings import OpeningRequest, SignedRequest
from protocol.programs import Words
from protocol.verify_opening import Registered
from workers import disk, keystore

_UNKNOWN: Final = frozenset({"UnknownParty", "UnknownVersion"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What an auditor asks for: places from 0 in the committed order, identifiers, and ``sample`` further places drawn at random."""

    asker: str
    owner: str
    data_set: str
    version: int
    places: tuple[int, ...]
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    purpose: str
    days: int
    sample: int = 0


def key_file(request: Path) -> Path:
    """Where the key to a request's answer lies."""
    return request.with_name(request.name + ".key")


def write_request(
    out: Path, asked: Asked, signer: Signer, deployment: Deployment, rpc: str, passphrase_file: Path
) -> OpeningRequest:
    """Sign a request with the asker's wallet and write it, with the answer's key beside it; existing files are never overwritten."""
    if existing := next((path for path in (out, key_file(out)) if path.exists()), None):
        raise RefusedError("disk.exists", f"{existing} exists already.", "Keep it, or name another path.")
    found = _version(Gateway(rpc, deployment), asked.data_set, asked.version)
    if found.owner != ids.on_chain(ids.name(asked.owner, "owner")):
        raise RefusedError(
            "opening.other_owner", f"{asked.data_set} is not {asked.owner}'s.", "Name the owner that the registry has."
        )
    key = X25519PrivateKey.generate()
    message = OpeningRequest(
        ids.name(asked.asker, "asker"), asked.owner, asked.data_set, asked.version, found.input_root, found.rows,
        _places(asked, found.rows), tuple(sorted(set(asked.keys))), tuple(sorted(set(asked.columns))), asked.purpose,
        key.public_key().public_bytes_raw(), int(time.time()) + asked.days * openings.DAY, secrets.randbits(256),
    )  # fmt: skip
    openings.require(message)
    signature = signer.sign_digest(message.digest(deployment.domain(message.HOME)))
    passphrase = keystore.read_passphrase(passphrase_file, key_file(out))
    sealed = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase))
    disk.create_private(key_file(out), sealed)
    disk.create_private(out, SignedRequest(message, signature).data())
    return message


def registered(deployment: Deployment, rpc: str, message: OpeningRequest) -> Registered:
    """What the chain has of the version and of all of its owner's node keys, by the asker's own endpoint."""
    gateway = Gateway(rpc, deployment)
    found = _version(gateway, message.data_set, message.data_version)
    owner = ids.on_chain(message.owner)
    periods = range(1, gateway.read(party_registry.key_period(owner)) + 1)
    keys = tuple(gateway.read(party_registry.keys_of(owner, period)).node_key for period in periods)
    source = Words("the chain, by your endpoint", "您的链端点所示的链")
    return Registered(found.owner, found.schema_hash, found.input_root, found.rows, keys, source)


def _version(gateway: Gateway, data_set: str, version: int) -> data_sets.DataSetVersion:
    try:
        found = gateway.read(data_sets.get(ids.on_chain(ids.reference(data_set)), version))
    except ChainError as error:
        if error.name not in _UNKNOWN:
            raise
        found = None
    if found is None or not found.status:
        raise RefusedError(
            "opening.not_registered",
            f"{data_set} version {version} is not registered.",
            "Ask for a registered version.",
        )
    return found


def _places(asked: Asked, rows: int) -> tuple[int, ...]:
    """The places named and those drawn, sorted; more than the table has cannot be drawn."""
    named = set(asked.places)
    if len(named) + asked.sample > rows:
        raise FormatError(
            "opening.rows", f"The table has {rows} rows, fewer than were asked for.", "Ask for fewer places."
        )
    if asked.sample > openings.MOST_ROWS - len(named):
        raise FormatError("opening.rows", "The request asks for too many rows.", f"At most {openings.MOST_ROWS}.")
    dice = secrets.SystemRandom()
    while len(named) < len(set(asked.places)) + asked.sample:
        named.add(dice.randrange(rows))
    return tuple(sorted(named))

"""The node's login at the broker: from a file of the operator's, or issued to this node and sealed to its key.

What is issued stays sealed on disk (0600) and is opened at each start: a copied state folder gives nobody a login.
"""

import time
from pathlib import Path
from typing import Final

import structlog
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from protocol.credentials import BrokerCredentials, SealedCredentials, unseal
from protocol.errors import RefusedError, TallyError, UnavailableError, VerificationError
from workers import disk
from workers.node import Desk

_log = structlog.get_logger()
FILE: Final = "broker.json"
_LIMIT: Final = 4096
PATIENCE: Final = 60.0
"""Seconds that credentials may take to follow an admission."""
_EVERY: Final = 1.0


def login(desk: Desk, patience: float = PATIENCE) -> tuple[str, str]:
    """The broker's URL and the prefix of this party's keys there.

    Newer credentials of the coordinator go before those that the node has. When it has none, it waits for them if the chain
    holds the party as admitted, and is refused (``node.not_admitted``) if not.
    """
    config = desk.config
    if config.broker_url_file:
        return disk.read_private(Path(config.broker_url_file), _LIMIT).decode().strip(), config.broker_prefix
    until = time.monotonic() + patience
    while True:
        try:
            fetch(desk)
            break
        except TallyError as error:
            if own(desk) is not None:
                _log.warning("credentials.kept", code=error.code)
                break
            if error.code != "credentials.none":
                raise
            _require_admitted(desk)
            if desk.stopping.wait(_EVERY) or time.monotonic() > until:
                raise
    found = own(desk)
    if found is None:
        raise UnavailableError(
            "credentials.not_opened",
            "The coordinator's credentials are no newer than those that this node cannot open.",
            "They were sealed to an earlier seal key: wait until new ones are issued, and start the node again.",
        )
    return found.url, found.prefix


def fetch(desk: Desk) -> bool:
    """Take newer credentials from the coordinator; False when the node has these already."""
    found, before = desk.coordinator.credentials(), _stored(desk.folder)
    if found == before:
        return False
    after = 0 if before is None else before.issued
    unseal(found, _key(desk), desk.party, desk.chain.deployment_id, after=after, now=desk.clock())
    disk.write_private(desk.folder / FILE, found.data())
    return True


def own(desk: Desk) -> BrokerCredentials | None:
    """The credentials that the node has, when its present seal key opens them."""
    before = _stored(desk.folder)
    if before is None:
        return None
    try:
        return unseal(before, _key(desk), desk.party, desk.chain.deployment_id, after=0, now=before.issued)
    except VerificationError:
        return None


def _require_admitted(desk: Desk) -> None:
    found = desk.chain.party(desk.party, desk.chain.head())
    if found is None or not found.active:
        raise RefusedError(
            "node.not_admitted",
            f"The chain holds no active party {desk.party}.",
            "Start the node once it is admitted: see `tally node application`.",
        )


def _stored(folder: Path) -> SealedCredentials | None:
    path = folder / FILE
    return SealedCredentials.read(disk.read_private(path, SealedCredentials.LIMIT)) if path.exists() else None


def _key(desk: Desk) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(desk.keys.seal_key)

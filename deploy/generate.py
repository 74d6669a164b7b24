"""Everything that ``docker-compose.yml`` reads and no repository holds: secrets, broker definitions, chain, folders.

Usage: ``python -m deploy.generate state/compose`` (a new folder). Nothing is printed but paths.
"""

import argparse
import json
import os
import secrets
import sys
import time
from pathlib import Path
from typing import Final

from chain import besu
from deploy import broker
from orchestrator.dispatch.rights import rabbitmq_hash
from protocol.errors import RefusedError, TallyError

PARTIES: Final = ("exchange", "hospital", "laboratory")
"""The members with a party node in ``docker-compose.yml``."""
VALIDATORS: Final = 4
_FOLDERS: Final = (
    "secrets", "postgres", "rabbitmq", "deployment", "engine", "prometheus", "validators", "nodes",
    *(f"validators/{number}" for number in range(1, VALIDATORS + 1)),
    *(f"nodes/{party}" for party in PARTIES),
)  # fmt: skip


def generate(state: Path, now: int) -> None:
    """Fill ``state``, which must be absent or empty; folders get mode 0700 and secrets 0600.

    ``now`` (unix seconds) becomes the genesis timestamp. Raises :class:`RefusedError` ``deploy.folder_in_use``.
    """
    if state.exists() and any(state.iterdir()):
        raise RefusedError(
            "deploy.folder_in_use", f"{state} is not empty: a running system may depend on it.", "Name a new folder."
        )
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    state.chmod(0o700)
    for name in _FOLDERS:
        (state / name).mkdir(mode=0o700)
    besu.write(state / "consortium", besu.draw_chain_id(), besu.draw_validators(VALIDATORS), now)
    for name, text in {**_database(), **_broker(), **_keys()}.items():
        _secret(state / "secrets" / name, text)


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.generate", description="Prepare docker compose up.")
    parser.add_argument("state", type=Path, metavar="STATE", help="a new folder, such as state/compose")
    options = parser.parse_args(arguments)
    try:
        generate(options.state, int(time.time()))
    except TallyError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(
        f"Wrote {options.state}. Start with:\n"
        f"  TALLY_STATE={options.state} TALLY_UID={os.getuid()} TALLY_GID={os.getgid()} docker compose up --detach\n"
    )
    return 0


def _database() -> dict[str, str]:
    owner, app, explorer = (secrets.token_hex(24) for _ in range(3))
    address = "postgres:5432/tallystick"
    return {
        "postgres_password": owner,
        "postgres_app_password": app,
        "postgres_explorer_password": explorer,
        "database_url_owner": f"postgresql://tally_owner:{owner}@{address}",
        "database_url_app": f"postgresql://tally_coordinator:{app}@{address}",
        "database_url_explorer": f"postgresql://tally_explorer_login:{explorer}@{address}",
    }


def _broker() -> dict[str, str]:
    passwords = {user: secrets.token_hex(24) for user in (broker.COORDINATOR, broker.ISSUER, *PARTIES)}
    hashes = {user: rabbitmq_hash(password, secrets.token_bytes(4)) for user, password in passwords.items()}
    return {
        "rabbitmq_definitions": json.dumps(broker.definitions(hashes), indent=2),
        "broker_admin": json.dumps(broker.administration(passwords[broker.ISSUER]), indent=2),
        "brokers": json.dumps(broker.coordinator_addresses(passwords[broker.COORDINATOR]), indent=2),
        **{f"broker_url_{party}": broker.url(party, passwords[party], party) for party in PARTIES},
    }


def _keys() -> dict[str, str]:
    return {
        "platform_signer_key": besu.draw_key().to_hex(),
        **{f"passphrase_{party}": secrets.token_hex(32) for party in PARTIES},
    }


def _secret(path: Path, text: str) -> None:
    # created with its mode, so that it is never readable to others; no line feed, since some readers keep it
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())


if __name__ == "__main__":
    raise SystemExit(main())

"""Configuration of the production chain: a Besu consortium under QBFT, one validator per member.

Writes genesis, validator keys and static nodes into a folder of the operator's choice; nothing of it belongs into a
repository. QBFT blocks are final at once, gas is free (any key can send), the EVM fork is pinned to Osaka like the
contracts' compiler. Besu itself is not run by our tests: they check this configuration only.

Sources: https://besu.hyperledger.org/private-networks/how-to/configure/consensus/qbft (genesis and extraData),
EIP-2387 and EIP-7568 (forks), EIP-2935, EIP-7002 and EIP-7251 (system contracts), https://ethereum.org/developers/docs/networking-layer/network-addresses (enode).

Usage: ``python -m chain.besu OUT --validators 4``
"""

import argparse
import ipaddress
import json
import os
import secrets
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import rlp
from eth_keys.datatypes import PrivateKey

from protocol.ancestry import HISTORY
from protocol.errors import RangeError, RefusedError, TallyError

BLOCK_PERIOD: Final = 2
"""Seconds between blocks."""
EPOCH_LENGTH: Final = 30_000
REQUEST_TIMEOUT: Final = 4
"""Seconds before a silent proposer's round is given up: twice the block period, as Besu's documentation advises."""
GAS_LIMIT: Final = 60_000_000
P2P_PORT: Final = 30_303
MINIMUM_VALIDATORS: Final = 4
"""Byzantine agreement among n validators bears f faults when n > 3f (Pease, Shostak, Lamport 1980): 4 bear one."""
MAXIMUM_VALIDATORS: Final = 64
FIRST_HOST: Final = 11
"""The first validator's host number in its network: low numbers are the container engine's own."""
DEFAULT_NETWORK: Final = "172.28.10.0/24"

_VANITY = bytes(32)
# "ctical byzantine fault tolerance": how Besu and GoQuorum recognise a QBFT block header
_MIX_HASH = "0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365"
# Runtime code of EIP-2935; a test compares its hash with the one that verification demands, and with anvil's.
_HISTORY_CODE = (
    "0x3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff"
    "9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500"
)
_STOP = "0x00"
# Addresses of EIP-6110 (no code there: no log can come from it), EIP-7002 and EIP-7251.
_DEPOSITS = "0x00000000219ab540356cbb839cbe05303d7705fa"
_WITHDRAWALS = "0x00000961ef480eb55e80d19ad83579a64c007002"
_CONSOLIDATIONS = "0x0000bbddc7ce488642fb579f8b00f3a590007251"
_DIRECTORY_MODE = 0o700
_SECRET_MODE = 0o600
_PUBLIC_MODE = 0o644


@dataclass(frozen=True, slots=True)
class Validator:
    """One validator: its key, and the host at which the others reach it."""

    key: PrivateKey
    host: str

    @property
    def address(self) -> bytes:
        """The 20 bytes that sign blocks."""
        return self.key.public_key.to_canonical_address()

    @property
    def enode(self) -> str:
        """Where the peers find it: public key and address."""
        return f"enode://{self.key.public_key.to_bytes().hex()}@{self.host}:{P2P_PORT}"


def draw_validators(count: int, network: str = DEFAULT_NETWORK) -> tuple[Validator, ...]:
    """Fresh keys for ``count`` validators with consecutive addresses in ``network`` (CIDR).

    Raises :class:`RangeError` ``besu.validators`` outside 4 to 64, and ``besu.network`` when the hosts do not fit.
    """
    if not MINIMUM_VALIDATORS <= count <= MAXIMUM_VALIDATORS:
        raise RangeError(
            "besu.validators",
            f"{count} validators: fewer than {MINIMUM_VALIDATORS} bear no fault; {MAXIMUM_VALIDATORS} is the most.",
            f"Choose {MINIMUM_VALIDATORS} to {MAXIMUM_VALIDATORS}, one per member.",
            validators=count,
        )
    try:
        subnet = ipaddress.IPv4Network(network)
    except ValueError as error:
        raise RangeError(
            "besu.network", f"{network!r} is no IPv4 network: {error}.", "Write it as 172.28.10.0/24."
        ) from error
    if subnet.num_addresses <= FIRST_HOST + count:
        raise RangeError("besu.network", f"{network} has no room for {count} validators.", "Give a larger network.")
    return tuple(Validator(draw_key(), str(subnet[FIRST_HOST + index])) for index in range(count))


def extra_data(validators: tuple[bytes, ...]) -> bytes:
    """QBFT's genesis ``extraData``: ``rlp([vanity, validators, [], round, []])``, no vote, round 0, no seals."""
    return bytes(rlp.encode([_VANITY, sorted(validators), [], b"", []]))


def genesis(chain_id: int, validators: tuple[bytes, ...], timestamp: int) -> dict[str, object]:
    """Besu's genesis document for validator addresses of 20 bytes each.

    Every fork up to Osaka is active from the start and none after it is named, so Besu stays there. Besu keeps block
    hashes in state (EIP-2935, which evidence rests on) only where the genesis names the contracts of Prague: the history
    contract stands at its address with the EIP's own code, and those of a beacon chain's requests, which a consortium has
    not, answer nothing.
    """
    if not 0 < chain_id < 2**53:
        raise RangeError("besu.chain_id", f"The chain id {chain_id} is out of range.", "Choose 1 to 2^53-1.")
    if len(set(validators)) != len(validators):
        raise RefusedError("besu.duplicate_validator", "Two validators share a key.", "Draw a key for each member.")
    return {
        "config": {
            "chainId": chain_id,
            "homesteadBlock": 0,
            "eip150Block": 0,
            "eip155Block": 0,
            "eip158Block": 0,
            "byzantiumBlock": 0,
            "constantinopleBlock": 0,
            "petersburgBlock": 0,
            "istanbulBlock": 0,
            "berlinBlock": 0,
            "londonBlock": 0,
            "shanghaiTime": 0,
            "cancunTime": 0,
            "pragueTime": 0,
            "osakaTime": 0,
            "depositContractAddress": _DEPOSITS,
            "withdrawalRequestContractAddress": _WITHDRAWALS,
            "consolidationRequestContractAddress": _CONSOLIDATIONS,
            "zeroBaseFee": True,
            "qbft": {
                "blockperiodseconds": BLOCK_PERIOD,
                "epochlength": EPOCH_LENGTH,
                "requesttimeoutseconds": REQUEST_TIMEOUT,
            },
        },
        "nonce": "0x0",
        "timestamp": hex(timestamp),
        "gasLimit": hex(GAS_LIMIT),
        "difficulty": "0x1",
        "mixHash": _MIX_HASH,
        "coinbase": "0x" + "00" * 20,
        "extraData": "0x" + extra_data(validators).hex(),
        "alloc": {
            f"0x{HISTORY.hex()}": _contract(_HISTORY_CODE),
            _WITHDRAWALS: _contract(_STOP),
            _CONSOLIDATIONS: _contract(_STOP),
        },
    }


def _contract(code: str) -> dict[str, str]:
    # Nonce 1: an account that is otherwise empty may be swept away (EIP-161).
    return {"balance": "0x0", "nonce": "0x1", "code": code}


def write(folder: Path, chain_id: int, validators: tuple[Validator, ...], timestamp: int) -> None:
    """Write the consortium's files into ``folder``, which must be absent or empty.

    ``public/`` holds ``genesis.json``, ``static-nodes.json`` and ``consortium.json`` (addresses and enodes) for every
    member; ``validator-N/key``, mode 0600, goes to member N over a channel of its own and is then deleted here.
    Raises :class:`RefusedError` ``besu.folder_in_use`` rather than overwrite the keys of a chain that may be running.
    """
    if folder.exists() and any(folder.iterdir()):
        raise RefusedError(
            "besu.folder_in_use", f"{folder} is not empty: a chain's keys may be in it.", "Name a new folder."
        )
    folder.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
    folder.chmod(_DIRECTORY_MODE)
    document = genesis(chain_id, tuple(validator.address for validator in validators), timestamp)
    enodes = [validator.enode for validator in validators]
    public = {
        "chain_id": chain_id,
        "validators": [
            {"address": "0x" + validator.address.hex(), "enode": validator.enode} for validator in validators
        ],
    }
    shared = folder / "public"
    shared.mkdir(mode=_DIRECTORY_MODE)
    _write(shared / "genesis.json", _json(document), _PUBLIC_MODE)
    _write(shared / "static-nodes.json", _json(enodes), _PUBLIC_MODE)
    _write(shared / "consortium.json", _json(public), _PUBLIC_MODE)
    for number, validator in enumerate(validators, start=1):
        home = folder / f"validator-{number}"
        home.mkdir(mode=_DIRECTORY_MODE)
        _write(home / "key", validator.key.to_hex() + "\n", _SECRET_MODE)


def draw_chain_id() -> int:
    """A random chain id of 53 bits (JSON holds it), so that no signature means anything on another chain."""
    return secrets.randbelow(2**52) + 2**52 - 1


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m chain.besu", description="Generate a Besu QBFT consortium.")
    parser.add_argument("out", type=Path, metavar="OUT", help="a new folder for genesis, keys and static nodes")
    parser.add_argument("--validators", type=int, default=MINIMUM_VALIDATORS, help="how many (default: 4)")
    parser.add_argument("--network", default=DEFAULT_NETWORK, help=f"their network (default: {DEFAULT_NETWORK})")
    parser.add_argument("--chain-id", type=int, default=None, help="default: drawn at random")
    options = parser.parse_args(arguments)
    chain_id = draw_chain_id() if options.chain_id is None else options.chain_id
    try:
        write(options.out, chain_id, draw_validators(options.validators, options.network), int(time.time()))
    except TallyError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(
        f"Wrote {options.validators} validators of chain {chain_id} to {options.out}.\n"
        "Send each validator-N/key to its member alone, and commit none of these files.\n"
    )
    return 0


def draw_key() -> PrivateKey:
    """A fresh secp256k1 key, uniform over the valid range."""
    return PrivateKey((secrets.randbelow(_CURVE_ORDER - 1) + 1).to_bytes(32, "big"))


# SEC 2, secp256k1: a private key is 1 … n-1
_CURVE_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def _json(document: object) -> str:
    return json.dumps(document, indent=2) + "\n"


def _write(path: Path, text: str, mode: int) -> None:
    # the mode is given at creation, so that a secret is never readable for a moment
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, "w", encoding="ascii") as handle:
        handle.write(text)
        handle.flush()
        os.fchmod(handle.fileno(), mode)
        os.fsync(handle.fileno())


if __name__ == "__main__":
    raise SystemExit(main())

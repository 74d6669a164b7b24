"""The account of passkeys, and what they sign for it, are the same in Python and in the pages."""

import secrets

from cryptography.hazmat.primitives.asymmetric import ec

from chain import passkeys
from chain.deployment import CONTRACTS, Deployment
from protocol import ids
from protocol.passkeys import MOST, Passkey, PasskeyOwners, challenge_of
from protocol.typed import Domain
from tests.integration.web.conftest import Ask


def passkey() -> Passkey:
    point = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    return Passkey(point.x.to_bytes(32), point.y.to_bytes(32))


def test_accounts_and_challenges_are_pythons_own(typescript: Ask) -> None:
    for count in range(1, MOST + 1):
        address, salt, digest = secrets.token_bytes(20), secrets.token_bytes(32), secrets.token_bytes(32)
        factory = ids.checksum_address(address)
        deployment = Deployment(
            count, f"0x{salt.hex()}", "0x" + "11" * 32, dict.fromkeys(CONTRACTS, factory),
            dict.fromkeys(CONTRACTS, "0x" + "22" * 32), 0, 1, factory,
        )  # fmt: skip
        made = sorted((passkey() for _ in range(count)), key=lambda each: each.x)
        account = passkeys.address_of(deployment, PasskeyOwners(tuple(made), 1)).lower()
        question = {
            "op": "passkeys",
            "passkeys": [each.to_json() for each in reversed(made)],
            "factory": f"0x{address.hex()}",
            "chain_id": str(count),
            "salt": f"0x{salt.hex()}",
            "digest": f"0x{digest.hex()}",
        }
        (answer,) = typescript([question])
        assert answer == {"ok": [account, f"0x{challenge_of(digest, Domain(count, account, salt)).hex()}"]}

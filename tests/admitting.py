"""Admissions and data sets for tests of other things: the contracts take nothing that wallet and node did not sign."""

from collections.abc import Callable

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import Hash32

from chain.abi import Write
from chain.bindings import data_sets, party_registry
from protocol.enrolment import NO_ADDRESS, NO_KEY
from protocol.registrations import Admission, DataSetRegistration
from protocol.typed import Domain, Typed

DomainOf = Callable[[str], Domain]


def sign(account: LocalAccount, message: Typed, domain: DomainOf) -> bytes:
    return bytes(account.unsafe_sign_hash(Hash32(message.digest(domain(message.HOME)))).signature)


def admission(
    domain: DomainOf,
    party: str,
    *,
    wallet: LocalAccount | None = None,
    signer: LocalAccount | None = None,
    node_key: bytes = NO_KEY,
    seal_key: bytes = NO_KEY,
    operator: str = "",
    roles: int = 64,
    profile: bytes = bytes(32),
) -> Write:
    """The admission of a party, signed by its wallet and its node signer, for the admission office to send."""
    wallet = wallet or Account.create()
    address = NO_ADDRESS if signer is None else signer.address.lower()
    message = Admission(
        party, wallet.address.lower(), address, node_key, seal_key, operator or f"operator-{party}", roles, profile
    )
    by_node = b"" if signer is None else sign(signer, message, domain)
    return party_registry.admit(party_registry.Admission(*message.chain_args()), sign(wallet, message, domain), by_node)


def registration(domain: DomainOf, wallet: LocalAccount, message: DataSetRegistration) -> Write:
    """A data set's registration as its owner's wallet signed it, for anyone to send."""
    return data_sets.register(data_sets.DataSetRegistration(*message.chain_args()), sign(wallet, message, domain))

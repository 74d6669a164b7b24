"""Messages to sign in with: EIP-4361's form, the coordinator's own seal, what wallets sign."""

import re
from dataclasses import replace

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from protocol import sign_in
from protocol.errors import FormatError, RefusedError, VerificationError
from protocol.sign_in import SignedIn, SignIn, checked_url, digest, require_own
from protocol.typed import account_signature

NOW = 1_800_000_000
KEY, OTHER = b"k" * 32, b"o" * 32
ADDRESS = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"  # EIP-55's own example
PARTS = SignIn("hospital", ADDRESS, "0123456789abcdef0123456789abcdef", NOW, NOW + sign_in.LIFE)

# EIP-4361's ABNF, with the lines that ours always have
GRAMMAR = re.compile(
    r"(?P<domain>[^/?#\s]+) wants you to sign in with your Ethereum account:\n"
    r"(?P<address>0x[0-9A-Fa-f]{40})\n"
    r"\n"
    r"(?P<statement>[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;= ]+)\n"
    r"\n"
    r"URI: (?P<uri>[a-z]+://[^\s]+)\n"
    r"Version: 1\n"
    r"Chain ID: (?P<chain>[0-9]+)\n"
    r"Nonce: (?P<nonce>[A-Za-z0-9]{8,})\n"
    r"Issued At: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n"
    r"Expiration Time: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n"
    r"Resources:\n- (?P<resource>urn:[a-z0-9\-:.]+)"
)
NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,20}[a-z0-9]", fullmatch=True)
PARTS_OF_ALL = st.builds(
    SignIn,
    party=NAMES,
    wallet=st.binary(min_size=20, max_size=20).map(lambda data: "0x" + data.hex()),
    nonce=st.binary(min_size=16, max_size=16).map(bytes.hex),
    issued_at=st.integers(0, 2**32),
    not_after=st.integers(0, 2**32),
)


@given(PARTS_OF_ALL, st.sampled_from(["https://tally.example", "http://127.0.0.1:8080/lab/a"]), st.integers(1, 2**53))
def test_messages_are_in_the_standards_form(parts: SignIn, url: str, chain: int) -> None:
    found = GRAMMAR.fullmatch(parts.text(url, chain))
    assert found is not None
    assert found["address"] == to_checksum_address(parts.wallet)
    assert (found["domain"], found["uri"], int(found["chain"])) == (url.split("/")[2], url, chain)
    assert (found["nonce"], found["resource"]) == (parts.nonce, f"urn:tallystick:party:{parts.party}")
    assert SignIn.parse(parts.to_json()) == parts


def test_a_message_as_it_is_shown() -> None:
    assert PARTS.text("https://tally.example/lab", 31337) == (
        "tally.example wants you to sign in with your Ethereum account:\n"
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\n\n"
        "Read in Tallystick as hospital. This signature agrees to no computation and changes nothing.\n\n"
        "URI: https://tally.example/lab\nVersion: 1\nChain ID: 31337\nNonce: 0123456789abcdef0123456789abcdef\n"
        "Issued At: 2027-01-15T08:00:00Z\nExpiration Time: 2027-01-15T08:05:00Z\n"
        "Resources:\n- urn:tallystick:party:hospital"
    )


@given(st.text(max_size=300))
def test_wallets_personal_sign_is_what_is_verified(text: str) -> None:
    account = Account.create()
    signature = bytes(account.sign_message(encode_defunct(text=text)).signature)
    assert account_signature(account.address.lower(), digest(text), signature) == signature


@pytest.mark.parametrize(
    "changed", [{"party": "laboratory"}, {"wallet": "0x" + "11" * 20}, {"nonce": "f" * 32}, {"issued_at": NOW + 1}, {"not_after": NOW + 9999}]
)  # fmt: skip
def test_attack_parts_that_the_coordinator_did_not_make(changed: dict[str, str | int]) -> None:
    signed = SignedIn(PARTS, PARTS.seal(KEY), bytes(65))
    require_own(signed, KEY, NOW)
    with pytest.raises(VerificationError, match=r"sign_in\.not_ours"):
        require_own(replace(signed, sign_in=replace(PARTS, **changed)), KEY, NOW)
    with pytest.raises(VerificationError, match=r"sign_in\.not_ours"):
        require_own(signed, OTHER, NOW)
    with pytest.raises(RefusedError, match=r"sign_in\.expired"):
        require_own(signed, KEY, PARTS.not_after)


@pytest.mark.parametrize(
    "url", ["", "tally.example", "ftp://tally.example", "https://", "https://a/", "https://a@b", "https://a?b", "https://a b", "https://a#", "https://例", "https://a/b/"]
)  # fmt: skip
def test_addresses_that_no_browser_reaches_are_refused(url: str) -> None:
    with pytest.raises(FormatError, match=r"settings\.public_url"):
        checked_url(url)


@pytest.mark.parametrize("url", ["https://tally.example", "http://127.0.0.1:8080", "https://[::1]:8/a/b"])
def test_addresses_of_sites(url: str) -> None:
    assert checked_url(url) == url

"""A party's broker credentials on their way to its node: sealed to its registered seal key; the coordinator only keeps them.

Suite and form are those of :mod:`protocol.sealing`. HPKE's ``info`` names deployment, party and time of issue, so that an
envelope opens for the node that it was made for and for nothing else. What a node connects to is built here from checked
parts and its own name: whoever issues credentials can name a broker, never another party's queue nor another transport.
"""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, ClassVar, Final, Literal, TypeAlias, get_args

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from protocol import canonical, ids, sealing
from protocol.codec import blob, choice, matching
from protocol.errors import FormatError, RefusedError, VerificationError
from protocol.fields import Document, Fields, Hash, Name, Uint64

BrokerTransport = Literal["amqp", "amqps", "redis", "rediss", "redis+socket"]
Transport: TypeAlias = Annotated[BrokerTransport, choice(get_args(BrokerTransport), "credentials.transport")]
MOST_SEALED: Final = 4096
SKEW: Final = 300
"""Seconds that the clocks of coordinator and node may differ, as those of two nodes."""

_INFO: Final = b"tallystick/broker-credentials/v1\0"
_PORT: Final = r":[0-9]{1,5}"
_PLACES: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    dict.fromkeys(("amqp", "amqps", "redis", "rediss"), re.compile(rf"([A-Za-z0-9._-]{{1,253}}|\[[0-9a-fA-F:]{{2,45}}\]){_PORT}"))
    | {"redis+socket": re.compile(r"/[A-Za-z0-9_./@+-]{1,255}")}
)  # fmt: skip
Place: TypeAlias = Annotated[
    str,
    matching(r"[!-~]{1,300}", "credentials.place", "host:port or a socket's path", "Correct the issuer's settings."),
]
Secret: TypeAlias = Annotated[
    str,
    matching(r"[A-Za-z0-9_-]{20,128}", "credentials.secret", "a drawn password", "Have new credentials issued."),
]


def tls_of(url: str) -> dict[str, object] | None:
    """What kombu needs to hold a broker's certificate against the name in the URL: its transports check less by themselves."""
    if url.startswith("amqps"):
        return {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": None}  # None: the URL's host
    if url.startswith("rediss"):
        return {"ssl_cert_reqs": "required", "ssl_check_hostname": True}
    return None


def user_of(party: str) -> str:
    """The broker user that a party's issued credentials belong to."""
    return f"party-{ids.name(party, 'party')}"


def virtual_host(party: str) -> str:
    """The virtual host (AMQP) that only this party and the coordinator may enter."""
    return f"party-{ids.name(party, 'party')}"


def key_prefix(party: str) -> str:
    """What every key of a party begins with (Redis). The colon ends the name: ``a`` is no prefix of ``ab``."""
    return f"party.{ids.name(party, 'party')}:"


@dataclass(frozen=True, slots=True)
class BrokerPlace(Fields):
    """Where nodes reach the broker."""

    WHERE: ClassVar[str] = "place"

    transport: Transport
    place: Place

    def require(self, where: str) -> None:
        """Whether the place is one of its transport's."""
        if _PLACES[self.transport].fullmatch(self.place) is None:
            raise FormatError(
                "credentials.place",
                f"{where} is no place that {self.transport} reaches.",
                "Give host:port, or a socket's path for redis+socket.",
            )


@dataclass(frozen=True, slots=True)
class BrokerCredentials(Document):
    """What is sealed. ``issued`` (unix seconds) grows from each issue to the next."""

    FORMAT: ClassVar[str] = "tallystick/broker-credentials/v1"
    WHERE: ClassVar[str] = "credentials"
    LIMIT: ClassVar[int] = 2048

    party: Name
    issued: Uint64
    at: BrokerPlace
    password: Secret = field(repr=False)

    @property
    def url(self) -> str:
        """Kombu's URL of the party's own corner of the broker; it holds the password."""
        login = f"{self.at.transport}://{user_of(self.party)}:{self.password}@{self.at.place}"
        if self.at.transport.startswith("amqp"):
            return f"{login}/{virtual_host(self.party)}"
        return login if self.at.transport == "redis+socket" else f"{login}/0"

    @property
    def prefix(self) -> str:
        """What the party's keys begin with; virtual hosts need none."""
        return "" if self.at.transport.startswith("amqp") else key_prefix(self.party)


@dataclass(frozen=True, slots=True)
class SealedCredentials(Document):
    """What the coordinator keeps and gives to the party: when issued, to which seal key, and the sealed bytes."""

    FORMAT: ClassVar[str] = "tallystick/sealed-broker-credentials/v1"
    WHERE: ClassVar[str] = "sealed"
    LIMIT: ClassVar[int] = 3 * MOST_SEALED

    party: Name
    issued: Uint64
    seal_key: Hash
    sealed: Annotated[bytes, blob(MOST_SEALED), "HPKE to the party's seal key"]


def seal(credentials: BrokerCredentials, seal_key: bytes, deployment: bytes) -> SealedCredentials:
    """Seal credentials to the seal key that the registry holds for their party."""
    info = _info(deployment, credentials.party, credentials.issued)
    sealed = sealing.seal(seal_key, info, credentials.data())
    return SealedCredentials(credentials.party, credentials.issued, seal_key, sealed)


def unseal(
    found: SealedCredentials, key: X25519PrivateKey, party: str, deployment: bytes, *, after: int, now: int
) -> BrokerCredentials:
    """What was sealed for ``party``, when it is newer than what was taken before (``after``; 0 for nothing).

    Raises ``credentials.other_party``, ``credentials.replayed``, ``credentials.future``, ``credentials.not_opened``.
    """
    if found.party != party:
        raise VerificationError(
            "credentials.other_party",
            f"The coordinator gave credentials for {found.party} to {party}.",
            "Do not use them; tell the platform's operator.",
        )
    if found.issued <= after:
        raise RefusedError(
            "credentials.replayed",
            "The coordinator gave credentials that are no newer than those that this node has.",
            "The node keeps its own. If they do not work, have the operator issue new ones.",
        )
    if found.issued > now + SKEW:
        raise RefusedError(
            "credentials.future",
            f"The credentials say that they are issued {found.issued - now} s from now.",
            "Compare this machine's clock with the coordinator's.",
        )
    try:
        credentials = BrokerCredentials.read(
            sealing.open_sealed(key, _info(deployment, party, found.issued), found.sealed)
        )
    except VerificationError as error:
        raise VerificationError(
            "credentials.not_opened",
            "The credentials are not sealed to this node's seal key, or are for another deployment, party or time.",
            "Do not use them; once your keys on chain are this node's, new ones are issued by themselves.",
        ) from error
    if (credentials.party, credentials.issued) != (party, found.issued):
        raise VerificationError(
            "credentials.other_party",
            "What is sealed is for another party or time than the envelope says.",
            "Do not use it; tell the platform's operator.",
        )
    return credentials


def _info(deployment: bytes, party: str, issued: int) -> bytes:
    """HPKE's ``info``: a domain and what the envelope is for, as canonical JSON."""
    about = {"deployment": f"0x{deployment.hex()}", "issued": str(issued), "party": party}
    return _INFO + canonical.dumps(about)

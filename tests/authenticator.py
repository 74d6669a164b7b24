"""An authenticator in software, for tests: P-256 keys, and assertions as browsers hand them on (WebAuthn Level 3)."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from protocol.passkeys import ORDER, Assertion, Passkey, PasskeyOwners, challenge_of, signature_of
from protocol.typed import Domain

PRESENT_AND_RECOGNISED = 5


@dataclass(frozen=True)
class Authenticator:
    """One passkey, used on the pages at ``url``."""

    url: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def passkey(self) -> Passkey:
        point = self.key.public_key().public_numbers()
        return Passkey(point.x.to_bytes(32), point.y.to_bytes(32))

    @property
    def owners(self) -> PasskeyOwners:
        return PasskeyOwners((self.passkey,), 1)

    def assertion(
        self,
        challenge: bytes,
        *,
        flags: int = PRESENT_AND_RECOGNISED,
        page: str = "",
        high: bool = False,
        kind: str = "webauthn.get",
    ) -> Assertion:
        """What it signs when a page (its own by default) asks for a challenge."""
        said = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        parts = urlsplit(page or self.url)
        client = json.dumps(
            {
                "type": kind,
                "challenge": said,
                "origin": f"{parts.scheme}://{parts.netloc}",
                "crossOrigin": False,
            },
            separators=(",", ":"),
        ).encode()
        site = urlsplit(self.url).hostname or ""
        data = hashlib.sha256(site.encode()).digest() + bytes([flags]) + bytes(4)
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        r, s = decode_dss_signature(signed)
        s = max(s, ORDER - s) if high else min(s, ORDER - s)
        at = client.index(b'"challenge":"'), client.index(b'"type":"')
        return Assertion(self.passkey, r.to_bytes(32), s.to_bytes(32), *at, data, client)

    def sign(self, digest: bytes, account: Domain) -> bytes:
        """An account's signature (EIP-1271) over a digest."""
        return signature_of(self.assertion(challenge_of(digest, account)))

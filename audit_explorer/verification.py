"""The ten steps over stored bundles, remembered by the bundle's bytes and never by the task alone."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from protocol import bundle
from protocol.errors import TallyError
from protocol.trust import Trust
from protocol.verify import Report, verify

_REMEMBERED: Final = 64


@dataclass(frozen=True, slots=True)
class Verified:
    """A bundle's report, with the bytes' size and SHA-256 that it is about."""

    report: Report
    size: int
    sha256: bytes


class Verifier:
    """Runs ``protocol.verify`` against one trust root; safe to call from several threads.

    ``block_hash`` asks the explorer's own chain endpoint for a block's hash; None when there is none or no answer.
    """

    def __init__(self, trust: Trust | None, block_hash: Callable[[int], bytes | None] = lambda _: None) -> None:
        self.trust: Final = trust
        self._block_hash = block_hash
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, Report] = OrderedDict()

    def check(self, data: bytes) -> Verified:
        """Verify a bundle's bytes; equal bytes are verified once while they are remembered."""
        digest = hashlib.sha256(data).digest()
        with self._lock:
            report = self._known.get(digest)
        if report is None:
            report = verify(data, self._trust_for(data))
            with self._lock:
                self._known[digest] = report
                while len(self._known) > _REMEMBERED:
                    self._known.popitem(last=False)
        return Verified(report, len(data), digest)

    def _trust_for(self, data: bytes) -> Trust | None:
        """The trust root, with the bundle's head as the own chain endpoint tells it.

        Without an endpoint the trust root's own head binds the bundle that is rooted in that block. Of others the steps
        answer that they cannot be checked here, unless validators seal every block: paths are followed by `tally verify`.
        """
        if self.trust is None:
            return None
        try:
            last = bundle.read(data).descent.top.number
        except TallyError:
            return self.trust  # step 1 says what is wrong with it
        if self.trust.head is not None and self.trust.head[0] == last:
            return self.trust
        digest = self._block_hash(last)
        return self.trust if digest is None else replace(self.trust, head=(last, digest))

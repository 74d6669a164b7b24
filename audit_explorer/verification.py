"""The ten steps over stored bundles, remembered by the bundle's bytes and never by the task alone; and what its contract and logs say."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from protocol import bundle, dsse, statements
from protocol.contract import TaskContract
from protocol.errors import TallyError
from protocol.trust import Trust
from protocol.verify import Report, verify

_REMEMBERED: Final = 64


@dataclass(frozen=True, slots=True)
class Claim:
    """What a party's own node stated when it ended or refused a task: ``author`` says so, and nobody else.

    ``reason`` is a code of ``protocol.reasons``, ``step`` the step it was in, ``peer`` whom it names ("" for none: itself).
    """

    author: str
    kind: str
    reason: str
    step: str
    peer: str
    time: int


@dataclass(frozen=True, slots=True)
class Told:
    """The words of a bundle: its contract, and the claims in its logs, whose signatures step 4 is about."""

    contract: TaskContract
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """A bundle's report, with the bytes' size and SHA-256 that it is about; ``told`` is None where it cannot be read."""

    report: Report
    size: int
    sha256: bytes
    told: Told | None = None

    @property
    def signed(self) -> bool:
        """Whether every envelope in it has its party's own signature (step 4)."""
        return any(step.number == 4 and step.outcome == "holds" for step in self.report.steps)


class Verifier:
    """Runs ``protocol.verify`` against one trust root; safe to call from several threads.

    ``block_hash`` asks the explorer's own chain endpoint for a block's hash; None when there is none or no answer.
    """

    def __init__(self, trust: Trust | None, block_hash: Callable[[int], bytes | None] = lambda _: None) -> None:
        self.trust: Final = trust
        self._block_hash = block_hash
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, Verified] = OrderedDict()

    def check(self, data: bytes) -> Verified:
        """Verify a bundle's bytes; equal bytes are verified once while they are remembered."""
        digest = hashlib.sha256(data).digest()
        with self._lock:
            found = self._known.get(digest)
        if found is None:
            found = Verified(verify(data, self.trust_for(data)), len(data), digest, told(data))
            with self._lock:
                self._known[digest] = found
                while len(self._known) > _REMEMBERED:
                    self._known.popitem(last=False)
        return found

    def trust_for(self, data: bytes) -> Trust | None:
        """What a bundle is verified against: the trust root, with the bundle's head as the own chain endpoint tells it.

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


def told(data: bytes) -> Told | None:
    """What a bundle's contract and logs say; None where they cannot be read, which the steps then tell of."""
    try:
        material = bundle.read(data)
        contract = TaskContract.read(material.contract)
        claims = [
            claim
            for log in material.logs
            for item in log.entries
            if (claim := _claim(statements.parse(dsse.parse(item.envelope).payload))) is not None
        ]
    except TallyError:
        return None
    return Told(contract, tuple(claims))


def _claim(said: statements.Statement) -> Claim | None:
    if isinstance(said, statements.Abort):
        return Claim(said.party, said.KIND, said.reason, said.step or "", said.peer or "", said.time)
    if isinstance(said, statements.Refusal):
        return Claim(said.party, said.KIND, said.reason, "", "", said.time)
    return None

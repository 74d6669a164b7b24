"""All links of one party in one run: connect, agree on the run, watch, and end with countersigned transcripts.

The run id is confirmed on every link before anything else is sent. The first failure ends the run at every link: peers
are told whom this party blames. When a peer says that it gave up because of a third, the third is given a moment to
show itself, so that the blame falls on the one that left and not on the one that said so.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from typing import Final, NoReturn

from mpc.link.config import SessionConfig
from mpc.link.connect import Connector
from mpc.link.connection import Link
from mpc.link.errors import LinkError, MalformedError
from mpc.link.frames import FrameType
from mpc.link.hello import NONCE_BYTES, NonceClaim, claim, claim_lifetime, decode_echo, encode_echo, holds
from mpc.link.transcript import (
    SIGNATURE_BYTES,
    LinkTranscript,
    check_countersignature,
    countersign,
    finished,
    seen_by,
)
from protocol import commitments
from protocol.commitments import Transcript

SETTLE_SECONDS: Final = 1.0
_TICK_SECONDS: Final = 1.0


class Mesh:
    """All links of this party. Create inside a running loop; :attr:`failure` is set once, when the run has failed."""

    def __init__(self, config: SessionConfig, clock: Callable[[], int]) -> None:
        self._config = config
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._claims: dict[str, NonceClaim] = {}
        self._keys = {peer.name: peer.node_key for peer in config.everyone}
        self._errors: list[LinkError] = []
        self._ticker: asyncio.Task[None] | None = None
        self.links: dict[str, Link] = {}
        self.phase = "connect"
        self.run_id = b""
        self.failure: asyncio.Future[LinkError] = self._loop.create_future()

    async def connect(self) -> None:
        """Phase *connect*: a link to every peer, hellos checked."""
        config = self._config
        own = claim(config.node_private_key, config.task, config.name, secrets.token_bytes(NONCE_BYTES), self._clock())
        made = await Connector(config, own, self._clock, lambda: self.phase).connect()
        self._claims = {own.party: own} | {name: item for name, (_, item) in made.items()}
        for name, (link, _) in made.items():
            self.links[name] = link
            link.failed = self._link_failed
            if link.error is not None:
                self._link_failed(link.error)
        self._ticker = self._loop.create_task(self._tick())

    async def agree(self) -> bytes:
        """Phases *nonces* and *confirm*: everybody has seen the same nonces, and says the same run id."""
        self.phase = "nonces"
        echo = encode_echo(self._claims)
        for name, payload in (await self._exchange(FrameType.ECHO, dict.fromkeys(self.links, echo))).items():
            self._merge(name, payload)
        self.phase = "confirm"
        self._refuse_copied_nonces()
        self.run_id = commitments.run_id(self._config.task, [item.nonce for item in self._claims.values()])
        sent = dict.fromkeys(self.links, self.run_id)
        for name, payload in (await self._exchange(FrameType.CONFIRM, sent)).items():
            if payload != self.run_id:
                self.blame(name, "link.run_mismatch", f"The peer confirms run 0x{payload.hex()[:64]}.")
        return self.run_id

    async def exchange_keys(self, keys: Mapping[str, bytes]) -> dict[str, bytes]:
        """Phase *keys*: send each peer its bytes (default none), return what each sent."""
        self.phase = "keys"
        return await self._exchange(FrameType.KEYS, {name: keys.get(name, b"") for name in self.links})

    async def finish(self) -> tuple[LinkTranscript, ...]:
        """Phase *finish*: FIN with frame counts, then countersignatures, on every link; in party order."""
        self.phase = "finish"
        fins = {name: link.sent.frames.to_bytes(8, "big") for name, link in self.links.items()}
        answers = await self._exchange(FrameType.FIN, fins, self._config.timeouts.message)
        for name, payload in answers.items():
            before_fin = self.links[name].received.frames - 1
            if payload != before_fin.to_bytes(8, "big"):
                self.blame(name, "link.transcript_mismatch", f"FIN does not say the {before_fin} frames that came.")
        for link in self.links.values():
            await link.drained()  # what has not left is not in the hash yet
        seen = {
            name: seen_by(self.run_id, self._config.name, name, link.sent.result(), link.received.result())
            for name, link in self.links.items()
        }
        mine = {name: countersign(self._config.node_private_key, item) for name, item in seen.items()}
        theirs = await self._exchange(FrameType.COUNTERSIGN, mine)
        transcripts = tuple(
            self._transcript(peer.name, seen[peer.name], mine[peer.name], theirs[peer.name])
            for peer in self._config.linked()
        )
        await self.close()
        return transcripts

    async def close(self) -> None:
        """End the watch and flush all links."""
        if self._ticker is not None:
            self._ticker.cancel()
        for link in self.links.values():
            link.close()
        if self.links:
            await asyncio.wait([link.lost for link in self.links.values()], timeout=self._config.timeouts.close)

    async def abort(self, code: str, blamed: str) -> None:
        """Tell every peer that this run is over for ``code`` and whom this party blames; then close."""
        for link in self.links.values():
            link.abort(code, blamed)
        await self.close()

    async def settled(self, first: LinkError) -> LinkError:
        """The error to report for a run that failed with ``first``: it may take a moment to name the culprit."""
        if first.code == "link.peer_aborted":
            await asyncio.wait([self.failure], timeout=2 * SETTLE_SECONDS)
        return self.failure.result() if self.failure.done() else first

    def blame(self, name: str, code: str, what: str) -> NoReturn:
        """End the run and raise: ``name`` broke the protocol."""
        error = LinkError(code, name, self.phase, what)
        if name in self.links:
            self.links[name].fail(code, what)
        if not self.failure.done():
            self.failure.set_result(error)
        raise error

    # --- inside

    async def _exchange(
        self, kind: FrameType, payloads: Mapping[str, bytes], timeout: float | None = None
    ) -> dict[str, bytes]:
        for name, payload in payloads.items():
            self.links[name].send(kind, payload)
        wait = self._config.timeouts.handshake if timeout is None else timeout
        return {name: await link.control(kind, wait) for name, link in self.links.items()}

    def _merge(self, name: str, payload: bytes) -> None:
        """Compare what ``name`` saw with what this party saw; an owner learns the other owners' nonces here."""
        try:
            echoed = decode_echo(payload)
        except MalformedError as error:
            self.blame(name, error.code, error.what)
        committee = {peer.name for peer in self._config.parties}
        expected = set(self._keys) if name in committee else committee | {name}
        if set(echoed) != expected:
            self.blame(name, "link.run_mismatch", "The peer does not list the nonces of this task's parties.")
        for party, item in echoed.items():
            if not holds(item, self._config.task, self._keys[party]):
                self.blame(name, "link.run_mismatch", f"The peer shows a nonce of {party} that {party} never signed.")
            seen = self._claims.setdefault(party, item)
            if seen.nonce == item.nonce:
                continue
            if party == self._config.name or self._clock() - item.made > claim_lifetime(self._config.timeouts):
                self.blame(name, "link.run_mismatch", f"The peer shows a nonce of {party} from another run.")
            self.blame(party, "link.equivocation", f"{party} signed different nonces for different peers.")

    def _refuse_copied_nonces(self) -> None:
        """A nonce that two parties show was copied by one of them, never by this party: the later in order is named."""
        owner = {self._claims[self._config.name].nonce: self._config.name}
        for peer in self._config.everyone:
            first = owner.setdefault(self._claims[peer.name].nonce, peer.name)
            if first != peer.name:
                self.blame(peer.name, "link.run_mismatch", f"{peer.name} shows the same nonce as {first}.")

    def _transcript(self, name: str, seen: Transcript, mine: bytes, theirs: bytes) -> LinkTranscript:
        try:
            countersignature = check_countersignature(theirs, seen, self._keys[name])
        except MalformedError as error:
            self.blame(name, error.code, error.what)
        return finished(seen, self._config.name, mine[:SIGNATURE_BYTES], countersignature)

    def _link_failed(self, error: LinkError) -> None:
        self._errors.append(error)
        if error.code == "link.peer_aborted":
            self._loop.call_later(SETTLE_SECONDS, self._settle)
        else:
            self._settle()

    def _settle(self) -> None:
        if not self.failure.done():
            first_hand = [error for error in self._errors if error.code != "link.peer_aborted"]
            self.failure.set_result((first_hand or self._errors)[0])

    async def _tick(self) -> None:
        period = min(_TICK_SECONDS, self._config.timeouts.heartbeat / 2)
        while True:
            await asyncio.sleep(period)
            for link in self.links.values():
                link.tick(self._loop.time())

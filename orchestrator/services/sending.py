"""The coordinator's own transactions, each safe to repeat: look first, send, and read a refusal for what it says.

A process may die between a transaction's block and our note of it. So every effect is looked for on the newest block
before it is asked for, and a refusal that says "already so" counts as done. Where blocks are not final at once, the newest
final one is asked first: what a reorganisation took back is sent again, until it is there (:meth:`Sending.stands`).
"""

from collections.abc import Callable
from typing import Any, Final, cast

from chain import passkeys
from chain.abi import Read, Write
from chain.bindings import anchors, consents, tasks
from chain.errors import ChainError
from chain.gateway import Gateway
from orchestrator.services.relay import JobKind, SignedMessage
from protocol import canonical, ids
from protocol.contract import Proposal
from protocol.errors import RefusedError
from protocol.limits import LIMITS
from protocol.messages import ChainRequest, SignedAuthorization
from protocol.passkeys import PasskeyOwners
from protocol.typed import Abort, AnchorUpdate, ResultAttestation, Revocation, RevocationOfAll, RunCommitment
from protocol.vocabulary import CHAIN_STATES, ENDED_ON_CHAIN, Review

_ALREADY: Final[dict[str, frozenset[str]]] = {
    "propose": frozenset({"TaskExists"}),
    "commit": frozenset({"AlreadyCommitted"}),
    "attest": frozenset({"AlreadyAttested"}),
    "expire": frozenset({"WrongState"}),
    "start": frozenset({"WrongState"}),
    "expire-review": frozenset({"AlreadyReviewed"}),
}
_LATER: Final = frozenset(
    {"Paused", "NotReleased", "NotYetValid", "PartyNotActive", "TooManyNoted", "DeadlineNotPassed", "Unexplained"}
)
"""Refusals that time or somebody else can lift, and those that say nothing: wait with backoff. All others are final."""
_COMMIT_GAS: Final = 1_000_000
_LINK_GAS: Final = 300_000
_BODY_LIMIT: Final = LIMITS.task_contract * 4


def is_final(error: ChainError, kind: str) -> bool:
    """Whether asking again can never help."""
    if error.name in _LATER:
        return False
    # Submissions that a reorganisation took away come back.
    if error.name == "OutOfRange" and kind == "revoke-all":
        return False
    # Not proposed or not started yet, as far as the chain shows.
    early = error.name == "WrongState" and error.arguments.get("state") in (0, 1)
    return not (early and kind in ("commit", "abort"))


class Sending:
    """Everything the coordinator writes to the chain; every method returns the block in which the effect was there."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def perform(self, kind: JobKind, body: bytes) -> int:
        """Do one job. Raises :class:`ChainError` when the chain refuses, ``UnavailableError`` when it does not answer."""
        if kind == "submit":
            return self._submit(SignedAuthorization.parse(canonical.loads(body, _BODY_LIMIT)))
        if kind == "anchor":
            return self._anchor(ChainRequest.parse(canonical.loads(body, _BODY_LIMIT)))
        if kind == "passkey-account":
            return passkeys.make(self._gateway, PasskeyOwners.parse(canonical.loads(body, _BODY_LIMIT)))
        job = SignedMessage.read(kind, body)
        match job.message:
            case Proposal():
                return self._propose(job.message, job.signature)
            case Revocation():
                return self._revoke(job.message, job.signature)
            case RevocationOfAll():
                return self._revoke_all(job.message, job.signature)
            case RunCommitment():
                return self._commit(job.message, job.signature)
            case Abort():
                return self._abort(job.message, job.signature)
            case ResultAttestation():
                return self._attest(job.message, job.signature)
            case _:
                raise RefusedError("relay.kind", f"There is no job {kind!r}.", "Report it.")

    def start(self, task: bytes, proposal: Proposal, authorizations: tuple[bytes, ...]) -> int:
        """Start a proposed task."""
        if self._state(task) != "proposed":
            return self._gateway.head()
        return self._send("start", tasks.start(tasks.Proposal(*proposal.chain_args()), authorizations))

    def expire(self, task: bytes) -> int:
        """Expire a task past its deadline."""
        if self._state(task) not in ("proposed", "started"):
            return self._gateway.head()
        return self._send("expire", tasks.expire(task))

    def expire_review(self, task: bytes) -> int:
        """End the review of a completed task whose reviewer said nothing in time."""
        if self._now(tasks.get(task)).review != Review.NONE:
            return self._gateway.head()
        return self._send("expire-review", tasks.expire_review(task))

    def stands(self, block: int) -> bool:
        """Whether a block is final: no reorganisation takes back what was there."""
        return not self._gateway.deployment.confirmations or block <= self._gateway.finalized_block()

    def state(self, task: bytes) -> str:
        """The task's state on the newest block."""
        return self._state(task)

    def _propose(self, message: Proposal, signature: bytes) -> int:
        task = message.digest(self._gateway.deployment.domain("Tasks"))
        found = self._final(lambda at: self._at(tasks.state_of(task), at) != 0)
        return found or self._send("propose", tasks.propose(tasks.Proposal(*message.chain_args()), signature))

    def _submit(self, signed: SignedAuthorization) -> int:
        message = consents.Authorization(*signed.message.chain_args())
        digest = signed.message.digest(self._gateway.deployment.domain("Consents"))
        if (found := self._final(lambda at: self._at(consents.get(digest), at).status != 0)) is not None:
            return found
        # A repeated submit changes nothing on chain, so there is nothing to look for on the newest block.
        return self._send("submit", consents.submit(message, ids.on_chain(signed.owner), signed.signature))

    def _revoke(self, message: Revocation, signature: bytes) -> int:
        owner = ids.on_chain(message.owner)
        held = consents.is_revoked(message.authorization, owner)
        call = consents.revoke(message.authorization, owner, signature)
        return self._once("revoke", lambda at: self._at(held, at), call)

    def _revoke_all(self, message: RevocationOfAll, signature: bytes) -> int:
        owner = ids.on_chain(message.owner)
        held = consents.revoked_through(owner)
        call = consents.revoke_all(owner, message.through, signature)
        return self._once("revoke-all", lambda at: self._at(held, at) >= message.through, call)

    def _commit(self, message: RunCommitment, signature: bytes) -> int:
        # A repeated commit is refused for what it is only until the task ends, so it is looked for first.
        held = tasks.commitment_of(message.task, ids.on_chain(message.party))
        # The last commitment compares all links and ends the task: an estimate made before the others are in is too low.
        least = _COMMIT_GAS + _LINK_GAS * len(message.links)
        call = tasks.commit(tasks.RunCommitment(*message.chain_args()), signature)
        return self._once("commit", lambda at: self._at(held, at).run_id != bytes(32), call, least)

    def _abort(self, message: Abort, signature: bytes) -> int:
        state = tasks.state_of(message.task)
        call = tasks.abort(tasks.Abort(*message.chain_args()), signature)
        return self._once("abort", lambda at: CHAIN_STATES[self._at(state, at)] in ENDED_ON_CHAIN, call)

    def _attest(self, message: ResultAttestation, signature: bytes) -> int:
        call = tasks.attest(tasks.ResultAttestation(*message.chain_args()), signature)
        # No contract says who attested; the final block's own refusal does.
        return self._final(lambda at: self._refused(call, at) in _ALREADY["attest"]) or self._send("attest", call)

    def _anchor(self, request: ChainRequest) -> int:
        message = cast("AnchorUpdate", request.message)
        party = ids.on_chain(message.party)
        held = anchors.root_at(party, message.epoch, message.size)
        update = anchors.AnchorUpdate(*message.chain_args())
        call = anchors.anchor(update, request.signature, request.from_last, request.from_noted)
        return self._once("anchor", lambda at: message.size > 0 and self._at(held, at).root == message.root, call)

    def _send(self, kind: str, call: Write, least_gas: int = 0) -> int:
        try:
            return self._gateway.send(call, least_gas=least_gas).block_number
        except ChainError as error:
            if error.name in _ALREADY.get(kind, frozenset()):
                return self._gateway.head()
            raise

    def _once(self, kind: str, seen: Callable[[int], bool], call: Write, least_gas: int = 0) -> int:
        """Looked for, sent, and looked for again where it is refused: its party sends it, too, and an endpoint may have been behind."""
        if (found := self._there(seen)) is not None:
            return found
        try:
            return self._send(kind, call, least_gas)
        except ChainError:
            if (found := self._there(seen)) is not None:
                return found
            raise

    def _there(self, seen: Callable[[int], bool]) -> int | None:
        """The block in which an effect is seen: the newest final one if it is there, else the newest of all; None if in neither."""
        if (found := self._final(seen)) is not None:
            return found
        newest = self._gateway.head()
        return newest if seen(newest) else None

    def _final(self, seen: Callable[[int], bool]) -> int | None:
        """The newest final block if an effect is seen there; None where all blocks are final at once, and the newest is asked anyway."""
        deployment = self._gateway.deployment
        if not deployment.confirmations:
            return None
        block = self._gateway.finalized_block()
        return block if block >= deployment.deployed_block and seen(block) else None

    def _refused(self, call: Write, block: int) -> str:
        """Why the contract would refuse a call at a block; "" where it would not."""
        try:
            self._gateway.read(Read(call.contract, call.function, call.data, bytes), block=block)
        except ChainError as error:
            return error.name
        return ""

    def _state(self, task: bytes) -> str:
        return CHAIN_STATES[self._now(tasks.state_of(task))]

    def _now(self, call: Read[Any]) -> Any:  # noqa: ANN401 - the call's own type
        return self._at(call, self._gateway.head())

    def _at(self, call: Read[Any], block: int) -> Any:  # noqa: ANN401 - as above
        return self._gateway.read(call, block=block)

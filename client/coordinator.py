"""All endpoints of the coordinator as typed calls.

The client recomputes task ids, proposals and authorizations from the contract with ``protocol``'s own types and
compares: a coordinator that asks a wallet to sign something else is noticed before anything is signed.
"""

import hashlib
import secrets
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Self, TypeVar

from client.signing import Signer
from client.transport import Timing, Transport, failure
from protocol import access, access_keys, canonical, ids, offers, webhooks
from protocol.access_keys import KeyPage, KeyRequest, KeyView
from protocol.api import (
    Announcements,
    Answer,
    ApplicationPage,
    ApplicationStanding,
    ApplicationView,
    AuthorizationPage,
    AuthorizationRequest,
    AuthorizationRequests,
    AuthorizeRequest,
    CredentialsView,
    DataSetPage,
    DataSetView,
    DeploymentFile,
    DescribeRequest,
    EnginePage,
    EngineView,
    Health,
    InviteRequest,
    Looks,
    LookView,
    NameEngineRequest,
    PartyPage,
    PartyView,
    Preflight,
    PreflightRequest,
    ProgramPage,
    ProgramView,
    ReceiptOutcome,
    ReceiptsTaken,
    RefuseRequest,
    RevokeAllRequest,
    RevokeRequest,
    SealedShares,
    SubmitRequest,
    Submitted,
    Taken,
    TaskDescriptions,
    TaskPage,
    TaskStatus,
    TaskWords,
    WithdrawRequest,
)
from protocol.ask import NOTHING_VARIES, Ask, Ranges, complete, not_opted_in
from protocol.catalogue import Audience, DataSetDescriptor, read_description
from protocol.contract import TaskContract, proposal_of
from protocol.credentials import SealedCredentials
from protocol.enrolment import Application
from protocol.errors import RefusedError, UnavailableError, VerificationError
from protocol.fields import Fields
from protocol.limits import LIMITS
from protocol.messages import PostedReceipt, PostedReceipts, Receipt, SealedShare, SignedAuthorization
from protocol.programs import ProgramDescriptor
from protocol.typed import (
    Abort,
    Access,
    AccessKey,
    Authorization,
    Domain,
    NoInputSent,
    Revocation,
    RevocationOfAll,
    Typed,
)
from protocol.vocabulary import TaskPart, TaskStateName
from protocol.webhooks import (
    DeliveryPage,
    DeliveryStanding,
    HookPage,
    HookRequest,
    HookStanding,
    HookView,
    Replayed,
    ReplayRequest,
    RotateRequest,
    SwitchOn,
)

A = TypeVar("A", bound=Answer)
_TOKEN_LIFE = 900
_LONGEST_WAIT = 20
_SEALED_LIMIT = 256 * 1024 * 1024


class Coordinator:
    """A connection of ``party`` to one coordinator.

    ``domains`` gives the EIP-712 domains of ``Tasks`` and ``Consents`` from the party's own deployment file, never from
    the coordinator. ``signer`` is the party's wallet or node signer; without one only public endpoints answer.
    """

    def __init__(
        self,
        base_url: str,
        *,
        party: str,
        signer: Signer | None,
        domains: Mapping[str, Domain],
        transport: Transport | None = None,
        timing: Timing | None = None,
    ) -> None:
        self.party = party
        self._signer = signer
        self._domains = domains
        self._transport = transport or Transport(base_url, timing or Timing())
        self._token: tuple[int, str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close connections."""
        self._transport.close()

    # the coordinator itself

    def health(self) -> Health:
        """How its database, its chain and its engine are."""
        return self._get(Health, "/v1/health/details")

    def deployment(self) -> DeploymentFile:
        """The coordinator's deployment file: compare it with your own, never use it instead."""
        return DeploymentFile.read(self._transport.get("/v1/deployment", {}))

    # catalogue

    def enrol(self, application: Application, invitation: str | None = None) -> PartyView:
        """Apply to take part, with what wallet, node key and node signer signed; an ``invitation`` is used up."""
        headers = {} if invitation is None else {"invitation": invitation}
        return self._post(PartyView, "/v1/parties", application, headers)

    def invite(self, name: str, not_after: int) -> str:
        """A new invitation to apply under a name until then (unix time): its code, of which only the hash is sent."""
        code = secrets.token_urlsafe(32)
        request = InviteRequest(ids.name(name), hashlib.sha256(code.encode()).digest(), not_after)
        self._post(Taken, "/v1/invitations", request, self._auth())
        return code

    def application(self, name: str) -> ApplicationView:
        """A party's application with its signatures; verify it, and compare its fingerprint with the applicant's word."""
        return self._get(ApplicationView, f"/v1/parties/party_{ids.name(name)}/application")

    def applications(
        self, cursor: str | None = None, limit: int = 100, *, standing: ApplicationStanding | None = None
    ) -> ApplicationPage:
        """One page of applications, newest first; for platform, certifiers and regulators."""
        chosen = "" if standing is None else f"&standing={standing}"
        return self._get(ApplicationPage, _page("/v1/applications", cursor, limit) + chosen)

    def credentials(self) -> SealedCredentials:
        """The party's own broker credentials, sealed to its node; ``credentials.none`` until they are issued."""
        return self._get(CredentialsView, "/v1/credentials").credentials

    def parties(self, cursor: str | None = None, limit: int = 100) -> PartyPage:
        """One page of parties."""
        return self._get(PartyPage, _page("/v1/parties", cursor, limit))

    def party_record(self, name: str) -> PartyView:
        """One party."""
        return self._get(PartyView, f"/v1/parties/party_{ids.name(name)}")

    def register_data_set(self, envelope: bytes, audience: Audience | None = None) -> DataSetView:
        """Publish a data set's description (DSSE over ``DataSetDescriptor.data()`` by the owner's node key).

        ``audience`` reads it from now on; without one that stays as it is.
        """
        return self._post(DataSetView, "/v1/data-sets", DescribeRequest(envelope, audience), self._auth())

    def data_sets(self, cursor: str | None = None, limit: int = 100) -> DataSetPage:
        """One page of the data sets that the party may know of."""
        return self._get(DataSetPage, _page("/v1/data-sets", cursor, limit))

    def data_set(self, reference: str) -> DataSetView:
        """One data set, newest version."""
        return self._get(DataSetView, f"/v1/data-sets/ds_{ids.reference(reference)}")

    def publish_program(self, descriptor: ProgramDescriptor) -> ProgramView:
        """Give the catalogue a program's descriptor; it must equal what the chain holds of it."""
        return self._post(ProgramView, "/v1/programs", descriptor, self._auth())

    def programs(self, cursor: str | None = None, limit: int = 100) -> ProgramPage:
        """One page of programs."""
        return self._get(ProgramPage, _page("/v1/programs", cursor, limit))

    def program(self, program: str) -> ProgramView:
        """One program."""
        return self._get(ProgramView, f"/v1/programs/prog_{ids.program(program)}")

    def name_engine(self, engine: str) -> EngineView:
        """Tell the catalogue the name of a published engine."""
        return self._post(EngineView, "/v1/engines", NameEngineRequest(engine), self._auth())

    def engines(self, cursor: str | None = None, limit: int = 100) -> EnginePage:
        """One page of engines."""
        return self._get(EnginePage, _page("/v1/engines", cursor, limit))

    def newest_engine(self) -> str:
        """The approved engine that was published last, as the coordinator says; ``engine.none`` when there is none."""
        found: list[EngineView] = []
        cursor: str | None = None
        while True:
            page = self.engines(cursor)
            found += [engine for engine in page.items if engine.status == "approved"]
            cursor = page.next_cursor
            if cursor is None:
                break
        if not found:
            raise RefusedError("engine.none", "The coordinator knows no approved engine.", "Have one certified.")
        return max(found, key=lambda engine: engine.serial).engine

    # tasks

    def preflight(self, contract: TaskContract) -> Preflight:
        """Every problem of a contract at once, and what it would cost."""
        found = self._post(Preflight, "/v1/tasks/preflight", PreflightRequest(contract), self._auth())
        self._same(found.task, proposal_of(contract))
        return found

    def submit(self, contract: TaskContract, signature: bytes | None = None) -> bytes:
        """Propose a task; the proposal is signed here unless ``signature`` is given. Returns the task id.

        Exactly this contract is signed, and only if preflight finds no problem with it: ``task.problems``.
        """
        if signature is None:
            self._no_problems(contract)
        proposal = proposal_of(contract)
        task = proposal.digest(self._domain(proposal))
        given = self._sign(task) if signature is None else signature
        key = {"idempotency-key": task.hex()}
        self._same(self._post(Submitted, "/v1/tasks", SubmitRequest(contract, given), key).task, proposal)
        return task

    def complete(self, contract: TaskContract) -> TaskContract:
        """The contract with every parameter written out, defaults as the coordinator says that publishers describe them.

        Nobody has vouched for these values yet: show them to whoever is to sign (:meth:`submit` fills in nothing).
        """
        return complete(contract, {name: self.program(name).descriptor for name in contract.programs})

    def _no_problems(self, contract: TaskContract) -> None:
        problems = self.preflight(contract).problems
        if problems:
            raise RefusedError(
                "task.problems",
                f"The task cannot start: {problems[0].what}" + (" There are more problems." if problems[1:] else ""),
                problems[0].fix,
                problems=[f"{item.code} at {item.where}: {item.what}" for item in problems],
            )

    def tasks(
        self,
        cursor: str | None = None,
        limit: int = 100,
        *,
        state: TaskStateName | None = None,
        part: TaskPart | None = None,
        since: int = 0,
        until: int | None = None,
        party: str | None = None,
        program: str | None = None,
        data_set: str | None = None,
        waits_for_me: bool = False,
    ) -> TaskPage:
        """One page of the party's tasks, newest first: in a state, with a part in them, from a unix time on and before another,
        with another party, program or data set, and that wait for the party's consent, where given.
        """
        wanted = {
            "state": state, "part": part, "since": str(since) if since else None, "until": None if until is None else str(until),
            "party": party, "program": program, "data_set": data_set, "waits_for": "me" if waits_for_me else None,
        }  # fmt: skip
        filters = "".join(f"&{name}={value}" for name, value in wanted.items() if value is not None)
        return self._get(TaskPage, _page("/v1/tasks", cursor, limit) + filters)

    def task(self, task: bytes, wait: int = 0) -> TaskStatus:
        """A task's state; its contract is checked against the id. ``wait``: once it ended, after so many seconds at latest."""
        path = f"/v1/tasks/{ids.prefixed('task', task)}" + (f"?wait={wait}" if wait else "")
        found = self._get(TaskStatus, path)
        self._same(task, proposal_of(found.contract))
        return found

    def wait(self, task: bytes, seconds: float, every: float = 0.5) -> TaskStatus:
        """The task's status once it ended; raises ``task.still_running`` after ``seconds``."""
        until = time.monotonic() + seconds
        longest = min(_LONGEST_WAIT, int(self._transport.timing.attempt / 2))
        while True:
            asked = time.monotonic()
            status = self.task(task, max(0, min(longest, int(until - asked))))
            if status.ended:
                return status
            if time.monotonic() >= until:
                raise UnavailableError(
                    "task.still_running",
                    f"The task is {status.state} after {seconds:g} s.",
                    "Wait until its deadline.",
                    state=status.state,
                )
            if time.monotonic() - asked < every:  # the coordinator did not wait
                time.sleep(every)

    def evidence(self, task: bytes) -> bytes:
        """The evidence bundle (zip)."""
        path = f"/v1/tasks/{ids.prefixed('task', task)}/evidence"
        return self._transport.get(path, self._auth(), LIMITS.bundle_unpacked)

    def path(self, task: bytes, head: int) -> bytes:
        """The path from block ``head`` down to the bundle's own, for `tally verify --path`."""
        path = f"/v1/tasks/{ids.prefixed('task', task)}/evidence/path?head={head}"
        return self._transport.get(path, self._auth(), LIMITS.bundle_unpacked)

    def words(self, task: bytes) -> TaskContract:
        """The contract, which is there before the bundle; its digest is what the chain has."""
        return self._get(TaskWords, f"/v1/tasks/{ids.prefixed('task', task)}/evidence/contract").contract

    def descriptions(self, task: bytes) -> tuple[DataSetDescriptor, ...]:
        """What owners describe of the task's data sets, as far as they let the party read it; each digest is on chain as a schema hash."""
        found = self._get(TaskDescriptions, f"/v1/tasks/{ids.prefixed('task', task)}/evidence/descriptions")
        return tuple(read_description(data) for data in found.descriptions)

    def looks(self, task: bytes) -> tuple[LookView, ...]:
        """Who looked at the evidence, by reader, kind and day, the newest first."""
        return self._get(Looks, f"/v1/tasks/{ids.prefixed('task', task)}/evidence/looks").items

    def sealed(self, task: bytes, user: str) -> tuple[SealedShare, ...]:
        """The shares sealed for a result user that have arrived, sorted by party."""
        path = f"/v1/tasks/{ids.prefixed('task', task)}/sealed/{ids.name(user)}"
        shares = SealedShares.read(self._transport.get(path, self._auth(), _SEALED_LIMIT)).items
        if any(share.task != task or share.user != user for share in shares):
            raise VerificationError("coordinator.other_share", "A share is for another task or user.", "Report it.")
        return shares

    # authorizations

    def authorizations(self, task: bytes) -> tuple[AuthorizationRequest, ...]:
        """What each owner is asked. Messages are as the coordinator sent them: sign what :meth:`asked` gives."""
        return self._get(AuthorizationRequests, f"/v1/tasks/{ids.prefixed('task', task)}/authorizations").items

    def asked(
        self,
        task: bytes,
        request: AuthorizationRequest,
        input_root: bytes | None = None,
        *,
        per_person: Collection[str] = (),
    ) -> tuple[Authorization, Ask]:
        """What a task needs of one data set, after rebuilding it from the task's own contract: to be shown, then signed.

        ``per_person`` names the outputs that may go although they are about single people; the others must not be.
        """
        contract = self._checked(task, request, input_root)
        message, ask = offers.opted_in(request.message, Ask.read(request.policy), per_person)
        programs = {name: self.program(name).descriptor for name in contract.programs}
        if missing := not_opted_in(ask, contract, programs):
            raise RefusedError(
                "authorization.per_person",
                f"The task opens numbers about single people: {', '.join(missing)}.",
                "Refuse the task; or let them go by naming each (`--per-person STEP.OUTPUT`).",
                fields=missing,
            )
        return message, ask

    def sign(self, message: Authorization, ask: Ask) -> SignedAuthorization:
        """Sign an authorization."""
        return SignedAuthorization(self.party, message, self._sign(message.digest(self._domain(message))), ask.data())

    def _checked(self, task: bytes, request: AuthorizationRequest, input_root: bytes | None) -> TaskContract:
        contract = self.task(task).contract
        offers.check_offer(request.message, request.policy, contract, task, input_root)
        digest = request.message.digest(self._domain(request.message))
        if digest != request.digest or request.owner != self.party:
            raise VerificationError(
                "offer.differs",
                "The coordinator's id of the authorization is not its digest, or it asks somebody else.",
                "Do not sign it.",
            )
        return contract

    def authorize(self, task: bytes, signed: SignedAuthorization) -> Taken:
        """Hand in a signed authorization for a task."""
        return self._authorization(f"/v1/tasks/{ids.prefixed('task', task)}/authorizations", signed)

    def authorize_standing(self, signed: SignedAuthorization) -> Taken:
        """Hand in a standing authorization."""
        return self._authorization("/v1/authorizations", signed)

    def standing(
        self,
        task: bytes,
        request: AuthorizationRequest,
        *,
        uses: int,
        not_after: int,
        tasks_per_day: int,
        ranges: Ranges = NOTHING_VARIES,
        approved_successors: bool = False,
        per_person: Collection[str] = (),
    ) -> tuple[Authorization, Ask]:
        """What a task asks (:meth:`asked`), as a standing authorization: see :func:`protocol.offers.standing`."""
        return offers.standing(
            *self.asked(task, request, per_person=per_person), uses=uses, not_after=not_after, tasks_per_day=tasks_per_day,
            nonce=secrets.randbits(256), ranges=ranges, approved_successors=approved_successors,
        )  # fmt: skip

    def revoke(self, authorization: bytes, signature: bytes | None = None) -> Taken:
        """Take an authorization back: at once for every task not yet started."""
        message = Revocation(authorization, self.party)
        given = self._sign(message.digest(self._domain(message))) if signature is None else signature
        path = f"/v1/authorizations/{ids.prefixed('auth', authorization)}/revocation"
        return self._post(Taken, path, RevokeRequest(message, given), {})

    def own_authorizations(self, cursor: str | None = None, limit: int = 100) -> AuthorizationPage:
        """One page of the party's own authorizations, newest first, each with the wallet that signed it."""
        return self._get(AuthorizationPage, _page("/v1/authorizations", cursor, limit))

    def revoke_all(self, through: int, signature: bytes | None = None) -> Taken:
        """Take back all that the party has submitted up to number ``through``: at once for every task not yet started.

        What is not on chain yet has no number: revoke it by itself (:meth:`revoke`).
        """
        message = RevocationOfAll(self.party, through)
        given = self._sign(message.digest(self._domain(message))) if signature is None else signature
        return self._post(Taken, "/v1/authorizations/revocation", RevokeAllRequest(message, given), {})

    def sign_no_input(self, task: bytes, authorization: bytes) -> bytes:
        """Signature over "my node sent no input in this task", which gives the use of an authorization back on chain."""
        message = NoInputSent(task, authorization)
        return self._sign(message.digest(self._domain(message)))

    def refuse(self, message: Abort, signature: bytes | None = None) -> Taken:
        """An owner's wallet or node says no to a task (``Abort`` kind 1)."""
        given = self._sign(message.digest(self._domain(message))) if signature is None else signature
        path = f"/v1/tasks/{ids.prefixed('task', message.task)}/refusal"
        return self._post(Taken, path, RefuseRequest(message, given), {})

    def withdraw(self, message: Abort, signature: bytes | None = None) -> Taken:
        """The proposer's wallet takes a proposal back before it starts (``Abort`` kind 3)."""
        given = self._sign(message.digest(self._domain(message))) if signature is None else signature
        path = f"/v1/tasks/{ids.prefixed('task', message.task)}/withdrawal"
        return self._post(Taken, path, WithdrawRequest(message, given), {})

    # nodes

    def receipts(self, items: Sequence[PostedReceipt]) -> tuple[ReceiptOutcome, ...]:
        """Hand in up to ``MOST_AT_ONCE`` receipts of this party, signed as a whole; repeating it changes nothing."""
        body = PostedReceipts(tuple(items)).to_json()
        resource = access.delivery(hashlib.sha256(canonical.dumps(body)).digest())
        headers = {"authorization": self._token_for(resource)[1]}
        found = ReceiptsTaken.read(self._transport.post("/v1/receipts", body, headers)).items
        if len(found) != len(items):
            raise VerificationError(
                "coordinator.outcomes", f"{len(found)} outcomes for {len(items)} receipts.", "Tell the operator."
            )
        return found

    def receipt(self, receipt: Receipt) -> bool:
        """Hand in one receipt; whether it is new. Raises what it is refused for."""
        (found,) = self.receipts([PostedReceipt.of(receipt)])
        if found.problem is not None:
            raise failure(found.problem.status, found.problem.to_json())
        return found.new

    def announcements(self) -> dict[str, bytes]:
        """Newest announcement envelopes, one's own and those of committees of running tasks that one computes, brings data
        to or audits; check each with the registry's node key.
        """
        return {item.party: item.envelope for item in self._get(Announcements, "/v1/announcements").items}

    # inside

    def _authorization(self, path: str, signed: SignedAuthorization) -> Taken:
        key = hashlib.sha256(path.encode() + signed.signature + signed.policy).hexdigest()
        return self._post(Taken, path, AuthorizeRequest(signed), {"idempotency-key": key})

    def _get(self, kind: type[A], path: str) -> A:
        return kind.read(self._transport.get(path, self._auth()))

    def _post(self, kind: type[A], path: str, body: Fields, headers: Mapping[str, str]) -> A:
        return kind.read(self._transport.post(path, body.to_json(), headers))

    def _auth(self) -> dict[str, str]:
        if self._signer is None:
            raise VerificationError("client.no_signer", "Reading needs a signature.", "Give the client a signer.")
        if self._token is None or self._token[0] < int(time.time()) + 60:
            self._token = self._token_for(access.EVERYTHING)
        return {"authorization": self._token[1]}

    def token(self) -> str:
        """An access token for the evidence of the party's tasks and nothing else, for a quarter of an hour: for the explorer."""
        return self._token_for(access.EVIDENCE)[1]

    # access keys

    def give_key(self, scopes: Collection[str], label: str, not_after: int) -> tuple[str, KeyView]:
        """A new access key for programs, which exists here alone, and what the coordinator keeps of it."""
        key = access_keys.made_of(secrets.token_bytes(access_keys.RANDOM))
        message = AccessKey(self.party, access_keys.digest(key), tuple(sorted(set(scopes))), label, not_after)
        access_keys.require(message, int(time.time()))
        request = KeyRequest(message, self._sign(message.digest(self._domain(message))))
        return key, self._post(KeyView, "/v1/keys", request, {})

    def keys(self, cursor: str | None = None, limit: int = 100) -> KeyPage:
        """One page of the party's access keys, newest first, without the keys themselves."""
        return self._get(KeyPage, _page("/v1/keys", cursor, limit))

    def revoke_key(self, key: bytes) -> None:
        """End an access key, by its id: at once and for good."""
        self._transport.delete(f"/v1/keys/{ids.prefixed('key', key)}", self._auth())

    # webhooks

    def add_webhook(self, url: str, kinds: Collection[str], label: str) -> tuple[str, HookView]:
        """Have events sent to an address: the secret that signs them, which is drawn here, and what the coordinator keeps of it."""
        secret = webhooks.secret_of(secrets.token_bytes(webhooks.RANDOM))
        request = HookRequest(url, tuple(sorted(set(kinds))), label, secret)
        return secret, self._post(HookView, "/v1/webhooks", request, self._once())

    def webhooks(self, cursor: str | None = None, limit: int = 100, *, status: HookStanding | None = None) -> HookPage:
        """One page of the party's webhooks, newest first."""
        return self._get(
            HookPage, _page("/v1/webhooks", cursor, limit) + ("" if status is None else f"&status={status}")
        )

    def rotate_webhook(self, hook: bytes) -> tuple[str, HookView]:
        """Another secret for a webhook; for a day the one before signs, too."""
        secret = webhooks.secret_of(secrets.token_bytes(webhooks.RANDOM))
        return secret, self._post(HookView, _hook(hook, "/secret"), RotateRequest(secret), self._once())

    def remove_webhook(self, hook: bytes) -> None:
        """Forget a webhook, and what it was still to be sent."""
        self._transport.delete(_hook(hook), self._auth())

    def resume_webhook(self, hook: bytes) -> HookView:
        """Have an address tried again that was switched off."""
        return self._post(HookView, _hook(hook, "/on"), SwitchOn(), self._once())

    def replay_webhook(self, hook: bytes, message: bytes, *, all_since: bool = False) -> int:
        """Have a message sent again, or all from it on; how many."""
        wanted = ReplayRequest(None, message) if all_since else ReplayRequest(message, None)
        return self._post(Replayed, _hook(hook, "/replay"), wanted, self._once()).messages

    def webhook_messages(
        self, hook: bytes, cursor: str | None = None, limit: int = 100, *, status: DeliveryStanding | None = None
    ) -> DeliveryPage:
        """One page of a webhook's messages of the last thirty days, newest first."""
        path = _page(_hook(hook, "/messages"), cursor, limit) + ("" if status is None else f"&status={status}")
        return self._get(DeliveryPage, path)

    def _once(self) -> dict[str, str]:
        """Headers of what may be sent again and is to be done once."""
        return {**self._auth(), "idempotency-key": secrets.token_hex(16)}

    def _token_for(self, resource: str) -> tuple[int, str]:
        """When a fresh token ends (unix time), and the header's value."""
        message = Access(self.party, resource, int(time.time()) + _TOKEN_LIFE, secrets.randbits(256))
        return message.not_after, access.header(message, self._sign(message.digest(self._domain(message))))

    def _sign(self, digest: bytes) -> bytes:
        if self._signer is None:
            raise VerificationError("client.no_signer", "This call needs a signature.", "Give the client a signer.")
        return self._signer.sign_digest(digest)

    def _domain(self, message: Typed) -> Domain:
        found = self._domains.get(message.HOME)
        if found is None:
            raise VerificationError(
                "client.no_domain",
                f"The client was given no domain of {message.HOME}.",
                "Give it your deployment's domains.",
            )
        return found

    def _same(self, task: bytes, proposal: Typed) -> None:
        expected = proposal.digest(self._domain(proposal))
        if task != expected:
            raise VerificationError(
                "task.other_id",
                f"The coordinator says {task.hex()}, the contract gives {expected.hex()}.",
                "Compare deployment files; do not sign.",
            )


def _hook(hook: bytes, rest: str = "") -> str:
    return f"/v1/webhooks/{ids.prefixed('hook', hook)}{rest}"


def _page(path: str, cursor: str | None, limit: int) -> str:
    return f"{path}?limit={limit:d}" + ("" if cursor is None else f"&cursor={cursor}")

"""What the coordinator's API takes and gives: one definition for its endpoints, its OpenAPI document and its client.

Requests carry the protocol's own records; answers are the client's views. Whatever can be derived from a contract is
derived there and not believed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, Self, TypeAlias, cast, get_args

from protocol import canonical, codec
from protocol.catalogue import Audience, Column, DataSetDescriptor
from protocol.codec import blob, choice, embedded, entries, integer, json_object, lines, prefixed, sequence, text
from protocol.contract import TaskContract
from protocol.credentials import SealedCredentials
from protocol.enrolment import Application
from protocol.errors import FormatError
from protocol.fields import Address, Count, Fields, Hash, Many, Name, Named, Program, Reference, Signature, Uint64
from protocol.law.declared import Declaration
from protocol.limits import LIMITS
from protocol.messages import MOST_AT_ONCE, Envelope, Progress, SealedShare, SignedAuthorization, Small
from protocol.passkeys import PasskeyOwners
from protocol.plans import Probability
from protocol.programs import ProgramDescriptor, Words
from protocol.typed import Abort, Authorization, Revocation, RevocationOfAll
from protocol.vocabulary import ENDED, LOOK_WORDS, ROLE_BITS, TaskStateName

PAGE: int = 200
"""The most items that one page has."""
Sentence: TypeAlias = Annotated[str, lines(4000)]
ErrorCode: TypeAlias = Annotated[str, text(200)]
Percent: TypeAlias = Annotated[int, integer(0, 100)]
NextCursor: TypeAlias = Annotated[str, text(512)] | None
Roles: TypeAlias = Annotated[tuple[str, ...], sequence(choice(ROLE_BITS), len(ROLE_BITS))]
Parts: TypeAlias = Annotated[tuple[str, ...], sequence(text(40), 16)]
TaskId: TypeAlias = Annotated[bytes, prefixed("task")]
ReviewName = Literal["none", "approved", "rejected", "expired"]
PartyStanding = Literal["pending", "active", "suspended"]
ApplicationStanding = Literal["pending", "active", "suspended", "superseded"]
DataSetStanding = Literal["described", "registered", "retired"]
ProgramStanding = Literal["waiting", "approved", "retired"]
AuthorizationStanding = Literal["received", "on-chain", "revoking", "revoked", "refused"]
"""``revoking``: nothing starts with it here any more, and the chain has not confirmed that yet."""
ConsentStanding = Literal["asked", "received", "on-chain", "consumed"]
HealthStanding = Literal["ok", "degraded"]
PartStanding = Literal["ok", "down"]
Category = Literal["format", "range", "verification", "refused", "unavailable", "internal"]


class Answer(Fields):
    """Base of what the API answers."""

    __slots__ = ()

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Read an answer's body; one of another shape is refused (``json.*``), no JSON object at all as not ours."""
        value = canonical.parse(data)
        if not isinstance(value, dict):
            raise FormatError("coordinator.answer", "The coordinator's answer is no JSON object.", "Check its address.")
        return cls.parse(cast("object", value), "answer")


# requests


@dataclass(frozen=True, slots=True)
class PreflightRequest(Fields):
    """Preflight's request."""

    WHERE: ClassVar[str] = "body"

    contract: TaskContract


@dataclass(frozen=True, slots=True)
class SubmitRequest(Fields):
    """A task and its proposer's wallet's signature over the EIP-712 `Proposal`."""

    WHERE: ClassVar[str] = "body"

    contract: TaskContract
    signature: Signature


@dataclass(frozen=True, slots=True)
class AuthorizeRequest(Fields):
    """A signed authorization, its owner and the policy document behind its digest."""

    WHERE: ClassVar[str] = "body"

    authorization: SignedAuthorization


@dataclass(frozen=True, slots=True)
class RevokeRequest(Fields):
    """A revocation with the owner's wallet's signature."""

    WHERE: ClassVar[str] = "body"

    message: Revocation
    signature: Signature


@dataclass(frozen=True, slots=True)
class RevokeAllRequest(Fields):
    """A revocation of all that an owner submitted up to a number, with its wallet's signature."""

    WHERE: ClassVar[str] = "body"

    message: RevocationOfAll
    signature: Signature


@dataclass(frozen=True, slots=True)
class NameEngineRequest(Fields):
    """The name of a published engine, which the chain knows by its hash only."""

    WHERE: ClassVar[str] = "body"

    engine: Program


@dataclass(frozen=True, slots=True)
class RefuseRequest(Fields):
    """A refusal signed by an owner's wallet or a node signer."""

    WHERE: ClassVar[str] = "body"

    message: Abort
    signature: Signature


@dataclass(frozen=True, slots=True)
class WithdrawRequest(Fields):
    """A withdrawal signed by the proposer's wallet."""

    WHERE: ClassVar[str] = "body"

    message: Abort
    signature: Signature


@dataclass(frozen=True, slots=True)
class DescribeRequest(Fields):
    """A DSSE envelope with a data set's description, and who reads it."""

    WHERE: ClassVar[str] = "body"

    envelope: Envelope
    audience: Annotated[Audience | None, "null leaves it as it is: `participants` at first"]


@dataclass(frozen=True, slots=True)
class InviteRequest(Fields):
    """An invitation to apply under a name, once, until a time: its code stays with who invites and who is invited."""

    WHERE: ClassVar[str] = "body"

    party: Name
    digest: Annotated[Hash, "SHA-256 of the code"]
    not_after: Annotated[Uint64, "unix seconds"]


@dataclass(frozen=True, slots=True)
class PasskeyAccountRequest(Fields):
    """An account for passkeys of somebody who is invited to apply under a name."""

    WHERE: ClassVar[str] = "body"

    party: Name
    owners: PasskeyOwners


# answers


@dataclass(frozen=True, slots=True)
class Problem(Answer):
    """RFC 9457 problem; further members carry ids."""

    OPEN: ClassVar[bool] = True

    type: Annotated[str, text(300)]
    title: Annotated[str, text(200)]
    status: Annotated[int, integer(400, 599)]
    detail: Sentence
    code: ErrorCode
    fix: Sentence
    category: Annotated[Category, choice(get_args(Category))]
    instance: Sentence
    request_id: Annotated[str, text(64), "The request's name in the coordinator's log"]


@dataclass(frozen=True, slots=True)
class LoopState(Fields):
    """One loop of the engine: seconds since it last went well, and what is wrong now."""

    name: Annotated[str, text(63)]
    age: Count | None
    code: ErrorCode | None
    what: Sentence | None


@dataclass(frozen=True, slots=True)
class EvidenceReader(Answer):
    """Whose evidence a token opens."""

    party: Name


@dataclass(frozen=True, slots=True)
class Standing(Answer):
    """`ok`, or `degraded` when a part does not answer; the API itself answers either way."""

    status: Annotated[HealthStanding, choice(get_args(HealthStanding))]


@dataclass(frozen=True, slots=True)
class Health(Answer):
    """As :class:`Standing`, with the parts."""

    status: Annotated[HealthStanding, choice(get_args(HealthStanding))]
    version: Annotated[str, text(63)]
    database: Annotated[PartStanding, choice(get_args(PartStanding))]
    chain: Annotated[PartStanding, choice(get_args(PartStanding))]
    chain_head: Uint64 | None
    indexed_block: Uint64 | None
    engine: Annotated[tuple[LoopState, ...], Many(64)]
    dead_letters: Annotated[
        Count, "Items that the engine gave up by their own fault: `tally coordinator dead-letters` names them"
    ]


@dataclass(frozen=True, slots=True)
class DeploymentFile(Answer):
    """The deployment file. Compare it with your own; do not use it instead."""

    chain_id: Annotated[int, codec.UINT256]
    deployment_id: Hash
    genesis_hash: Hash
    contracts: Annotated[tuple[tuple[str, str], ...], entries(codec.KEY, text(42), 32), "EIP-55 addresses"]
    runtime_code_hashes: Annotated[tuple[tuple[str, bytes], ...], entries(codec.KEY, codec.HASH, 32)]
    confirmations: Count
    deployed_block: Uint64


@dataclass(frozen=True, slots=True)
class PartyView(Answer):
    """A party: `pending` until the registry holds it."""

    id: Annotated[str, text(80)]
    name: Name
    party_id: Hash
    status: Annotated[PartyStanding, choice(get_args(PartyStanding))]
    title: Words | None
    contact: Annotated[str, text(200)] | None
    wallet: Address | None
    node_signer: Address | None
    node_key: Hash | None
    seal_key: Hash | None
    operator: Hash | None
    roles: Roles


@dataclass(frozen=True, slots=True)
class PartyPage(Answer):
    """One page of parties; ask again with `next_cursor` until it is null."""

    items: Annotated[tuple[PartyView, ...], Many(PAGE)]
    next_cursor: NextCursor


@dataclass(frozen=True, slots=True)
class ApplicationView(Answer):
    """A party's application as it sent it, with every signature: who admits checks it all again."""

    application: Application
    invited: Annotated[bool, "Whether it came with an invitation, or corrects one that did"]


@dataclass(frozen=True, slots=True)
class ApplicationLine(Fields):
    """An application in a list: `superseded` where the registry admitted the name under another one."""

    party: Name
    fingerprint: Hash
    standing: Annotated[ApplicationStanding, choice(get_args(ApplicationStanding))]
    received_at: Annotated[int, codec.COUNT, "unix seconds"]
    invited: bool
    title: Words
    operator: Name
    roles: Roles
    node: Annotated[bool, "Whether it runs a node"]


@dataclass(frozen=True, slots=True)
class ApplicationPage(Answer):
    """One page of applications, newest first; ask again with `next_cursor` until it is null."""

    items: Annotated[tuple[ApplicationLine, ...], Many(PAGE)]
    next_cursor: NextCursor


@dataclass(frozen=True, slots=True)
class CredentialsView(Answer):
    """A party's own broker credentials, sealed to its seal key."""

    credentials: SealedCredentials


@dataclass(frozen=True, slots=True)
class DataSetView(Answer):
    """A data set version: `described` until the chain holds it."""

    id: Annotated[str, text(80)]
    data_set: Reference
    version: Annotated[int, codec.UINT32]
    owner: Name
    status: Annotated[DataSetStanding, choice(get_args(DataSetStanding))]
    title: Words
    columns: Annotated[tuple[Column, ...], Many(LIMITS.columns)]
    rows: Count
    data_level: Annotated[int, integer(1, 5)]
    sensitive: Annotated[tuple[str, ...], codec.names(32)]
    schema_hash: Hash
    input_root: Hash | None
    law: Annotated[Declaration | None, "what its owner declares of the law; null: not declared"]


@dataclass(frozen=True, slots=True)
class DataSetPage(Answer):
    """One page of data sets; ask again with `next_cursor` until it is null."""

    items: Annotated[tuple[DataSetView, ...], Many(PAGE)]
    next_cursor: NextCursor


@dataclass(frozen=True, slots=True)
class ProgramView(Answer):
    """A program: its descriptor, and what the chain says of it."""

    id: Annotated[str, text(90)]
    program: Program
    approvals: Count
    required_approvals: Count
    status: Annotated[ProgramStanding, choice(get_args(ProgramStanding))]
    code_digest: Hash
    protection_level: Annotated[int, integer(1, 5)]
    descriptor: ProgramDescriptor


@dataclass(frozen=True, slots=True)
class ProgramPage(Answer):
    """One page of programs; ask again with `next_cursor` until it is null."""

    items: Annotated[tuple[ProgramView, ...], Many(PAGE)]
    next_cursor: NextCursor


@dataclass(frozen=True, slots=True)
class EngineView(Answer):
    """An engine as the chain has it: what runs programs. The newest one has the highest `serial`."""

    engine: Program
    publisher: Annotated[Name | None, "null where the publishing office did"]
    approvals: Count
    required_approvals: Count
    status: Annotated[ProgramStanding, choice(get_args(ProgramStanding))]
    code_digest: Hash
    serial: Uint64


@dataclass(frozen=True, slots=True)
class EnginePage(Answer):
    """One page of engines; ask again with `next_cursor` until it is null."""

    items: Annotated[tuple[EngineView, ...], Many(PAGE)]
    next_cursor: NextCursor


@dataclass(frozen=True, slots=True)
class Finding(Fields):
    """One thing that keeps a contract from starting; `where` points into the contract, `chinese` says the same in 中文 where
    somebody wrote it.
    """

    code: ErrorCode
    what: Sentence
    fix: Sentence
    where: Sentence
    chinese: Sentence = ""


@dataclass(frozen=True, slots=True)
class Estimate(Fields):
    """What a task takes: seconds by the programs' measured formulas, all else counted by its plan, null where nobody counted it."""

    seconds: Count
    traffic: Annotated[Count | None, Named("bytes"), "sent by one compute party, the one that sends most"]
    memory: Annotated[Count | None, "peak bytes of one party's process"]
    rounds: Annotated[
        Count | None, "messages that wait for each other: times the links' delay, what it adds to the seconds"
    ]
    failure: Annotated[Probability | None, "bound of the probability that a truncation makes the result wrong"]
    beyond: Annotated[
        tuple[str, ...],
        sequence(text(127), 4096),
        "`step.size` beyond what was measured; the seconds of such steps are extrapolated and counted twice",
    ]
    unplanned: Annotated[str, text(63), 'why there is no plan, "" where there is one']


@dataclass(frozen=True, slots=True)
class OutputSupport(Fields):
    """What the numbers of an output are about."""

    output: Annotated[str, text(200)]
    about: Words


@dataclass(frozen=True, slots=True)
class Preflight(Answer):
    """Preflight's answer; `problems` is empty when the task can be proposed, `typed_data` what a wallet would sign."""

    task: TaskId
    problems: Annotated[tuple[Finding, ...], Many(4096)]
    estimate: Estimate
    level: Annotated[int, integer(0, 5)]
    collusion_threshold: Count
    disclosures: Annotated[tuple[Words, ...], Many(4096)]
    supports: Annotated[
        tuple[OutputSupport, ...], Many(256), "what the numbers of each output are about, and so what its owners let go"
    ]
    typed_data: Annotated[Mapping[str, object], json_object()]
    notices: Annotated[
        tuple[Finding, ...], Many(4096), "what the law asks and nobody declared, where the policy lets that pass"
    ]
    law_policy: Annotated[
        Hash,
        "SHA-256 of the policy by which the law's findings were made (`tally law policy`), to compare with a node's",
    ]


@dataclass(frozen=True, slots=True)
class TaskCost(Answer):
    """What a task takes and how far its programs protect, predicted as for its proposer when it was submitted."""

    task: Annotated[TaskId, Named("id")]
    estimate: Estimate
    level: Annotated[int, integer(0, 5), "that all of its programs reach; 0 while one of them is unknown"]


@dataclass(frozen=True, slots=True)
class Submitted(Answer):
    """A task was taken."""

    task: Annotated[TaskId, Named("id")]
    state: Annotated[TaskStateName, choice(get_args(TaskStateName))]


@dataclass(frozen=True, slots=True)
class Reason(Fields):
    """Why a task waits or ended; `party` is who can do something about it, empty when nobody in particular."""

    code: ErrorCode
    what: Sentence
    fix: Sentence
    party: Annotated[str, text(80)] = ""


@dataclass(frozen=True, slots=True)
class ProgressView(Fields):
    """A party's own word on how far it is; `percent` is of the whole run, `eta` seconds, null when it cannot tell."""

    state: Annotated[str, text(20)]
    phase: Annotated[str, text(63)]
    step: Small
    total: Small
    percent: Percent
    eta: Small | None
    note: Annotated[str, text(63)]
    peer: Annotated[str, text(63)]

    @classmethod
    def of(cls, said: Progress) -> Self:
        """From the node's message."""
        return cls(
            said.state, said.phase, said.step, said.total, said.percent, said.eta or None, said.note, said.peer
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PartyStatus(Fields):
    """How far one party is, by the chain where the chain knows and by its own word elsewhere."""

    party: Name
    parts: Parts
    committed: bool
    released_to: Annotated[tuple[str, ...], sequence(codec.NAME, LIMITS.parties)]
    logged: bool
    attested: bool
    progress: ProgressView | None


@dataclass(frozen=True, slots=True)
class EventView(Fields):
    """An event of the task on chain: `value` is the hash that matters most, `party` the id of whom it is about."""

    name: Annotated[str, text(63)]
    words: Words
    block: Uint64
    time: Annotated[Uint64, "Unix seconds, as the block's validators said"]
    transaction: Hash
    party: Hash | None
    value: Hash | None


@dataclass(frozen=True, slots=True)
class TaskStatus(Answer):
    """A task; `contract` is base64 of the canonical bytes. `percent` and `eta` are the slowest compute party's word."""

    task: Annotated[TaskId, Named("id")]
    state: Annotated[TaskStateName, choice(get_args(TaskStateName))]
    review: Annotated[ReviewName, choice(get_args(ReviewName))]
    contract: Annotated[TaskContract, embedded(TaskContract, LIMITS.task_contract)]
    contract_digest: Hash
    proposer: Name
    deadline: Uint64
    review_by: Annotated[Uint64 | None, "The last second of the review, unix seconds; null without a reviewer"]
    submitted_at: Uint64
    started_at: Uint64 | None
    run: Annotated[bytes, prefixed("run")] | None
    reasons: Annotated[tuple[Reason, ...], Many(64)]
    parties: Annotated[tuple[PartyStatus, ...], Many(LIMITS.columns)]
    events: Annotated[tuple[EventView, ...], Many(LIMITS.columns)]
    percent: Percent | None
    eta: Count | None
    evidence: bool

    @property
    def ended(self) -> bool:
        """Whether nothing follows any more."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True)
class TaskNews(Answer):
    """What an event about one task says: as in its :class:`TaskStatus`."""

    task: Annotated[TaskId, Named("id")]
    state: Annotated[TaskStateName, choice(get_args(TaskStateName))]
    review: Annotated[ReviewName, choice(get_args(ReviewName))]
    reasons: Annotated[tuple[Reason, ...], Many(64)]
    parties: Annotated[tuple[PartyStatus, ...], Many(LIMITS.columns)]
    percent: Percent | None
    eta: Count | None
    evidence: bool

    @classmethod
    def of(cls, found: TaskStatus) -> Self:
        """From the status."""
        return cls(
            found.task,
            found.state,
            found.review,
            found.reasons,
            found.parties,
            found.percent,
            found.eta,
            found.evidence,
        )

    @property
    def ended(self) -> bool:
        """Whether nothing of the task's state follows any more."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True)
class TaskLine(Fields):
    """A task in a listing; `parts` is what the reader is to it."""

    task: Annotated[TaskId, Named("id")]
    state: Annotated[TaskStateName, choice(get_args(TaskStateName))]
    review: Annotated[ReviewName, choice(get_args(ReviewName))]
    proposer: Name
    deadline: Uint64
    submitted_at: Uint64
    parts: Parts


@dataclass(frozen=True, slots=True)
class TaskPage(Answer):
    """One page of tasks, newest first; ask again with `next_cursor` until it is null."""

    items: Annotated[tuple[TaskLine, ...], Many(PAGE)]
    next_cursor: NextCursor


@dataclass(frozen=True, slots=True)
class ConsentWords(Fields):
    """All that an authorization allows, in words: as long as the contract it says."""

    english: Annotated[str, text(LIMITS.task_contract), Named("en")]
    chinese: Annotated[str, text(LIMITS.task_contract), Named("zh")]


@dataclass(frozen=True, slots=True)
class AuthorizationRequest(Fields):
    """What an owner is asked or gave; `typed_data` is what its wallet signs, `policy` the document."""

    digest: Annotated[bytes, prefixed("auth"), Named("id")]
    owner: Name
    data_set: Reference
    status: Annotated[ConsentStanding, choice(get_args(ConsentStanding))]
    sentence: ConsentWords
    typed_data: Annotated[Mapping[str, object], json_object()]
    policy: Annotated[bytes, blob(LIMITS.task_contract)]

    @property
    def message(self) -> Authorization:
        """The message in ``typed_data``, through our own type, which refuses unknown fields."""
        return Authorization.parse(self.typed_data.get("message"))


@dataclass(frozen=True, slots=True)
class AuthorizationRequests(Answer):
    """All of a task's."""

    items: Annotated[tuple[AuthorizationRequest, ...], Many(LIMITS.parties)]


@dataclass(frozen=True, slots=True)
class AuthorizationLine(Fields):
    """An authorization of the reader's. `wallet` and `sequence`, its number among all that the owner submitted, are null until
    it is on chain; `current_wallet` says whether the party's present wallet signed it. `problem` is why the chain refused it, or its revocation.
    """

    authorization: Annotated[bytes, prefixed("auth"), Named("id")]
    data_set: Reference
    task: Annotated[bytes, prefixed("task")] | None
    status: Annotated[AuthorizationStanding, choice(get_args(AuthorizationStanding))]
    wallet: Address | None
    current_wallet: bool
    sequence: Annotated[int, codec.UINT32] | None
    uses_left: Annotated[int, codec.UINT32] | None
    not_after: Uint64
    problem: Reason | None


@dataclass(frozen=True, slots=True)
class AuthorizationPage(Answer):
    """One page of the reader's authorizations, newest first; ask again with `next_cursor` until it is null.

    `submissions` is how many the reader's party has submitted on chain: the number that revokes all of them.
    """

    items: Annotated[tuple[AuthorizationLine, ...], Many(PAGE)]
    submissions: Annotated[int, codec.UINT32]
    next_cursor: NextCursor


@dataclass(frozen=True, slots=True)
class PasskeyAccountView(Answer):
    """An account that passkeys own, and whether the chain has it."""

    account: Annotated[Address, "follows from deployment and passkeys: derive it, and compare"]
    made: bool


@dataclass(frozen=True, slots=True)
class Taken(Answer):
    """Something signed was taken and goes to the chain."""

    id: Annotated[str, text(80)]
    status: Annotated[str, choice(("received",))] = "received"


@dataclass(frozen=True, slots=True)
class ReceiptOutcome(Answer):
    """What became of one receipt: kept now (`new`) or before, or refused by a `problem`."""

    digest: Hash
    new: bool
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ReceiptsTaken(Answer):
    """One outcome for each receipt, in their order."""

    items: Annotated[tuple[ReceiptOutcome, ...], Many(MOST_AT_ONCE)]


@dataclass(frozen=True, slots=True)
class SealedShares(Answer):
    """All shares sealed for a user so far."""

    items: Annotated[tuple[SealedShare, ...], Many(LIMITS.columns)]


@dataclass(frozen=True, slots=True)
class TaskWords(Answer):
    """A task's contract; `contract` is base64 of the canonical bytes, whose SHA-256 is on chain."""

    task: Annotated[TaskId, Named("id")]
    contract: Annotated[TaskContract, embedded(TaskContract, LIMITS.task_contract)]


@dataclass(frozen=True, slots=True)
class TaskDescriptions(Answer):
    """What owners describe of a task's data sets, as far as they let the reader read it; each is base64 of the canonical bytes, whose SHA-256 is
    on chain as the data set's schema hash.
    """

    task: Annotated[TaskId, Named("id")]
    descriptions: Annotated[tuple[bytes, ...], codec.sequence(codec.blob(DataSetDescriptor.LIMIT), LIMITS.parties)]


@dataclass(frozen=True, slots=True)
class LookView(Fields):
    """What of a task's evidence `reader` was given on one day, how often, and when last."""

    reader: Name
    what: Annotated[str, choice(LOOK_WORDS)]
    looks: Count
    last_at: Annotated[Uint64, "Unix seconds"]


@dataclass(frozen=True, slots=True)
class Looks(Answer):
    """Who looked at a task's evidence: a line for each reader, kind and day (UTC), the newest first and no more than fifty."""

    items: Annotated[tuple[LookView, ...], Many(50)]


@dataclass(frozen=True, slots=True)
class AnnouncedBy(Fields):
    """A party's newest announcement envelope; check it with the registry's node key."""

    party: Name
    envelope: Envelope


@dataclass(frozen=True, slots=True)
class Announcements(Answer):
    """The announcements that concern the reader."""

    items: Annotated[tuple[AnnouncedBy, ...], Many(10_000)]

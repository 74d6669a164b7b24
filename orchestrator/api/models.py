"""Shapes of requests and answers for OpenAPI, strict in both directions: unknown fields refused, nothing coerced.

Requests pass these and then the protocol's own parsers, which alone decide what a message means.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from protocol.vocabulary import TaskStateName

Hex = str


class Strict(BaseModel):
    """Base of all shapes."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)

    def plain(self) -> dict[str, Any]:
        """The JSON as it came."""
        return self.model_dump(by_alias=True)


class FilterBody(Strict):
    """A row filter."""

    column: str
    operator: Literal["eq", "ne", "lt", "le", "gt", "ge"]
    value: str


class InputBody(Strict):
    """One data set of one owner."""

    data_set: str
    version: int
    owner: str
    columns: list[str]
    filters: list[FilterBody]


class StepBody(Strict):
    """One program of the workflow."""

    id: str
    program: str
    parameters: dict[str, str | int | bool]
    inputs: dict[str, list[str]]


class OutputBody(Strict):
    """A value that leaves the computation, and who reads it."""

    source: str = Field(alias="from")
    to: list[str]


class KeepBody(Strict):
    """What stays, as shares, at the compute nodes: the parties that may propose its use, until when."""

    source: str = Field(alias="from", description="`step.output` of a model, a shared table or shares")
    users: list[str] = Field(alias="for")
    until: str = Field(description="Unix seconds, a decimal string")


class KeptModelBody(Strict):
    """What an earlier task left at the nodes; steps name it as a source."""

    name: str
    task: Hex
    source: str = Field(alias="from", description="`step.output` of that task")
    kind: str = Field(description="`model:` and its family, `shares` or `shared`, as that output's program says")


class ContractBody(Strict):
    """A task contract (`tallystick/task-contract/v2`); its canonical JSON (RFC 8785) is what is hashed."""

    format: Literal["tallystick/task-contract/v2"]
    nonce: str
    proposer: str
    scheduler: str
    committee: list[str]
    inputs: list[InputBody]
    steps: list[StepBody]
    outputs: list[OutputBody]
    keeps: list[KeepBody]
    models: list[KeptModelBody]
    auditors: list[str]
    reviewer: str
    purpose: str
    legal_basis: str
    impact_assessment: Hex
    protection_level: int
    minimum_group: int
    automated_decision: bool
    deadline: str = Field(description="Unix seconds, a decimal string")


class PreflightBody(Strict):
    """Preflight's request."""

    contract: ContractBody


class SubmitBody(Strict):
    """A task and its proposer's wallet's signature over the EIP-712 `Proposal`."""

    contract: ContractBody
    signature: Hex


class AuthorizationMessageBody(Strict):
    """EIP-712 `Authorization`, as the wallet signed it."""

    dataSet: str  # noqa: N815 - the names are the typed data's
    dataVersion: int  # noqa: N815
    inputRoot: Hex  # noqa: N815
    programs: list[str]
    programsDigest: Hex  # noqa: N815
    proposer: str
    purpose: str
    resultUsers: list[str]  # noqa: N815
    computeParties: list[str]  # noqa: N815
    policy: Hex
    task: Hex
    maxUses: int  # noqa: N815
    notBefore: str  # noqa: N815
    notAfter: str  # noqa: N815
    minProtectionLevel: int  # noqa: N815
    epsilonMicros: str  # noqa: N815
    legalBasis: str  # noqa: N815
    impactAssessment: Hex  # noqa: N815
    nonce: str


class SignedAuthorizationBody(Strict):
    """An authorization, its owner, its signature and the policy document behind its digest (base64)."""

    owner: str
    message: AuthorizationMessageBody
    signature: Hex
    policy: str


class AuthorizeBody(Strict):
    """A signed authorization."""

    authorization: SignedAuthorizationBody


class RevocationMessageBody(Strict):
    """EIP-712 `Revocation`."""

    authorization: Hex
    owner: str


class RevokeBody(Strict):
    """A revocation with the owner's wallet's signature."""

    message: RevocationMessageBody
    signature: Hex


class AbortMessageBody(Strict):
    """EIP-712 `Abort`; kind 1 refuses."""

    task: Hex
    party: str
    kind: int
    reason: int
    statement: Hex


class RefuseBody(Strict):
    """A refusal signed by an owner's wallet or a node signer."""

    message: AbortMessageBody
    signature: Hex


class EnrolBody(Strict):
    """An application: canonical payload (base64), the node key's DSSE envelope over it, the wallet's EIP-191 signature."""

    enrolment: str
    envelope: str | None
    wallet_signature: Hex


class EnvelopeBody(Strict):
    """A DSSE envelope (base64)."""

    envelope: str


class ReceiptBody(Strict):
    """A node's receipt (`protocol.messages.parse_receipt`)."""

    kind: Literal["chain", "log", "sealed", "envelope"]
    body: Any


class ProblemBody(BaseModel):
    """RFC 9457 problem; further members carry ids."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str
    fix: str
    category: Literal["format", "range", "verification", "refused", "unavailable", "internal"]
    instance: str


class WordsView(Strict):
    """A text in both languages."""

    en: str
    zh: str


class LoopView(Strict):
    """One loop of the engine: seconds since it last went well, and what is wrong now."""

    name: str
    age: int | None
    code: str | None
    what: str | None


class HealthView(Strict):
    """`status` is `ok`, or `degraded` when a part does not answer; the API itself answers either way."""

    status: Literal["ok", "degraded"]
    version: str
    database: Literal["ok", "down"]
    chain: Literal["ok", "down"]
    chain_head: str | None
    indexed_block: str | None
    engine: list[LoopView]
    dead_letters: int
    """Items that the engine gave up by their own fault: `tally coordinator dead-letters` names them."""


class DeploymentView(Strict):
    """The deployment file. Compare it with your own; do not use it instead."""

    chain_id: str
    deployment_id: Hex
    genesis_hash: Hex
    contracts: dict[str, str]
    runtime_code_hashes: dict[str, Hex]
    confirmations: int
    deployed_block: str


class PartyView(Strict):
    """A party: `pending` until the registry holds it."""

    id: str
    name: str
    party_id: Hex
    status: Literal["pending", "active", "suspended"]
    title: WordsView | None
    contact: str | None
    wallet: str | None
    node_signer: str | None
    node_key: Hex | None
    seal_key: Hex | None
    operator: Hex | None
    roles: list[str]


class PartyPage(Strict):
    """One page of parties."""

    items: list[PartyView]
    next_cursor: str | None


class ColumnView(Strict):
    """A column of a data set."""

    name: str
    kind: str
    about: WordsView


class DataSetView(Strict):
    """A data set version: `described` until the chain holds it."""

    id: str
    data_set: str
    version: int
    owner: str
    status: Literal["described", "registered", "retired"]
    title: WordsView
    columns: list[ColumnView]
    rows: int
    data_level: int
    sensitive: list[str]
    schema_hash: Hex
    input_root: Hex | None


class DataSetPage(Strict):
    """One page of data sets."""

    items: list[DataSetView]
    next_cursor: str | None


class ProgramView(Strict):
    """A program: its descriptor, and what the chain says of it."""

    id: str
    program: str
    approvals: int
    required_approvals: int
    status: Literal["waiting", "approved", "retired"]
    code_digest: Hex
    protection_level: int
    descriptor: dict[str, Any]


class ProgramPage(Strict):
    """One page of programs."""

    items: list[ProgramView]
    next_cursor: str | None


class ProblemView(Strict):
    """One thing that keeps a contract from starting."""

    code: str
    what: str
    fix: str
    where: str


class EstimateView(Strict):
    """Cost by the programs' models."""

    seconds: int
    bytes: int
    memory: int


class PreflightView(Strict):
    """Preflight's answer; `typed_data` is the proposal a wallet would sign."""

    task: str
    problems: list[ProblemView]
    estimate: EstimateView
    level: int
    collusion_threshold: int
    disclosures: list[WordsView]
    typed_data: dict[str, Any]


class SubmittedView(Strict):
    """A task was taken."""

    id: str
    state: str


class ReasonView(Strict):
    """Why a task waits or ended; `party` is who can do something about it, or empty."""

    code: str
    what: str
    fix: str
    party: str


class ProgressView(Strict):
    """A party's own word on how far it is; `percent` is of the whole run, `eta` seconds, null when it cannot tell."""

    state: str
    phase: str
    step: int
    total: int
    percent: int
    eta: int | None
    note: str
    peer: str


class TaskPartyView(Strict):
    """How far one party is."""

    party: str
    parts: list[str]
    committed: bool
    released_to: list[str]
    logged: bool
    attested: bool
    progress: ProgressView | None


class TaskView(Strict):
    """A task; `contract` is base64 of the canonical bytes."""

    id: str
    state: TaskStateName
    review: Literal["none", "approved", "rejected"]
    contract: str
    contract_digest: Hex
    proposer: str
    deadline: str
    submitted_at: str
    started_at: str | None
    run: str | None
    reasons: list[ReasonView]
    parties: list[TaskPartyView]
    percent: int | None
    eta: int | None
    evidence: bool


class TaskLine(Strict):
    """A task in a listing."""

    id: str
    state: str
    review: str
    proposer: str
    deadline: str
    submitted_at: str


class TaskPage(Strict):
    """One page of tasks, newest first."""

    items: list[TaskLine]
    next_cursor: str | None


class AuthorizationView(Strict):
    """What an owner is asked or gave; `typed_data` is what its wallet signs, `policy` base64 of the document."""

    id: str
    owner: str
    data_set: str
    status: Literal["asked", "received", "on-chain", "consumed"]
    sentence: WordsView
    typed_data: dict[str, Any]
    policy: str


class AuthorizationsView(Strict):
    """All of a task's."""

    items: list[AuthorizationView]


class TakenView(Strict):
    """Something signed was taken and goes to the chain."""

    id: str
    status: Literal["received"]


class ReceiptView(Strict):
    """A receipt was kept (`new`) or had been before."""

    digest: Hex
    new: bool


class SealedView(Strict):
    """A sealed share of one output."""

    task: Hex
    party: str
    user: str
    output: Hex
    sealed: str


class SealedPage(Strict):
    """All shares sealed for a user so far."""

    items: list[SealedView]


class AnnouncementView(Strict):
    """A party's newest announcement envelope (base64)."""

    party: str
    envelope: str


class AnnouncementsView(Strict):
    """All parties' announcements."""

    items: list[AnnouncementView]

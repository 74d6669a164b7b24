/** Generated from the records of `protocol/` by `python -m tools.web_records`: do not edit. */

import * as codec from "../base/codec";
import type { Hex } from "../base/bytes";
import { field, nested, record, type RecordType } from "../base/record";
import * as rules from "../protocol/rules";
import * as special from "../protocol/special";

/** Every size limit of the protocol (`protocol/limits.py`). */
export const LIMITS = { frame: 67108864, taskContract: 262144, bundleUnpacked: 268435456, bundleFiles: 10000, parties: 100, runParties: 132, steps: 64, psiIds: 10000000, columns: 4096, envelope: 1048576, logEntries: 4096, delivery: 4194304, header: 16384, deadlineGrace: 60, clockSkew: 300 } as const;

/** EIP-712 domain of all contracts. */
export const DOMAIN = { name: "Tallystick", version: "1" } as const;

export const STATEMENT_TYPE = "https://in-toto.io/Statement/v1";
export const BUNDLE_FORMAT = "tallystick/bundle/v3";
export const PAYLOAD_TYPE = "application/vnd.in-toto+json";
export const RECEIPT_TYPE = "application/vnd.tallystick.answer-receipt+json";
export const RECEIPT_BATCH = "https://tallystick.dev/receipt-batch/v1";
export const BATCH_MOST = 65536;
export const OFFER_NONCE_DOMAIN = "tallystick/offer-nonce/v1";
export const SIGN_IN_STATEMENT = "Read in Tallystick as {party}. This signature agrees to no computation and changes nothing.";

/** A task contract; every name list is strictly sorted. Its canonical JSON (RFC 8785) is what is hashed. */
export interface TaskContract {
  readonly nonce: string;
  readonly proposer: string;
  readonly scheduler: string;
  readonly committee: readonly (string)[];
  readonly inputs: readonly (Input)[];
  /** what runs the programs, by its published name and version */
  readonly engine: string;
  readonly steps: readonly (Step)[];
  readonly outputs: readonly (Output)[];
  readonly keeps: readonly (Keep)[];
  readonly models: readonly (KeptModel)[];
  readonly auditors: readonly (string)[];
  readonly reviewer: string;
  /** seconds after the deadline in which the reviewer decides; 0 without a reviewer */
  readonly reviewWithin: number;
  readonly purpose: string;
  readonly legalBasis: string;
  readonly impactAssessment: Hex;
  readonly protectionLevel: number;
  readonly minimumGroup: number;
  readonly automatedDecision: boolean;
  /** Unix seconds, a decimal string */
  readonly deadline: bigint;
}
export const TaskContract: RecordType<TaskContract> = /* @__PURE__ */ record<TaskContract>({ title: "TaskContract", format: "tallystick/task-contract/v3", place: "contract", limit: 262144 }, () => [
  field("nonce", "nonce", codec.matching("[0-9a-f]{64}", "contract.nonce")),
  field("proposer", "proposer", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("scheduler", "scheduler", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("committee", "committee", codec.sortedTexts(codec.matching("[a-z0-9-]{1,63}", "id.malformed"), 100)),
  field("inputs", "inputs", codec.sequence(nested(() => Input), 100, null)),
  field("engine", "engine", codec.matching("[a-z0-9_.]{1,63}@(0|[1-9][0-9]{0,5})\\.(0|[1-9][0-9]{0,5})\\.(0|[1-9][0-9]{0,5})", "id.malformed")),
  field("steps", "steps", codec.sequence(nested(() => Step), 64, null)),
  field("outputs", "outputs", codec.sequence(nested(() => Output), 256, null)),
  field("keeps", "keeps", codec.sequence(nested(() => Keep), 64, null)),
  field("models", "models", codec.sequence(nested(() => KeptModel), 64, null)),
  field("auditors", "auditors", codec.sortedTexts(codec.matching("[a-z0-9-]{1,63}", "id.malformed"), 100)),
  field("reviewer", "reviewer", codec.orEmpty(codec.matching("[a-z0-9-]{1,63}", "id.malformed"))),
  field("reviewWithin", "review_within", codec.integer(0, 7776000)),
  field("purpose", "purpose", codec.text(1000)),
  field("legalBasis", "legal_basis", codec.text(1000)),
  field("impactAssessment", "impact_assessment", codec.hash()),
  field("protectionLevel", "protection_level", codec.integer(1, 5)),
  field("minimumGroup", "minimum_group", codec.integer(0, 1000000)),
  field("automatedDecision", "automated_decision", codec.boolean()),
  field("deadline", "deadline", codec.decimal(64)),
], rules.TaskContract);

/** What `data_set`'s owner agrees to. `contract` has nonce and deadline blanked; `tasks_per_day` bounds a standing one. `per_person` names the outputs that the owner lets go although their numbers are about single people, row by row or as order statistics below the minimum group: none by default. */
export interface Ask {
  readonly dataSet: string;
  readonly contract: TaskContract;
  readonly tasksPerDay: number;
  readonly ranges: Ranges;
  readonly perPerson: readonly (string)[];
}
export const Ask: RecordType<Ask> = /* @__PURE__ */ record<Ask>({ title: "Ask", format: "tallystick/ask/v2", place: "ask", limit: 262144 }, () => [
  field("dataSet", "data_set", codec.matching("[a-z0-9-]{1,30}-[0-9a-f]{32}", "id.malformed")),
  field("contract", "terms", special.terms(nested(() => TaskContract))),
  field("tasksPerDay", "tasks_per_day", codec.integer(1, 1000000)),
  field("ranges", "ranges", nested(() => Ranges)),
  field("perPerson", "per_person", codec.sortedTexts(codec.matching("[a-z0-9_]{1,31}\\.[a-z0-9_]{1,63}", "ask.key"), 256)),
], rules.Ask);

/** The words an owner's wallet signed, with the owner's name and the policy document behind its digest. */
export interface SignedAuthorization {
  readonly owner: string;
  readonly message: Authorization;
  readonly signature: Uint8Array;
  readonly policy: Uint8Array;
}
export const SignedAuthorization: RecordType<SignedAuthorization> = /* @__PURE__ */ record<SignedAuthorization>({ title: "SignedAuthorization", format: "", place: "authorization", limit: 0 }, () => [
  field("owner", "owner", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("message", "message", nested(() => Authorization)),
  field("signature", "signature", codec.hexadecimal(4096)),
  field("policy", "policy", codec.blob(262144)),
]);

/** An application; addresses are lower-case hex. A party without a node has zero node signer and node key. */
export interface Enrolment {
  readonly party: string;
  readonly title: Words;
  readonly contact: string;
  readonly wallet: Hex;
  readonly nodeSigner: Hex;
  readonly nodeKey: Hex;
  readonly sealKey: Hex;
  readonly operator: string;
  readonly roles: readonly ("data-provider" | "compute-provider" | "algorithm-provider" | "scheduler" | "result-user" | "regulator" | "certifier" | "platform")[];
  readonly deployment: Hex;
}
export const Enrolment: RecordType<Enrolment> = /* @__PURE__ */ record<Enrolment>({ title: "Enrolment", format: "tallystick/enrolment/v1", place: "enrolment", limit: 16384 }, () => [
  field("party", "party", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("title", "title", nested(() => Words)),
  field("contact", "contact", codec.text(200)),
  field("wallet", "wallet", codec.address()),
  field("nodeSigner", "node_signer", codec.address()),
  field("nodeKey", "node_key", codec.hash()),
  field("sealKey", "seal_key", codec.hash()),
  field("operator", "operator", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("roles", "roles", codec.sortedTexts(codec.choice(["data-provider", "compute-provider", "algorithm-provider", "scheduler", "result-user", "regulator", "certifier", "platform"], "enrolment.role"), 8)),
  field("deployment", "deployment", codec.hash()),
], rules.Enrolment);

/** An enrolment with everything that its applicant signed; a party without a node has neither envelope nor node signature. */
export interface Application {
  /** the enrolment's canonical bytes */
  readonly enrolment: Uint8Array;
  /** the node key's DSSE envelope over them */
  readonly envelope: Uint8Array | null;
  /** the wallet's, over the admission (EIP-712) */
  readonly walletSignature: Uint8Array;
  /** the node signer's, over the same */
  readonly nodeSignature: Uint8Array | null;
}
export const Application: RecordType<Application> = /* @__PURE__ */ record<Application>({ title: "Application", format: "tallystick/application/v1", place: "application", limit: 131072 }, () => [
  field("enrolment", "enrolment", codec.blob(16384)),
  field("envelope", "envelope", codec.optional(codec.blob(32768))),
  field("walletSignature", "wallet_signature", codec.hexadecimal(4096)),
  field("nodeSignature", "node_signature", codec.optional(codec.hexadecimal(65))),
]);

/** A registration on its way between a node and a wallet that lies elsewhere: the node writes it without a signature, the page where the wallet is gives it back with one. */
export interface SignedRegistration {
  readonly message: DataSetRegistration;
  /** the owner's wallet's, over the message (EIP-712); empty while it has not signed */
  readonly signature: Uint8Array;
}
export const SignedRegistration: RecordType<SignedRegistration> = /* @__PURE__ */ record<SignedRegistration>({ title: "SignedRegistration", format: "tallystick/registration/v1", place: "registration", limit: 32768 }, () => [
  field("message", "message", nested(() => DataSetRegistration)),
  field("signature", "signature", codec.hexadecimal(4096)),
]);

/** A party's log for one task: checkpoint (C2SP signed note), entries and their inclusion, earlier roots. `consistency` lists (size, root, proof) of each earlier root that must be a prefix: the previous anchor and the task's own commitment. */
export interface LogEvidence {
  readonly task: Hex;
  readonly party: string;
  readonly epoch: number;
  readonly size: number;
  readonly root: Hex;
  readonly checkpoint: string;
  readonly entries: readonly (EntryProof)[];
  readonly consistency: readonly ({ readonly size: number; readonly root: Hex; readonly proof: readonly (Hex)[] })[];
}
export const LogEvidence: RecordType<LogEvidence> = /* @__PURE__ */ record<LogEvidence>({ title: "LogEvidence", format: "tallystick/log-evidence/v1", place: "log", limit: 0 }, () => [
  field("task", "task", codec.hash()),
  field("party", "party", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("epoch", "epoch", codec.integer(0, 9007199254740991)),
  field("size", "size", codec.integer(0, 9007199254740991)),
  field("root", "root", codec.hash()),
  field("checkpoint", "checkpoint", codec.lines(8192)),
  field("entries", "entries", codec.sequence(nested(() => EntryProof), 4096, null)),
  field("consistency", "consistency", codec.sequence(codec.members({ "size": codec.integer(0, 9007199254740991), "root": codec.hash(), "proof": codec.sequence(codec.hash(), 64, null) }), 64, null)),
]);

/** A transaction's receipt with its Merkle-Patricia proof against its block's `receiptsRoot`. */
export interface ReceiptProof {
  readonly block: number;
  readonly index: number;
  readonly receipt: Uint8Array;
  readonly nodes: readonly (Uint8Array)[];
}
export const ReceiptProof: RecordType<ReceiptProof> = /* @__PURE__ */ record<ReceiptProof>({ title: "ReceiptProof", format: "", place: "ReceiptProof", limit: 0 }, () => [
  field("block", "block", codec.integer(0, 9007199254740991)),
  field("index", "index", codec.integer(0, 2147483647)),
  field("receipt", "receipt", codec.hexadecimal(1048576)),
  field("nodes", "nodes", codec.sequence(codec.hexadecimal(65536), 64, null)),
]);

/** Two releases, by their ids on chain, of which the newer may stand in for the older: a hint where to look for it. What approved it is in the registers; which way leads from one release to another cannot be read from there. */
export interface Succession {
  readonly older: Hex;
  readonly newer: Hex;
}
export const Succession: RecordType<Succession> = /* @__PURE__ */ record<Succession>({ title: "Succession", format: "", place: "Succession", limit: 0 }, () => [
  field("older", "older", codec.hash()),
  field("newer", "newer", codec.hash()),
]);

/** A block's RLP header, and what it proves of earlier ones. */
export interface Descent {
  readonly head: Uint8Array;
  readonly windows: readonly (Window)[];
}
export const Descent: RecordType<Descent> = /* @__PURE__ */ record<Descent>({ title: "Descent", format: "", place: "Descent", limit: 0 }, () => [
  field("head", "head", codec.hexadecimal(16384)),
  field("windows", "windows", codec.sequence(nested(() => Window), 100000, null)),
]);

/** One contract's account proof and storage proofs (slot → nodes) against the head's state root. */
export interface Register {
  readonly account: readonly (Uint8Array)[];
  readonly words: readonly ({ readonly slot: Hex; readonly nodes: readonly (Uint8Array)[] })[];
}
export const Register: RecordType<Register> = /* @__PURE__ */ record<Register>({ title: "Register", format: "", place: "Register", limit: 0 }, () => [
  field("account", "account", codec.sequence(codec.hexadecimal(65536), 64, null)),
  field("words", "words", codec.sequence(codec.members({ "slot": codec.hash(), "nodes": codec.sequence(codec.hexadecimal(65536), 64, null) }), 10000, null)),
]);

/** The parts of a message; times in unix seconds. */
export interface SignIn {
  readonly party: string;
  readonly wallet: Hex;
  readonly nonce: string;
  readonly issuedAt: bigint;
  readonly notAfter: bigint;
}
export const SignIn: RecordType<SignIn> = /* @__PURE__ */ record<SignIn>({ title: "SignIn", format: "", place: "SignIn", limit: 0 }, () => [
  field("party", "party", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("wallet", "wallet", codec.address()),
  field("nonce", "nonce", codec.matching("[0-9a-f]{32}", "sign_in.nonce")),
  field("issuedAt", "issued_at", codec.decimal(64)),
  field("notAfter", "not_after", codec.decimal(64)),
]);

/** A signed end: `kind` 1 refuses before input was sent, 2 ends a run, both a node's or an owner's; 3 is the proposer's wallet's, which takes back what has not started. `reason` is in protocol.reasons. */
export interface Abort {
  readonly task: Hex;
  readonly party: string;
  readonly kind: number;
  readonly reason: number;
  readonly statement: Hex;
}
export const Abort: RecordType<Abort> = /* @__PURE__ */ record<Abort>({ title: "Abort", format: "", place: "Abort", limit: 0 }, () => [
  field("task", "task", codec.hash(), "bytes32"),
  field("party", "party", codec.text(2000), "string"),
  field("kind", "kind", codec.integer(0, 255), "uint8"),
  field("reason", "reason", codec.integer(0, 255), "uint8"),
  field("statement", "statement", codec.hash(), "bytes32"),
]);

/** A wallet's or node signer's token to read one resource of the coordinator until `not_after`; never on chain. */
export interface Access {
  readonly party: string;
  readonly resource: string;
  readonly notAfter: bigint;
  readonly nonce: bigint;
}
export const Access: RecordType<Access> = /* @__PURE__ */ record<Access>({ title: "Access", format: "", place: "Access", limit: 0 }, () => [
  field("party", "party", codec.text(2000), "string"),
  field("resource", "resource", codec.text(2000), "string"),
  field("notAfter", "notAfter", codec.decimal(64), "uint64"),
  field("nonce", "nonce", codec.decimal(256), "uint256"),
]);

/** A wallet's word that whoever holds a key reads in its party's name, within `scopes` (sorted), until `not_after`. `key_hash` is the key's SHA-256 (:mod:`protocol.access_keys`); never on chain. */
export interface AccessKey {
  readonly party: string;
  readonly keyHash: Hex;
  readonly scopes: readonly (string)[];
  readonly label: string;
  readonly notAfter: bigint;
}
export const AccessKey: RecordType<AccessKey> = /* @__PURE__ */ record<AccessKey>({ title: "AccessKey", format: "", place: "AccessKey", limit: 0 }, () => [
  field("party", "party", codec.text(2000), "string"),
  field("keyHash", "keyHash", codec.hash(), "bytes32"),
  field("scopes", "scopes", codec.sequence(codec.text(2000), 4096, null), "string[]"),
  field("label", "label", codec.text(2000), "string"),
  field("notAfter", "notAfter", codec.decimal(64), "uint64"),
]);

/** An applicant's facts, signed by its wallet and by its node signer; zero addresses and keys for no node. */
export interface Admission {
  readonly party: string;
  readonly wallet: Hex;
  readonly nodeSigner: Hex;
  readonly nodeKey: Hex;
  readonly sealKey: Hex;
  readonly operator: string;
  readonly roles: number;
  readonly profileHash: Hex;
}
export const Admission: RecordType<Admission> = /* @__PURE__ */ record<Admission>({ title: "Admission", format: "", place: "Admission", limit: 0 }, () => [
  field("party", "party", codec.text(2000), "string"),
  field("wallet", "wallet", codec.address(), "address"),
  field("nodeSigner", "nodeSigner", codec.address(), "address"),
  field("nodeKey", "nodeKey", codec.hash(), "bytes32"),
  field("sealKey", "sealKey", codec.hash(), "bytes32"),
  field("operator", "operator", codec.text(2000), "string"),
  field("roles", "roles", codec.integer(0, 4294967295), "uint32"),
  field("profileHash", "profileHash", codec.hash(), "bytes32"),
]);

/** A node's new log size and root; the chain asks for the RFC 9162 consistency proof beside it. */
export interface AnchorUpdate {
  readonly party: string;
  readonly epoch: bigint;
  readonly size: bigint;
  readonly root: Hex;
}
export const AnchorUpdate: RecordType<AnchorUpdate> = /* @__PURE__ */ record<AnchorUpdate>({ title: "AnchorUpdate", format: "", place: "AnchorUpdate", limit: 0 }, () => [
  field("party", "party", codec.text(2000), "string"),
  field("epoch", "epoch", codec.decimal(64), "uint64"),
  field("size", "size", codec.decimal(64), "uint64"),
  field("root", "root", codec.hash(), "bytes32"),
]);

/** A data owner's permission, as the wallet shows it (CONTRACTS.md). */
export interface Authorization {
  readonly dataSet: string;
  readonly dataVersion: number;
  readonly inputRoot: Hex;
  readonly programs: readonly (string)[];
  readonly programsDigest: Hex;
  readonly engine: string;
  readonly approvedSuccessors: boolean;
  readonly proposer: string;
  readonly purpose: string;
  readonly resultUsers: readonly (string)[];
  readonly computeParties: readonly (string)[];
  readonly policy: Hex;
  readonly task: Hex;
  readonly maxUses: number;
  readonly notBefore: bigint;
  readonly notAfter: bigint;
  readonly minProtectionLevel: number;
  readonly epsilonMicros: bigint;
  readonly legalBasis: string;
  readonly impactAssessment: Hex;
  readonly nonce: bigint;
}
export const Authorization: RecordType<Authorization> = /* @__PURE__ */ record<Authorization>({ title: "Authorization", format: "", place: "Authorization", limit: 0 }, () => [
  field("dataSet", "dataSet", codec.text(2000), "string"),
  field("dataVersion", "dataVersion", codec.integer(0, 4294967295), "uint32"),
  field("inputRoot", "inputRoot", codec.hash(), "bytes32"),
  field("programs", "programs", codec.sequence(codec.text(2000), 4096, null), "string[]"),
  field("programsDigest", "programsDigest", codec.hash(), "bytes32"),
  field("engine", "engine", codec.text(2000), "string"),
  field("approvedSuccessors", "approvedSuccessors", codec.boolean(), "bool"),
  field("proposer", "proposer", codec.text(2000), "string"),
  field("purpose", "purpose", codec.text(2000), "string"),
  field("resultUsers", "resultUsers", codec.sequence(codec.text(2000), 4096, null), "string[]"),
  field("computeParties", "computeParties", codec.sequence(codec.text(2000), 4096, null), "string[]"),
  field("policy", "policy", codec.hash(), "bytes32"),
  field("task", "task", codec.hash(), "bytes32"),
  field("maxUses", "maxUses", codec.integer(0, 4294967295), "uint32"),
  field("notBefore", "notBefore", codec.decimal(64), "uint64"),
  field("notAfter", "notAfter", codec.decimal(64), "uint64"),
  field("minProtectionLevel", "minProtectionLevel", codec.integer(0, 255), "uint8"),
  field("epsilonMicros", "epsilonMicros", codec.decimal(64), "uint64"),
  field("legalBasis", "legalBasis", codec.text(2000), "string"),
  field("impactAssessment", "impactAssessment", codec.hash(), "bytes32"),
  field("nonce", "nonce", codec.decimal(256), "uint256"),
]);

/** A third party's wallet states something about a version; `statement` is the SHA-256 of the words. */
export interface DataSetAttestation {
  readonly dataSet: string;
  readonly version: number;
  readonly party: string;
  readonly statement: Hex;
}
export const DataSetAttestation: RecordType<DataSetAttestation> = /* @__PURE__ */ record<DataSetAttestation>({ title: "DataSetAttestation", format: "", place: "DataSetAttestation", limit: 0 }, () => [
  field("dataSet", "dataSet", codec.text(2000), "string"),
  field("version", "version", codec.integer(0, 4294967295), "uint32"),
  field("party", "party", codec.text(2000), "string"),
  field("statement", "statement", codec.hash(), "bytes32"),
]);

/** A version of a data set, as its owner's wallet registers it; the chain keeps the legal basis as its hash. */
export interface DataSetRegistration {
  readonly dataSet: string;
  readonly owner: string;
  readonly version: number;
  readonly schemaHash: Hex;
  readonly inputRoot: Hex;
  readonly rows: bigint;
  readonly dataLevel: number;
  readonly legalBasis: string;
}
export const DataSetRegistration: RecordType<DataSetRegistration> = /* @__PURE__ */ record<DataSetRegistration>({ title: "DataSetRegistration", format: "", place: "DataSetRegistration", limit: 0 }, () => [
  field("dataSet", "dataSet", codec.text(2000), "string"),
  field("owner", "owner", codec.text(2000), "string"),
  field("version", "version", codec.integer(0, 4294967295), "uint32"),
  field("schemaHash", "schemaHash", codec.hash(), "bytes32"),
  field("inputRoot", "inputRoot", codec.hash(), "bytes32"),
  field("rows", "rows", codec.decimal(64), "uint64"),
  field("dataLevel", "dataLevel", codec.integer(0, 255), "uint8"),
  field("legalBasis", "legalBasis", codec.text(2000), "string"),
]);

/** The owner's wallet retires a version for ever. */
export interface DataSetRetirement {
  readonly dataSet: string;
  readonly version: number;
}
export const DataSetRetirement: RecordType<DataSetRetirement> = /* @__PURE__ */ record<DataSetRetirement>({ title: "DataSetRetirement", format: "", place: "DataSetRetirement", limit: 0 }, () => [
  field("dataSet", "dataSet", codec.text(2000), "string"),
  field("version", "version", codec.integer(0, 4294967295), "uint32"),
]);

/** New node keys, signed by the new node signer and by the party's wallet; `period` is the one they begin. */
export interface KeyRotation {
  readonly party: string;
  readonly nodeSigner: Hex;
  readonly nodeKey: Hex;
  readonly sealKey: Hex;
  readonly period: bigint;
}
export const KeyRotation: RecordType<KeyRotation> = /* @__PURE__ */ record<KeyRotation>({ title: "KeyRotation", format: "", place: "KeyRotation", limit: 0 }, () => [
  field("party", "party", codec.text(2000), "string"),
  field("nodeSigner", "nodeSigner", codec.address(), "address"),
  field("nodeKey", "nodeKey", codec.hash(), "bytes32"),
  field("sealKey", "sealKey", codec.hash(), "bytes32"),
  field("period", "period", codec.decimal(64), "uint64"),
]);

/** An owner's wallet states that its node sent no input in that run: the one way a use comes back (I3). */
export interface NoInputSent {
  readonly task: Hex;
  readonly authorization: Hex;
}
export const NoInputSent: RecordType<NoInputSent> = /* @__PURE__ */ record<NoInputSent>({ title: "NoInputSent", format: "", place: "NoInputSent", limit: 0 }, () => [
  field("task", "task", codec.hash(), "bytes32"),
  field("authorization", "authorization", codec.hash(), "bytes32"),
]);

/** An auditor's wallet asks an owner for rows of one registered version; never on chain. `positions` count from 0 in the committed order, `keys` are identifiers; both, and `columns`, are strictly sorted. `input_root` and `rows` are what the registry has of the version. The answer is sealed to `seal_key` (X25519). */
export interface OpeningRequest {
  readonly asker: string;
  readonly owner: string;
  readonly dataSet: string;
  readonly dataVersion: number;
  readonly inputRoot: Hex;
  readonly rows: bigint;
  readonly positions: readonly (bigint)[];
  readonly keys: readonly (string)[];
  readonly columns: readonly (string)[];
  readonly purpose: string;
  readonly sealKey: Hex;
  readonly notAfter: bigint;
  readonly nonce: bigint;
}
export const OpeningRequest: RecordType<OpeningRequest> = /* @__PURE__ */ record<OpeningRequest>({ title: "OpeningRequest", format: "", place: "OpeningRequest", limit: 0 }, () => [
  field("asker", "asker", codec.text(2000), "string"),
  field("owner", "owner", codec.text(2000), "string"),
  field("dataSet", "dataSet", codec.text(2000), "string"),
  field("dataVersion", "dataVersion", codec.integer(0, 4294967295), "uint32"),
  field("inputRoot", "inputRoot", codec.hash(), "bytes32"),
  field("rows", "rows", codec.decimal(64), "uint64"),
  field("positions", "positions", codec.sequence(codec.decimal(64), 100, null), "uint64[]"),
  field("keys", "keys", codec.sequence(codec.text(2000), 100, null), "string[]"),
  field("columns", "columns", codec.sequence(codec.text(2000), 4096, null), "string[]"),
  field("purpose", "purpose", codec.text(2000), "string"),
  field("sealKey", "sealKey", codec.hash(), "bytes32"),
  field("notAfter", "notAfter", codec.decimal(64), "uint64"),
  field("nonce", "nonce", codec.decimal(256), "uint256"),
]);

/** A task on chain; its EIP-712 digest is the task id, so nobody can squat it. A field that has the name of a contract's field holds the same; :func:`proposal_of` derives the others. */
export interface Proposal {
  readonly proposer: string;
  readonly scheduler: string;
  readonly contractDigest: Hex;
  readonly computeParties: readonly (string)[];
  readonly dataSets: readonly (string)[];
  readonly dataVersions: readonly (number)[];
  readonly epsilonMicros: readonly (bigint)[];
  readonly programs: readonly (string)[];
  readonly engine: string;
  readonly models: readonly (string)[];
  readonly licences: readonly (string)[];
  readonly resultUsers: readonly (string)[];
  readonly auditors: readonly (string)[];
  readonly reviewer: string;
  readonly purpose: string;
  readonly protectionLevel: number;
  readonly uses: number;
  readonly maxReserves: number;
  readonly deadline: bigint;
  readonly reviewBy: bigint;
  readonly nonce: bigint;
}
export const Proposal: RecordType<Proposal> = /* @__PURE__ */ record<Proposal>({ title: "Proposal", format: "", place: "Proposal", limit: 0 }, () => [
  field("proposer", "proposer", codec.text(2000), "string"),
  field("scheduler", "scheduler", codec.text(2000), "string"),
  field("contractDigest", "contractDigest", codec.hash(), "bytes32"),
  field("computeParties", "computeParties", codec.sequence(codec.text(2000), 4096, null), "string[]"),
  field("dataSets", "dataSets", codec.sequence(codec.text(2000), 4096, null), "string[]"),
  field("dataVersions", "dataVersions", codec.sequence(codec.integer(0, 4294967295), 4096, null), "uint32[]"),
  field("epsilonMicros", "epsilonMicros", codec.sequence(codec.decimal(64), 4096, null), "uint64[]"),
  field("programs", "programs", codec.sequence(codec.text(2000), 4096, null), "string[]"),
  field("engine", "engine", codec.text(2000), "string"),
  field("models", "models", codec.sequence(codec.text(2000), 4096, null), "string[]"),
  field("licences", "licences", codec.sequence(codec.text(2000), 4096, null), "string[]"),
  field("resultUsers", "resultUsers", codec.sequence(codec.text(2000), 4096, null), "string[]"),
  field("auditors", "auditors", codec.sequence(codec.text(2000), 4096, null), "string[]"),
  field("reviewer", "reviewer", codec.text(2000), "string"),
  field("purpose", "purpose", codec.text(2000), "string"),
  field("protectionLevel", "protectionLevel", codec.integer(0, 255), "uint8"),
  field("uses", "uses", codec.integer(0, 4294967295), "uint32"),
  field("maxReserves", "maxReserves", codec.integer(0, 4294967295), "uint32"),
  field("deadline", "deadline", codec.decimal(64), "uint64"),
  field("reviewBy", "reviewBy", codec.decimal(64), "uint64"),
  field("nonce", "nonce", codec.decimal(256), "uint256"),
]);

/** A result user's claim of the salted hash of what it reconstructed. */
export interface ResultAttestation {
  readonly task: Hex;
  readonly runId: Hex;
  readonly resultUser: string;
  readonly resultHash: Hex;
}
export const ResultAttestation: RecordType<ResultAttestation> = /* @__PURE__ */ record<ResultAttestation>({ title: "ResultAttestation", format: "", place: "ResultAttestation", limit: 0 }, () => [
  field("task", "task", codec.hash(), "bytes32"),
  field("runId", "runId", codec.hash(), "bytes32"),
  field("resultUser", "resultUser", codec.text(2000), "string"),
  field("resultHash", "resultHash", codec.hash(), "bytes32"),
]);

/** An owner takes an authorization back; also valid for a digest the chain has never seen. */
export interface Revocation {
  readonly authorization: Hex;
  readonly owner: string;
}
export const Revocation: RecordType<Revocation> = /* @__PURE__ */ record<Revocation>({ title: "Revocation", format: "", place: "Revocation", limit: 0 }, () => [
  field("authorization", "authorization", codec.hash(), "bytes32"),
  field("owner", "owner", codec.text(2000), "string"),
]);

/** An owner takes back all that it has submitted, up to its submission number `through`. */
export interface RevocationOfAll {
  readonly owner: string;
  readonly through: number;
}
export const RevocationOfAll: RecordType<RevocationOfAll> = /* @__PURE__ */ record<RevocationOfAll>({ title: "RevocationOfAll", format: "", place: "RevocationOfAll", limit: 0 }, () => [
  field("owner", "owner", codec.text(2000), "string"),
  field("through", "through", codec.integer(0, 4294967295), "uint32"),
]);

/** What one committee node states about one run, signed before any result is readable (I7). */
export interface RunCommitment {
  readonly task: Hex;
  readonly runId: Hex;
  readonly party: string;
  readonly inputRoot: Hex;
  readonly epoch: bigint;
  readonly logSize: bigint;
  readonly logRoot: Hex;
  readonly links: readonly (Hex)[];
  readonly outputShares: Hex;
}
export const RunCommitment: RecordType<RunCommitment> = /* @__PURE__ */ record<RunCommitment>({ title: "RunCommitment", format: "", place: "RunCommitment", limit: 0 }, () => [
  field("task", "task", codec.hash(), "bytes32"),
  field("runId", "runId", codec.hash(), "bytes32"),
  field("party", "party", codec.text(2000), "string"),
  field("inputRoot", "inputRoot", codec.hash(), "bytes32"),
  field("epoch", "epoch", codec.decimal(64), "uint64"),
  field("logSize", "logSize", codec.decimal(64), "uint64"),
  field("logRoot", "logRoot", codec.hash(), "bytes32"),
  field("links", "links", codec.sequence(codec.hash(), 100, null), "bytes32[]"),
  field("outputShares", "outputShares", codec.hash(), "bytes32"),
]);

/** The present wallet names another, or none (zero); the named one accepts by signing the same. `change` is the number of this naming, from 1: one more than the registry's `pendingWallet` gives. */
export interface WalletChange {
  readonly party: string;
  readonly newWallet: Hex;
  readonly change: bigint;
}
export const WalletChange: RecordType<WalletChange> = /* @__PURE__ */ record<WalletChange>({ title: "WalletChange", format: "", place: "WalletChange", limit: 0 }, () => [
  field("party", "party", codec.text(2000), "string"),
  field("newWallet", "newWallet", codec.address(), "address"),
  field("change", "change", codec.decimal(64), "uint64"),
]);

/** The node received this contract for this task: the digest it checked against the chain, and which chain. */
export interface TaskContractStatement {
  readonly task: Hex;
  readonly contract: Hex;
  readonly run: Hex | null;
  readonly party: string;
  readonly time: number;
  readonly chainId: bigint;
  readonly deployment: Hex;
}
export const TaskContractStatement: RecordType<TaskContractStatement> = /* @__PURE__ */ record<TaskContractStatement>({ title: "TaskContract", format: "", place: "TaskContract", limit: 0 }, () => [
  field("task", "task", codec.hash()),
  field("contract", "contract", codec.hash()),
  field("run", "run", codec.optional(codec.hash())),
  field("party", "party", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("time", "time", codec.integer(0, 9007199254740991)),
  field("chainId", "chain_id", codec.decimal(256)),
  field("deployment", "deployment", codec.hash()),
]);

/** What the node checked by itself at a finalised block; `authorization` is None for a party without data. */
export interface ConsentCheckStatement {
  readonly task: Hex;
  readonly contract: Hex;
  readonly run: Hex | null;
  readonly party: string;
  readonly time: number;
  readonly authorization: Hex | null;
  readonly block: bigint;
  readonly blockHash: Hex;
  readonly checks: readonly (Check)[];
}
export const ConsentCheckStatement: RecordType<ConsentCheckStatement> = /* @__PURE__ */ record<ConsentCheckStatement>({ title: "ConsentCheck", format: "", place: "ConsentCheck", limit: 0 }, () => [
  field("task", "task", codec.hash()),
  field("contract", "contract", codec.hash()),
  field("run", "run", codec.optional(codec.hash())),
  field("party", "party", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("time", "time", codec.integer(0, 9007199254740991)),
  field("authorization", "authorization", codec.optional(codec.hash())),
  field("block", "block", codec.decimal(64)),
  field("blockHash", "block_hash", codec.hash()),
  field("checks", "checks", codec.sequence(nested(() => Check), 11, "name")),
]);

/** The rows that the node read for the task hash to this root (one statement per data set). */
export interface InputCommitmentStatement {
  readonly task: Hex;
  readonly contract: Hex;
  readonly run: Hex | null;
  readonly party: string;
  readonly time: number;
  readonly dataSet: Hex;
  readonly version: number;
  readonly schema: Hex;
  readonly inputRoot: Hex;
  readonly rows: bigint;
  readonly columns: number;
}
export const InputCommitmentStatement: RecordType<InputCommitmentStatement> = /* @__PURE__ */ record<InputCommitmentStatement>({ title: "InputCommitment", format: "", place: "InputCommitment", limit: 0 }, () => [
  field("task", "task", codec.hash()),
  field("contract", "contract", codec.hash()),
  field("run", "run", codec.optional(codec.hash())),
  field("party", "party", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("time", "time", codec.integer(0, 9007199254740991)),
  field("dataSet", "data_set", codec.hash()),
  field("version", "version", codec.integer(1, 4294967295)),
  field("schema", "schema", codec.hash()),
  field("inputRoot", "input_root", codec.hash()),
  field("rows", "rows", codec.decimal(64)),
  field("columns", "columns", codec.integer(1, 4096)),
]);

/** How the run went: committee, parameters, digest of the engine that computed, steps in order, links sorted by peer. Links that do not fit go into further run statements of the same run that repeat the other facts. */
export interface RunStatement {
  readonly task: Hex;
  readonly contract: Hex;
  readonly run: Hex | null;
  readonly party: string;
  readonly time: number;
  readonly committee: readonly (string)[];
  readonly mpc: MpcParameters;
  readonly engine: Hex;
  readonly steps: readonly (StepFact)[];
  readonly links: readonly (LinkFact)[];
}
export const RunStatement: RecordType<RunStatement> = /* @__PURE__ */ record<RunStatement>({ title: "Run", format: "", place: "Run", limit: 0 }, () => [
  field("task", "task", codec.hash()),
  field("contract", "contract", codec.hash()),
  field("run", "run", codec.optional(codec.hash())),
  field("party", "party", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("time", "time", codec.integer(0, 9007199254740991)),
  field("committee", "committee", codec.sortedTexts(codec.matching("[a-z0-9-]{1,63}", "id.malformed"), 100)),
  field("mpc", "mpc", nested(() => MpcParameters)),
  field("engine", "engine", codec.hash()),
  field("steps", "steps", codec.sequence(nested(() => StepFact), 64, null)),
  field("links", "links", codec.sequence(nested(() => LinkFact), 48, "peer")),
]);

/** The salted output shares that this party holds, sorted by name hash; very many go into several statements. */
export interface OutputCommitmentStatement {
  readonly task: Hex;
  readonly contract: Hex;
  readonly run: Hex | null;
  readonly party: string;
  readonly time: number;
  readonly outputs: readonly (OutputShare)[];
}
export const OutputCommitmentStatement: RecordType<OutputCommitmentStatement> = /* @__PURE__ */ record<OutputCommitmentStatement>({ title: "OutputCommitment", format: "", place: "OutputCommitment", limit: 0 }, () => [
  field("task", "task", codec.hash()),
  field("contract", "contract", codec.hash()),
  field("run", "run", codec.optional(codec.hash())),
  field("party", "party", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("time", "time", codec.integer(0, 9007199254740991)),
  field("outputs", "outputs", codec.sequence(nested(() => OutputShare), 256, "name")),
]);

/** Shares sealed for one result user after the chain showed completion and, where one is named, the review. "No evidence, no result": the two block numbers say what the node had seen when it released. */
export interface ReleaseStatement {
  readonly task: Hex;
  readonly contract: Hex;
  readonly run: Hex | null;
  readonly party: string;
  readonly time: number;
  readonly resultUser: string;
  readonly completed: bigint;
  readonly completedHash: Hex;
  readonly reviewed: bigint | null;
  readonly outputs: readonly (SealedOutput)[];
}
export const ReleaseStatement: RecordType<ReleaseStatement> = /* @__PURE__ */ record<ReleaseStatement>({ title: "Release", format: "", place: "Release", limit: 0 }, () => [
  field("task", "task", codec.hash()),
  field("contract", "contract", codec.hash()),
  field("run", "run", codec.optional(codec.hash())),
  field("party", "party", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("time", "time", codec.integer(0, 9007199254740991)),
  field("resultUser", "result_user", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("completed", "completed", codec.decimal(64)),
  field("completedHash", "completed_hash", codec.hash()),
  field("reviewed", "reviewed", codec.optional(codec.decimal(64))),
  field("outputs", "outputs", codec.sequence(nested(() => SealedOutput), 256, "name")),
]);

/** The node says no before it sent any input; the sentence behind `reason` is fixed text in `reasons`. */
export interface RefusalStatement {
  readonly task: Hex;
  readonly contract: Hex;
  readonly run: Hex | null;
  readonly party: string;
  readonly time: number;
  readonly authorization: Hex | null;
  readonly reason: "check.not_started" | "check.contract_mismatch" | "check.authorization_mismatch" | "check.data_changed" | "check.program_changed" | "check.peer_keys" | "check.policy" | "check.clock" | "owner.declined" | "check.does_not_fit" | "check.engine" | "check.law" | "run.interrupted" | "run.peer_lost" | "run.input_range" | "run.program_failed" | "run.protocol_violation" | "run.deadline" | "run.evidence_disagrees";
}
export const RefusalStatement: RecordType<RefusalStatement> = /* @__PURE__ */ record<RefusalStatement>({ title: "Refusal", format: "", place: "Refusal", limit: 0 }, () => [
  field("task", "task", codec.hash()),
  field("contract", "contract", codec.hash()),
  field("run", "run", codec.optional(codec.hash())),
  field("party", "party", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("time", "time", codec.integer(0, 9007199254740991)),
  field("authorization", "authorization", codec.optional(codec.hash())),
  field("reason", "reason", codec.choice(["check.not_started", "check.contract_mismatch", "check.authorization_mismatch", "check.data_changed", "check.program_changed", "check.peer_keys", "check.policy", "check.clock", "owner.declined", "check.does_not_fit", "check.engine", "check.law", "run.interrupted", "run.peer_lost", "run.input_range", "run.program_failed", "run.protocol_violation", "run.deadline", "run.evidence_disagrees"], "json.wrong_value")),
]);

/** The node ended a run: why, in which step, and which peer it was waiting for or contradicts (None: itself). */
export interface AbortStatement {
  readonly task: Hex;
  readonly contract: Hex;
  readonly run: Hex | null;
  readonly party: string;
  readonly time: number;
  readonly reason: "check.not_started" | "check.contract_mismatch" | "check.authorization_mismatch" | "check.data_changed" | "check.program_changed" | "check.peer_keys" | "check.policy" | "check.clock" | "owner.declined" | "check.does_not_fit" | "check.engine" | "check.law" | "run.interrupted" | "run.peer_lost" | "run.input_range" | "run.program_failed" | "run.protocol_violation" | "run.deadline" | "run.evidence_disagrees";
  readonly step: string | null;
  readonly peer: string | null;
}
export const AbortStatement: RecordType<AbortStatement> = /* @__PURE__ */ record<AbortStatement>({ title: "Abort", format: "", place: "Abort", limit: 0 }, () => [
  field("task", "task", codec.hash()),
  field("contract", "contract", codec.hash()),
  field("run", "run", codec.optional(codec.hash())),
  field("party", "party", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("time", "time", codec.integer(0, 9007199254740991)),
  field("reason", "reason", codec.choice(["check.not_started", "check.contract_mismatch", "check.authorization_mismatch", "check.data_changed", "check.program_changed", "check.peer_keys", "check.policy", "check.clock", "owner.declined", "check.does_not_fit", "check.engine", "check.law", "run.interrupted", "run.peer_lost", "run.input_range", "run.program_failed", "run.protocol_violation", "run.deadline", "run.evidence_disagrees"], "json.wrong_value")),
  field("step", "step", codec.optional(codec.matching("[a-z][a-z0-9_.]{0,62}", "json.wrong_value"))),
  field("peer", "peer", codec.optional(codec.matching("[a-z0-9-]{1,63}", "id.malformed"))),
]);

/** Working copies that were erased, at `time`. */
export interface ErasureStatement {
  readonly task: Hex;
  readonly contract: Hex;
  readonly run: Hex | null;
  readonly party: string;
  readonly time: number;
  readonly copies: readonly (Erased)[];
}
export const ErasureStatement: RecordType<ErasureStatement> = /* @__PURE__ */ record<ErasureStatement>({ title: "Erasure", format: "", place: "Erasure", limit: 0 }, () => [
  field("task", "task", codec.hash()),
  field("contract", "contract", codec.hash()),
  field("run", "run", codec.optional(codec.hash())),
  field("party", "party", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("time", "time", codec.integer(0, 9007199254740991)),
  field("copies", "copies", codec.sequence(nested(() => Erased), 256, null)),
]);

/** The last word about a task: `entries` are the positions in this log of everything that the party stated before it. A position below an anchored root holds one envelope only, so nothing of the list can be left out or replaced unseen. A party that had stated nothing says so with an empty list. */
export interface TaskEndStatement {
  readonly task: Hex;
  readonly contract: Hex;
  readonly run: Hex | null;
  readonly party: string;
  readonly time: number;
  readonly entries: readonly (number)[];
}
export const TaskEndStatement: RecordType<TaskEndStatement> = /* @__PURE__ */ record<TaskEndStatement>({ title: "TaskEnd", format: "", place: "TaskEnd", limit: 0 }, () => [
  field("task", "task", codec.hash()),
  field("contract", "contract", codec.hash()),
  field("run", "run", codec.optional(codec.hash())),
  field("party", "party", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("time", "time", codec.integer(0, 9007199254740991)),
  field("entries", "entries", codec.sequence(codec.integer(0, 9007199254740991), 4096, null)),
]);

/** A run whose transcripts are SHA-256: no longer made, for ever verified. */
export interface RunV2Statement {
  readonly task: Hex;
  readonly contract: Hex;
  readonly run: Hex | null;
  readonly party: string;
  readonly time: number;
  readonly committee: readonly (string)[];
  readonly mpc: MpcParameters;
  readonly engine: Hex;
  readonly steps: readonly (StepFact)[];
  readonly links: readonly (LinkFact)[];
}
export const RunV2Statement: RecordType<RunV2Statement> = /* @__PURE__ */ record<RunV2Statement>({ title: "RunV2", format: "", place: "RunV2", limit: 0 }, () => [
  field("task", "task", codec.hash()),
  field("contract", "contract", codec.hash()),
  field("run", "run", codec.optional(codec.hash())),
  field("party", "party", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("time", "time", codec.integer(0, 9007199254740991)),
  field("committee", "committee", codec.sortedTexts(codec.matching("[a-z0-9-]{1,63}", "id.malformed"), 100)),
  field("mpc", "mpc", nested(() => MpcParameters)),
  field("engine", "engine", codec.hash()),
  field("steps", "steps", codec.sequence(nested(() => StepFact), 64, null)),
  field("links", "links", codec.sequence(nested(() => LinkFact), 48, "peer")),
]);

/** What a holder signs with each answer. `answered` is the answer's place in the session, `number` the asker's own, `about` the digest of what was answered from (for `lookup` the full mirror's manifest), `question` and `answer` the digests of the two records. */
export interface AnswerReceipt {
  readonly party: string;
  readonly session: Hex;
  readonly answered: number;
  readonly asker: string;
  readonly number: number;
  readonly time: number;
  readonly about: Hex;
  readonly question: Hex;
  readonly answer: Hex;
}
export const AnswerReceipt: RecordType<AnswerReceipt> = /* @__PURE__ */ record<AnswerReceipt>({ title: "AnswerReceipt", format: "tallystick/answer-receipt/v1", place: "receipt", limit: 4096 }, () => [
  field("party", "party", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("session", "session", codec.hash()),
  field("answered", "answered", codec.integer(1, 9007199254740991)),
  field("asker", "asker", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("number", "number", codec.integer(1, 9007199254740991)),
  field("time", "time", codec.integer(0, 9007199254740991)),
  field("about", "about", codec.hash()),
  field("question", "question", codec.hash()),
  field("answer", "answer", codec.hash()),
]);

/** Receipts `first` to `last` of a session, by the root of their tree. `number` counts the session's batches from 1, `previous` is the SHA-256 of the one before, as it was stated. */
export interface ReceiptBatch {
  readonly session: Hex;
  readonly party: string;
  readonly number: number;
  readonly first: number;
  readonly last: number;
  readonly root: Hex;
  readonly previous: Hex | null;
  readonly time: number;
}
export const ReceiptBatch: RecordType<ReceiptBatch> = /* @__PURE__ */ record<ReceiptBatch>({ title: "ReceiptBatch", format: "", place: "ReceiptBatch", limit: 0 }, () => [
  field("session", "session", codec.hash()),
  field("party", "party", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("number", "number", codec.integer(1, 9007199254740991)),
  field("first", "first", codec.integer(1, 9007199254740991)),
  field("last", "last", codec.integer(1, 9007199254740991)),
  field("root", "root", codec.hash()),
  field("previous", "previous", codec.optional(codec.hash())),
  field("time", "time", codec.integer(0, 9007199254740991)),
], rules.ReceiptBatch);

/** What shows that a receipt is in the holder's log: the session's terms, the entry of its batch, the receipt's path in the batch, and the log's checkpoint (C2SP signed note) at a size that is anchored. */
export interface AnswerProof {
  readonly terms: SessionTerms;
  readonly batch: EntryProof;
  readonly path: readonly (Hex)[];
  /** C2SP signed note */
  readonly checkpoint: string;
}
export const AnswerProof: RecordType<AnswerProof> = /* @__PURE__ */ record<AnswerProof>({ title: "AnswerProof", format: "tallystick/answer-proof/v1", place: "answer_proof", limit: 1048576 }, () => [
  field("terms", "terms", nested(() => SessionTerms)),
  field("batch", "batch", nested(() => EntryProof)),
  field("path", "path", codec.sequence(codec.hash(), 64, null)),
  field("checkpoint", "checkpoint", codec.lines(8192)),
]);

/** One data set of one owner: the columns and rows that the task may touch. */
export interface Input {
  readonly dataSet: string;
  readonly version: number;
  readonly owner: string;
  readonly columns: readonly (string)[];
  readonly filters: readonly (RowFilter)[];
}
export const Input: RecordType<Input> = /* @__PURE__ */ record<Input>({ title: "Input", format: "", place: "Input", limit: 0 }, () => [
  field("dataSet", "data_set", codec.matching("[a-z0-9-]{1,30}-[0-9a-f]{32}", "id.malformed")),
  field("version", "version", codec.integer(1, 4294967295)),
  field("owner", "owner", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("columns", "columns", codec.sortedTexts(codec.matching("[a-z0-9_]{1,63}", "id.malformed"), 4096)),
  field("filters", "filters", codec.sequence(nested(() => RowFilter), 64, null)),
]);

/** One program of the workflow. `inputs` maps the program's input names to `step.output` or data set names. */
export interface Step {
  readonly id: string;
  readonly program: string;
  readonly parameters: codec.Entries<codec.Scalar>;
  readonly inputs: codec.Entries<readonly (string)[]>;
}
export const Step: RecordType<Step> = /* @__PURE__ */ record<Step>({ title: "Step", format: "", place: "Step", limit: 0 }, () => [
  field("id", "id", codec.matching("[a-z0-9_]{1,31}", "contract.step_id")),
  field("program", "program", codec.matching("[a-z0-9_.]{1,63}@(0|[1-9][0-9]{0,5})\\.(0|[1-9][0-9]{0,5})\\.(0|[1-9][0-9]{0,5})", "id.malformed")),
  field("parameters", "parameters", codec.entries(codec.key(), codec.scalar("contract.parameter"), 64)),
  field("inputs", "inputs", codec.entries(codec.key(), codec.sequence(codec.matching("[a-z0-9_.-]{1,63}", "contract.port"), 100, null), 64)),
]);

/** A value that leaves the computation, and the result users who can read it: nobody else can. */
export interface Output {
  readonly source: string;
  readonly users: readonly (string)[];
}
export const Output: RecordType<Output> = /* @__PURE__ */ record<Output>({ title: "Output", format: "", place: "Output", limit: 0 }, () => [
  field("source", "from", codec.matching("[a-z0-9_.-]{1,63}", "contract.port")),
  field("users", "to", codec.sortedTexts(codec.matching("[a-z0-9-]{1,63}", "id.malformed"), 100)),
]);

/** What stays, as shares, at the compute nodes after the task: who may propose tasks that use it, until when. */
export interface Keep {
  /** `step.output` of a model, a shared table or shares */
  readonly source: string;
  readonly users: readonly (string)[];
  /** Unix seconds, a decimal string */
  readonly until: bigint;
}
export const Keep: RecordType<Keep> = /* @__PURE__ */ record<Keep>({ title: "Keep", format: "", place: "Keep", limit: 0 }, () => [
  field("source", "from", codec.matching("[a-z0-9_.-]{1,63}", "contract.port")),
  field("users", "for", codec.sortedTexts(codec.matching("[a-z0-9-]{1,63}", "id.malformed"), 100)),
  field("until", "until", codec.decimal(64)),
]);

/** What an earlier task left at the nodes; steps read it by `name`. `kind` is checked by ports and by the nodes. */
export interface KeptModel {
  readonly name: string;
  readonly task: Hex;
  /** `step.output` of that task */
  readonly source: string;
  /** `model:` and its family, `shares` or `shared`, as that output's program says */
  readonly kind: string;
}
export const KeptModel: RecordType<KeptModel> = /* @__PURE__ */ record<KeptModel>({ title: "KeptModel", format: "", place: "KeptModel", limit: 0 }, () => [
  field("name", "name", codec.matching("[a-z0-9_]{1,31}", "contract.model_name")),
  field("task", "task", codec.hash()),
  field("source", "from", codec.matching("[a-z0-9_.-]{1,63}", "contract.port")),
  field("kind", "kind", codec.matching("shares|shared|model:[a-z][a-z0-9-]{0,30}", "contract.kept_kind")),
]);

/** The exceptions of a standing ask; empty, a task must ask exactly the same. `parameters` maps `step.parameter` to a span, or to the words it may be. `filters` are row filters whose values may vary. `versions` are data sets, of other owners, whose version may be any. `absent` are data sets of other owners that a task may leave out, as long as `counterparts` data sets of other owners take part. `until` maps a kept output to the last second (unix time) until which a task may have it kept. */
export interface Ranges {
  readonly parameters: codec.Entries<Span | readonly string[]>;
  readonly filters: readonly (FilterRange)[];
  readonly versions: readonly (string)[];
  readonly absent: readonly (string)[];
  readonly counterparts: number;
  readonly until: codec.Entries<bigint>;
}
export const Ranges: RecordType<Ranges> = /* @__PURE__ */ record<Ranges>({ title: "Ranges", format: "", place: "Ranges", limit: 0 }, () => [
  field("parameters", "parameters", codec.entries(codec.matching("[a-z0-9_]{1,31}\\.[a-z0-9_]{1,63}", "ask.key"), special.allowed(nested(() => Span), codec.sequence(codec.text(200), 64, null)), 4096)),
  field("filters", "filters", codec.sequence(nested(() => FilterRange), 256, null)),
  field("versions", "versions", codec.sortedTexts(codec.matching("[a-z0-9-]{1,30}-[0-9a-f]{32}", "id.malformed"), 100)),
  field("absent", "absent", codec.sortedTexts(codec.matching("[a-z0-9-]{1,30}-[0-9a-f]{32}", "id.malformed"), 100)),
  field("counterparts", "counterparts", codec.integer(0, 100)),
  field("until", "until", codec.entries(codec.matching("[a-z0-9_]{1,31}\\.[a-z0-9_]{1,63}", "ask.key"), codec.decimal(64), 64)),
]);

/** A text in the two languages people read. */
export interface Words {
  readonly english: string;
  readonly chinese: string;
}
export const Words: RecordType<Words> = /* @__PURE__ */ record<Words>({ title: "Words", format: "", place: "Words", limit: 0 }, () => [
  field("english", "en", codec.text(2000)),
  field("chinese", "zh", codec.text(2000)),
]);

/** One log entry of a task: the DSSE envelope's bytes, its index, its inclusion proof at the checkpoint's size. */
export interface EntryProof {
  readonly index: number;
  readonly envelope: Uint8Array;
  readonly proof: readonly (Hex)[];
}
export const EntryProof: RecordType<EntryProof> = /* @__PURE__ */ record<EntryProof>({ title: "EntryProof", format: "", place: "EntryProof", limit: 0 }, () => [
  field("index", "index", codec.integer(0, 9007199254740991)),
  field("envelope", "envelope", codec.blob(1048576)),
  field("proof", "proof", codec.sequence(codec.hash(), 64, null)),
]);

/** Blocks proven by one base's state, newest first, and the account proof of the history contract in that state. */
export interface Window {
  readonly account: readonly (Uint8Array)[];
  readonly blocks: readonly (Ancestor)[];
}
export const Window: RecordType<Window> = /* @__PURE__ */ record<Window>({ title: "Window", format: "", place: "Window", limit: 0 }, () => [
  field("account", "account", codec.sequence(codec.hexadecimal(65536), 64, null)),
  field("blocks", "blocks", codec.sequence(nested(() => Ancestor), 8191, null)),
]);

/** One question of the party check and its answer. */
export interface Check {
  readonly name: "authorization" | "clock" | "contract" | "data" | "engine" | "fields" | "finality" | "peers" | "policy" | "programs" | "started";
  readonly answer: "fails" | "holds" | "not_applicable";
}
export const Check: RecordType<Check> = /* @__PURE__ */ record<Check>({ title: "Check", format: "", place: "Check", limit: 0 }, () => [
  field("name", "name", codec.choice(["authorization", "clock", "contract", "data", "engine", "fields", "finality", "peers", "policy", "programs", "started"], "json.wrong_value")),
  field("answer", "answer", codec.choice(["fails", "holds", "not_applicable"], "json.wrong_value")),
]);

/** What secrecy rests on: protocol stack, security model (1 semi-honest, 2 malicious), field modulus, Shamir threshold (never 0: I4), statistical parameter κ in bits. */
export interface MpcParameters {
  readonly backend: string;
  readonly securityModel: number;
  readonly field: bigint;
  readonly threshold: number;
  readonly kappa: number;
}
export const MpcParameters: RecordType<MpcParameters> = /* @__PURE__ */ record<MpcParameters>({ title: "MpcParameters", format: "", place: "MpcParameters", limit: 0 }, () => [
  field("backend", "backend", codec.matching("[a-z][a-z0-9_.]{0,62}", "json.wrong_value")),
  field("securityModel", "security_model", codec.integer(1, 2)),
  field("field", "field", codec.decimal(256)),
  field("threshold", "threshold", codec.integer(1, 100)),
  field("kappa", "kappa", codec.integer(1, 256)),
]);

/** One executed step; `disclosed` are the declared public sizes and counts that it opened, sorted by name. */
export interface StepFact {
  readonly id: string;
  readonly program: string;
  readonly code: Hex;
  readonly milliseconds: number;
  readonly disclosed: codec.Entries<number>;
}
export const StepFact: RecordType<StepFact> = /* @__PURE__ */ record<StepFact>({ title: "StepFact", format: "", place: "StepFact", limit: 0 }, () => [
  field("id", "id", codec.matching("[a-z][a-z0-9_.]{0,62}", "json.wrong_value")),
  field("program", "program", codec.matching("[a-z0-9_.]{1,63}@(0|[1-9][0-9]{0,5})\\.(0|[1-9][0-9]{0,5})\\.(0|[1-9][0-9]{0,5})", "id.malformed")),
  field("code", "code", codec.hash()),
  field("milliseconds", "milliseconds", codec.integer(0, 9007199254740991)),
  field("disclosed", "disclosed", codec.entries(codec.matching("[a-z][a-z0-9_.]{0,62}", "json.wrong_value"), codec.integer(0, 9007199254740991), 16)),
]);

/** One link as this party saw it, with both ends' Ed25519 signatures (`commitments.LinkTranscript.message`). `sent` and `received` are the hashes of all frames in that direction, heartbeats excluded, as the run statement's `TRANSCRIPT` says. */
export interface LinkFact {
  readonly peer: string;
  readonly sent: Hex;
  readonly sentFrames: number;
  readonly received: Hex;
  readonly receivedFrames: number;
  readonly signature: Uint8Array;
  readonly countersignature: Uint8Array;
}
export const LinkFact: RecordType<LinkFact> = /* @__PURE__ */ record<LinkFact>({ title: "LinkFact", format: "", place: "LinkFact", limit: 0 }, () => [
  field("peer", "peer", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("sent", "sent", codec.hash()),
  field("sentFrames", "sent_frames", codec.integer(0, 9007199254740991)),
  field("received", "received", codec.hash()),
  field("receivedFrames", "received_frames", codec.integer(0, 9007199254740991)),
  field("signature", "signature", codec.raw(64)),
  field("countersignature", "countersignature", codec.raw(64)),
]);

/** One output's share commitment; `name` is `commitments.output_name` of the contract's output. */
export interface OutputShare {
  readonly name: Hex;
  readonly shape: readonly (number)[];
  readonly fractionBits: number;
  readonly commitment: Hex;
}
export const OutputShare: RecordType<OutputShare> = /* @__PURE__ */ record<OutputShare>({ title: "OutputShare", format: "", place: "OutputShare", limit: 0 }, () => [
  field("name", "name", codec.hash()),
  field("shape", "shape", codec.sequence(codec.integer(0, 4294967295), 8, null)),
  field("fractionBits", "fraction_bits", codec.integer(0, 255)),
  field("commitment", "commitment", codec.hash()),
]);

/** One sealed blob: the SHA-256 of its bytes and the share commitment that its content opens. */
export interface SealedOutput {
  readonly name: Hex;
  readonly sealed: Hex;
  readonly commitment: Hex;
}
export const SealedOutput: RecordType<SealedOutput> = /* @__PURE__ */ record<SealedOutput>({ title: "SealedOutput", format: "", place: "SealedOutput", limit: 0 }, () => [
  field("name", "name", codec.hash()),
  field("sealed", "sealed", codec.hash()),
  field("commitment", "commitment", codec.hash()),
]);

/** One working copy that is gone; `sha256` of what it held, None where it was never written as bytes. */
export interface Erased {
  readonly kind: "input_rows" | "intermediate_shares" | "output_shares" | "run_keys" | "temporary_files";
  readonly sha256: Hex | null;
}
export const Erased: RecordType<Erased> = /* @__PURE__ */ record<Erased>({ title: "Erased", format: "", place: "Erased", limit: 0 }, () => [
  field("kind", "kind", codec.choice(["input_rows", "intermediate_shares", "output_shares", "run_keys", "temporary_files"], "json.wrong_value")),
  field("sha256", "sha256", codec.optional(codec.hash())),
]);

/** What a holder offers: who may ask what, how often, until when. Times are unix seconds, `idle` and `delay` seconds. `subject` is what the service answers from, for `lookup` the list's name, and `data_set` where that comes from. Within `delay` of an answer its receipt is in a log that is anchored. */
export interface SessionTerms {
  readonly party: string;
  readonly service: "lookup";
  readonly subject: string;
  readonly dataSet: string;
  readonly askers: readonly (SessionAsker)[];
  readonly purpose: string;
  readonly legalBasis: string;
  readonly begins: number;
  readonly ends: number;
  readonly idle: number;
  readonly delay: number;
  readonly nonce: Hex;
}
export const SessionTerms: RecordType<SessionTerms> = /* @__PURE__ */ record<SessionTerms>({ title: "SessionTerms", format: "tallystick/session-terms/v1", place: "terms", limit: 65536 }, () => [
  field("party", "party", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("service", "service", codec.choice(["lookup"], "session.service")),
  field("subject", "subject", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("dataSet", "data_set", codec.matching("[a-z0-9-]{1,30}-[0-9a-f]{32}", "id.malformed")),
  field("askers", "askers", codec.sequence(nested(() => SessionAsker), 100, "party")),
  field("purpose", "purpose", codec.text(1000)),
  field("legalBasis", "legal_basis", codec.text(1000)),
  field("begins", "begins", codec.integer(0, 9007199254740991)),
  field("ends", "ends", codec.integer(0, 9007199254740991)),
  field("idle", "idle", codec.integer(0, 9007199254740991)),
  field("delay", "delay", codec.integer(0, 9007199254740991)),
  field("nonce", "nonce", codec.hash()),
], rules.SessionTerms);

/** Keep rows where `column operator value` holds; `value` is text as it stands in the canonical row. */
export interface RowFilter {
  readonly column: string;
  readonly operator: "eq" | "ne" | "lt" | "le" | "gt" | "ge";
  readonly value: string;
}
export const RowFilter: RecordType<RowFilter> = /* @__PURE__ */ record<RowFilter>({ title: "RowFilter", format: "", place: "RowFilter", limit: 0 }, () => [
  field("column", "column", codec.matching("[a-z0-9_]{1,63}", "id.malformed")),
  field("operator", "operator", codec.choice(["eq", "ne", "lt", "le", "gt", "ge"], "contract.operator")),
  field("value", "value", codec.text(200)),
]);

/** Values from `low` to `high`, both inside: numbers, or dates as `YYYY-MM-DD`. */
export interface Span {
  readonly low: string;
  readonly high: string;
}
export const Span: RecordType<Span> = /* @__PURE__ */ record<Span>({ title: "Span", format: "", place: "Span", limit: 0 }, () => [
  field("low", "from", codec.text(40)),
  field("high", "to", codec.text(40)),
], rules.Span);

/** The value of one row filter may lie in a span: the filter at `place` among those of `data_set`, counted from 0. */
export interface FilterRange {
  readonly dataSet: string;
  readonly place: number;
  readonly span: Span;
}
export const FilterRange: RecordType<FilterRange> = /* @__PURE__ */ record<FilterRange>({ title: "FilterRange", format: "", place: "FilterRange", limit: 0 }, () => [
  field("dataSet", "data_set", codec.matching("[a-z0-9-]{1,30}-[0-9a-f]{32}", "id.malformed")),
  field("place", "place", codec.integer(0, 63)),
  field("span", "values", nested(() => Span)),
]);

/** An earlier block's RLP header, and the storage proof that the base's state has its hash. */
export interface Ancestor {
  readonly header: Uint8Array;
  readonly storage: readonly (Uint8Array)[];
}
export const Ancestor: RecordType<Ancestor> = /* @__PURE__ */ record<Ancestor>({ title: "Ancestor", format: "", place: "Ancestor", limit: 0 }, () => [
  field("header", "header", codec.hexadecimal(16384)),
  field("storage", "storage", codec.sequence(codec.hexadecimal(65536), 64, null)),
]);

/** Who may ask, and how much: `per_minute` and `uses` (in all) count ids, not questions. */
export interface SessionAsker {
  readonly party: string;
  readonly perMinute: number;
  readonly uses: number;
}
export const SessionAsker: RecordType<SessionAsker> = /* @__PURE__ */ record<SessionAsker>({ title: "SessionAsker", format: "", place: "SessionAsker", limit: 0 }, () => [
  field("party", "party", codec.matching("[a-z0-9-]{1,63}", "id.malformed")),
  field("perMinute", "per_minute", codec.integer(1, 1000000000)),
  field("uses", "uses", codec.integer(1, 1000000000)),
]);

/** Every message that is signed (EIP-712): its record, and the contract in whose domain it is signed. */
export const SIGNED = {
  Abort: { type: Abort, home: "Tasks" },
  Access: { type: Access, home: "Tasks" },
  AccessKey: { type: AccessKey, home: "Tasks" },
  Admission: { type: Admission, home: "PartyRegistry" },
  AnchorUpdate: { type: AnchorUpdate, home: "Anchors" },
  Authorization: { type: Authorization, home: "Consents" },
  DataSetAttestation: { type: DataSetAttestation, home: "DataSets" },
  DataSetRegistration: { type: DataSetRegistration, home: "DataSets" },
  DataSetRetirement: { type: DataSetRetirement, home: "DataSets" },
  KeyRotation: { type: KeyRotation, home: "PartyRegistry" },
  NoInputSent: { type: NoInputSent, home: "Consents" },
  OpeningRequest: { type: OpeningRequest, home: "DataSets" },
  Proposal: { type: Proposal, home: "Tasks" },
  ResultAttestation: { type: ResultAttestation, home: "Tasks" },
  Revocation: { type: Revocation, home: "Consents" },
  RevocationOfAll: { type: RevocationOfAll, home: "Consents" },
  RunCommitment: { type: RunCommitment, home: "Tasks" },
  WalletChange: { type: WalletChange, home: "PartyRegistry" },
} as const;

/** Every statement of a party's log, by its in-toto predicate type. */
export const STATEMENTS = {
  "https://tallystick.dev/task-contract/v1": { type: TaskContractStatement, kind: "task-contract", runKnown: false },
  "https://tallystick.dev/consent-check/v2": { type: ConsentCheckStatement, kind: "consent-check", runKnown: false },
  "https://tallystick.dev/input-commitment/v1": { type: InputCommitmentStatement, kind: "input-commitment", runKnown: false },
  "https://tallystick.dev/run/v3": { type: RunStatement, kind: "run", runKnown: true },
  "https://tallystick.dev/output-commitment/v1": { type: OutputCommitmentStatement, kind: "output-commitment", runKnown: true },
  "https://tallystick.dev/release/v1": { type: ReleaseStatement, kind: "release", runKnown: true },
  "https://tallystick.dev/refusal/v1": { type: RefusalStatement, kind: "refusal", runKnown: false },
  "https://tallystick.dev/abort/v1": { type: AbortStatement, kind: "abort", runKnown: false },
  "https://tallystick.dev/erasure/v1": { type: ErasureStatement, kind: "erasure", runKnown: false },
  "https://tallystick.dev/task-end/v1": { type: TaskEndStatement, kind: "task-end", runKnown: false },
  "https://tallystick.dev/run/v2": { type: RunV2Statement, kind: "run", runKnown: true },
} as const;

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Everything that a party signs or that a contract keeps. Field order in the signed structs is the order of the EIP-712
// types in libraries/TypedData.sol. A `string` of the typed data is its keccak256 here: the chain never holds words.

/// @dev Role bits of a party (`PartyRecord.roles`).
uint32 constant DATA_PROVIDER = 1;
uint32 constant COMPUTE_PROVIDER = 2;
uint32 constant ALGORITHM_PROVIDER = 4;
uint32 constant SCHEDULER = 8;
uint32 constant RESULT_USER = 16;
uint32 constant REGULATOR = 32;
uint32 constant CERTIFIER = 64;
uint32 constant PLATFORM = 128;

/// @dev keccak256 of the empty string: how "no party" (no reviewer) reads once a string has become its hash.
bytes32 constant NOBODY = keccak256("");

/// @dev Upper bounds of every list that is walked, so that no caller can write a task too long to end.
uint256 constant MAX_PARTIES = 100;
uint256 constant MAX_PROGRAMS = 64;
/// @dev The committee is bounded lower: agreement compares every pair of it in one transaction.
uint256 constant MAX_COMMITTEE = 32;
/// @dev An honest majority needs three (threshold one of three).
uint256 constant MIN_COMMITTEE = 3;
/// @dev Without a third party, two owners compute with each other.
uint256 constant MIN_OWNERS = 2;
uint256 constant MAX_MODELS = 16;
/// @dev Contracts that a start asks besides the consents.
uint256 constant MAX_CONDITIONS = 8;
/// @dev Approved successions that are followed from one release to another.
uint256 constant MAX_SUCCESSIONS = 16;
/// @dev Protection levels and data levels are 1..5.
uint8 constant MAX_LEVEL = 5;
/// @dev Seconds that a reviewer may be given after the deadline: results nobody may read are not kept for ever.
uint64 constant MAX_REVIEW = 90 days;
/// @dev The longest lifetime and the longest delay that a deployment may choose.
uint64 constant MAX_PERIOD = 3650 days;

enum PartyStatus {
    None,
    Active,
    Suspended
}

struct PartyRecord {
    // Signs consents, proposals and admin acts: an account or a contract (EIP-1271).
    address wallet;
    // secp256k1 key of the node: signs commitments, anchors, aborts. Zero for a party without a node.
    address nodeSigner;
    // Ed25519 key of the node: TLS identity and evidence log.
    bytes32 nodeKey;
    // X25519 key that results are sealed to.
    bytes32 sealKey;
    // Who really runs it: two parties of one operator never share a committee.
    bytes32 operator;
    // Role bits.
    uint32 roles;
    // SHA-256 of the party's public profile.
    bytes32 profileHash;
    PartyStatus status;
}

enum VersionStatus {
    None,
    Active,
    Retired
}

struct DataSetVersion {
    bytes32 owner;
    bytes32 schemaHash;
    // Root of the salted commitments to the rows.
    bytes32 inputRoot;
    uint64 rows;
    // Sensitivity, 1..5.
    uint8 dataLevel;
    // Salted hash of the legal basis.
    bytes32 legalBasis;
    VersionStatus status;
}

enum ReleaseKind {
    Program,
    Engine
}

/// @dev Who commits in a task of a program.
enum CommitteeKind {
    // Compute parties that the proposal names: three or more, of distinct operators.
    Three,
    // The owners of the data compute with each other.
    Owners,
    // Nobody computes with anybody; each owner answers for itself.
    None
}

/// @dev A published program or engine. An engine has none of the fields from `committee` to `outputKind`.
struct Release {
    // Party that published it; zero when the publisher role did.
    bytes32 publisher;
    bytes32 codeDigest;
    ReleaseKind kind;
    CommitteeKind committee;
    uint8 protectionLevel;
    // 1 semi-honest with an honest majority, 2 malicious.
    uint8 securityModel;
    // Of those who commit.
    uint8 minParties;
    uint8 maxParties;
    uint8 outputKind;
    uint8 approvals;
    VersionStatus status;
    // Place in the order of publication, from 1.
    uint64 serial;
}

/// @dev What a release is replaced by, as its publisher declared and certifiers approved.
struct Succession {
    bytes32 newer;
    uint8 approvals;
}

/// @dev Signed by the data owner's wallet; checked by Consents.
struct Authorization {
    bytes32 dataSet;
    uint32 dataVersion;
    bytes32 inputRoot;
    bytes32[] programs;
    // keccak256 of the programs' own code digests, in order.
    bytes32 programsDigest;
    bytes32 engine;
    // Whether approved successors of the programs and the engine may stand in for them.
    bool approvedSuccessors;
    bytes32 proposer;
    bytes32 purpose;
    bytes32[] resultUsers;
    // In committee order; empty where there is no committee.
    bytes32[] computeParties;
    // Digest of the whole ask; never zero.
    bytes32 policy;
    // The one task it is for; zero makes it a standing authorization.
    bytes32 task;
    uint32 maxUses;
    // Both ends are inside the window.
    uint64 notBefore;
    uint64 notAfter;
    uint8 minProtectionLevel;
    // What each block of uses spends of the data set's differential-privacy budget.
    uint64 epsilonMicros;
    bytes32 legalBasis;
    bytes32 impactAssessment;
    // Makes equal authorizations distinct; not ordered.
    uint256 nonce;
}

enum AuthorizationStatus {
    None,
    Active,
    Revoked
}

struct AuthorizationRecord {
    bytes32 owner;
    // Whose signature was checked when it was submitted.
    address wallet;
    uint32 usesLeft;
    uint32 maxUses;
    uint32 dataVersion;
    AuthorizationStatus status;
    bool approvedSuccessors;
    uint8 minProtectionLevel;
    uint64 notBefore;
    uint64 notAfter;
    uint64 epsilonMicros;
    // Its number among the owner's submissions, from 1: `revokeAll` names the last one that it revokes.
    uint32 sequence;
    bytes32 dataSet;
    bytes32 inputRoot;
    // keccak256 of the list, as EIP-712 encodes it.
    bytes32 programs;
    bytes32 engine;
    bytes32 proposer;
    bytes32 purpose;
    // keccak256 of the list.
    bytes32 resultUsers;
    // keccak256 of the list.
    bytes32 computeParties;
    bytes32 policy;
    bytes32 task;
    // The programs themselves, kept only where successors may stand in.
    bytes32[] programList;
}

/// @dev What a starting task asks of one data set; compared field by field with the authorization.
struct TaskFacts {
    bytes32 task;
    bytes32 dataSet;
    uint32 dataVersion;
    bytes32 inputRoot;
    bytes32[] programs;
    bytes32 engine;
    bytes32 proposer;
    bytes32 purpose;
    // keccak256 of the list.
    bytes32 resultUsers;
    // keccak256 of the list.
    bytes32 computeParties;
    uint8 protectionLevel;
    uint64 epsilonMicros;
    // How many uses it takes now.
    uint32 uses;
}

enum UseState {
    None,
    Consumed,
    Returned
}

/// @dev What a task took of an authorization.
struct Use {
    UseState state;
    // In all its blocks; returned together.
    uint32 uses;
}

/// @dev Signed by the proposer's wallet; checked by Tasks. Its digest is the task id.
struct Proposal {
    bytes32 proposer;
    bytes32 scheduler;
    // SHA-256 of the task contract's canonical JSON.
    bytes32 contractDigest;
    // The order gives the Shamir points 1, 2, 3, …; empty where there is no committee.
    bytes32[] computeParties;
    bytes32[] dataSets;
    uint32[] dataVersions;
    // What each block of uses spends of each data set's budget.
    uint64[] epsilonMicros;
    bytes32[] programs;
    bytes32 engine;
    bytes32[] models;
    // One for each model; keccak256("") where the proposer owns it.
    bytes32[] licences;
    bytes32[] resultUsers;
    bytes32[] auditors;
    // keccak256("") when there is none.
    bytes32 reviewer;
    bytes32 purpose;
    uint8 protectionLevel;
    // A block of uses: taken of every authorization at start and by each `reserve`. 1 for a task that runs once.
    uint32 uses;
    // Blocks that may be reserved after the start; 0 for a task that runs once.
    uint32 maxReserves;
    // Last second in which the task may start, reserve, commit or abort.
    uint64 deadline;
    // Last second of the review; zero exactly when there is no reviewer.
    uint64 reviewBy;
    uint256 nonce;
}

/// @dev Signed by a committee member's node; checked by Tasks.
struct RunCommitment {
    bytes32 task;
    bytes32 runId;
    bytes32 party;
    // Zero for a party without data.
    bytes32 inputRoot;
    uint64 epoch;
    uint64 logSize;
    bytes32 logRoot;
    // One hash per committee peer, in committee order, the own place skipped; none where there is no committee.
    bytes32[] links;
    bytes32 outputShares;
}

/// @dev Signed by a node, for a refusal before start also by a data owner's wallet, and for a withdrawal by the proposer's;
/// checked by Tasks.
struct Abort {
    bytes32 task;
    bytes32 party;
    // REFUSAL, ABORT or WITHDRAWAL.
    uint8 kind;
    uint8 reason;
    bytes32 statement;
}

uint8 constant REFUSAL = 1;
uint8 constant ABORT = 2;
uint8 constant WITHDRAWAL = 3;

/// @dev Signed by a result user's wallet or node; checked by Tasks.
struct ResultAttestation {
    bytes32 task;
    bytes32 runId;
    bytes32 resultUser;
    bytes32 resultHash;
}

/// @dev Signed by a node; checked by Anchors.
struct AnchorUpdate {
    bytes32 party;
    uint64 epoch;
    uint64 size;
    bytes32 root;
}

/// @dev A log's size and its RFC 9162 root.
struct LogHead {
    uint64 size;
    bytes32 root;
}

/// @dev A root that was anchored, and the period of the keys that signed for it.
struct AnchoredRoot {
    bytes32 root;
    uint64 keyPeriod;
}

enum TaskState {
    None,
    Proposed,
    Started,
    Completed,
    Disputed,
    Aborted,
    Refused,
    Expired
}

enum Review {
    None,
    Approved,
    Rejected,
    // Nobody said a word in time: as rejected, and for ever.
    Expired
}

struct Task {
    TaskState state;
    Review review;
    CommitteeKind committee;
    uint8 protectionLevel;
    // Commitments received.
    uint8 commitments;
    uint64 deadline;
    uint64 proposedAt;
    uint64 startedAt;
    uint64 reviewBy;
    // Blocks of uses reserved after the start.
    uint32 reserves;
    bytes32 proposer;
    bytes32 scheduler;
    bytes32 reviewer;
    bytes32 contractDigest;
    // Set when the task completes.
    bytes32 runId;
    // Who commits: the compute parties, or the distinct owners where there is no committee.
    bytes32[] committers;
}

/// @dev What Tasks keeps of a commitment; the rest is in the event.
struct CommitmentRecord {
    bytes32 runId;
    bytes32 outputShares;
    bytes32[] links;
}

/// @dev A contract that every start and reserve asks while it is in force.
struct Condition {
    address condition;
    // First second in which it is asked.
    uint64 activeFrom;
    // Tasks proposed in this second or later are no longer its own; zero while no removal is scheduled.
    uint64 removedFrom;
}

// --- what is registered: signed types are in libraries/Registrations.sol ---

/// @dev Signed by the party's wallet and by its node signer; checked by PartyRegistry.
struct Admission {
    bytes32 party;
    address wallet;
    // Zero, as the node key, for a party without a node.
    address nodeSigner;
    bytes32 nodeKey;
    bytes32 sealKey;
    bytes32 operator;
    uint32 roles;
    bytes32 profileHash;
}

/// @dev Signed by the new node signer and by the party's wallet; checked by PartyRegistry.
struct KeyRotation {
    bytes32 party;
    address nodeSigner;
    bytes32 nodeKey;
    bytes32 sealKey;
    // Number of the period that these keys begin.
    uint64 period;
}

/// @dev A party's keys from a block on, until its next period begins, in the same block or a later one.
struct KeyPeriod {
    uint64 fromBlock;
    address nodeSigner;
    bytes32 nodeKey;
    bytes32 sealKey;
}

/// @dev Signed by the owner's wallet; checked by DataSets.
struct DataSetRegistration {
    bytes32 dataSet;
    bytes32 owner;
    uint32 version;
    bytes32 schemaHash;
    bytes32 inputRoot;
    uint64 rows;
    uint8 dataLevel;
    bytes32 legalBasis;
}

/// @dev Signed by a third party's wallet; checked by DataSets.
struct DataSetAttestation {
    bytes32 dataSet;
    uint32 version;
    bytes32 party;
    bytes32 statement;
}

/// @dev Shares of a model are basis points of this.
uint256 constant ALL_SHARES = 10_000;
/// @dev Licences of one model that stand at the same time: every new one is compared with them.
uint256 constant MAX_LICENCES = 64;

/// @dev Signed by the wallets of all owners, of the proposer of the task that made it, and of that task's data owners;
/// checked by Models.
struct ModelRegistration {
    bytes32 model;
    // Salted hash of the kept model, as the nodes that keep it know it.
    bytes32 modelHash;
    // The task that made it.
    bytes32 task;
    bytes32[] owners;
    // Basis points, in the owners' order; they sum to 10,000.
    uint16[] shares;
}

struct ModelRecord {
    bytes32 modelHash;
    bytes32 task;
    VersionStatus status;
    bytes32[] owners;
    uint16[] shares;
}

bytes32 constant EXCLUSIVE = keccak256("exclusive");
bytes32 constant SOLE = keccak256("sole");
bytes32 constant ORDINARY = keccak256("ordinary");

/// @dev Who else may use the model while the licence lasts: nobody, the owners, or anyone with a licence.
enum LicenceKind {
    None,
    Exclusive,
    Sole,
    Ordinary
}

/// @dev Signed by the wallets of all owners of the model; checked by Models.
struct LicenceGrant {
    bytes32 model;
    // Chosen anew for each licence of a model, which makes equal licences distinct.
    bytes32 licence;
    // A word, so that a wallet shows it: EXCLUSIVE, SOLE or ORDINARY.
    bytes32 kind;
    bytes32 licensee;
    uint32 maxUses;
    // Both ends are inside the window.
    uint64 notBefore;
    uint64 notAfter;
}

struct LicenceRecord {
    bytes32 licensee;
    LicenceKind kind;
    VersionStatus status;
    uint32 maxUses;
    uint32 usesLeft;
    uint64 notBefore;
    uint64 notAfter;
}

/// @dev Signed by the data owner's wallet; checked by Budgets.
struct BudgetChange {
    bytes32 dataSet;
    // All that may ever be spent of the data set, in millionths of epsilon.
    uint64 epsilonMicros;
    // Number of this change of the data set's budget, from 1.
    uint64 change;
}

struct Budget {
    uint64 epsilonMicros;
    uint64 spent;
    uint64 change;
}

/// @dev Public key of a passkey: a point of P-256.
struct Passkey {
    bytes32 x;
    bytes32 y;
}

/// @dev What one passkey of an account signed: `assertion` is the ABI encoding of OpenZeppelin's `WebAuthnAuth`.
struct PasskeySignature {
    Passkey passkey;
    bytes assertion;
}

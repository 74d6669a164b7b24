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
/// @dev Protection levels and data levels are 1..5.
uint8 constant MAX_LEVEL = 5;

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

struct Program {
    // Party that published it; zero when the publisher role did.
    bytes32 publisher;
    bytes32 codeDigest;
    uint8 protectionLevel;
    // 1 semi-honest with an honest majority, 2 malicious.
    uint8 securityModel;
    uint8 minParties;
    uint8 maxParties;
    uint8 outputKind;
    uint8 approvals;
    VersionStatus status;
}

/// @dev Signed by the data owner's wallet; checked by Consents.
struct Authorization {
    bytes32 dataSet;
    uint32 dataVersion;
    bytes32 inputRoot;
    bytes32[] programs;
    // keccak256 of the programs' code digests, in order.
    bytes32 programsDigest;
    bytes32 proposer;
    bytes32 purpose;
    bytes32[] resultUsers;
    // In committee order.
    bytes32[] computeParties;
    // Digest of what a task may ask; never zero in a standing authorization.
    bytes32 policy;
    // The one task it is for; zero makes it a standing authorization.
    bytes32 task;
    uint32 maxUses;
    // Both ends are inside the window.
    uint64 notBefore;
    uint64 notAfter;
    uint8 minProtectionLevel;
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
    uint32 usesLeft;
    AuthorizationStatus status;
    uint32 maxUses;
    uint32 dataVersion;
    uint8 minProtectionLevel;
    uint64 notBefore;
    uint64 notAfter;
    uint64 epsilonMicros;
    bytes32 dataSet;
    bytes32 inputRoot;
    // keccak256 of the list, as EIP-712 encodes it.
    bytes32 programs;
    bytes32 programsDigest;
    bytes32 proposer;
    bytes32 purpose;
    // keccak256 of the list.
    bytes32 resultUsers;
    // keccak256 of the list.
    bytes32 computeParties;
    bytes32 policy;
    bytes32 task;
}

/// @dev What a starting task asks of one data set; compared field by field with the authorization.
struct TaskFacts {
    bytes32 task;
    bytes32 dataSet;
    uint32 dataVersion;
    bytes32 inputRoot;
    bytes32 programs;
    bytes32 programsDigest;
    bytes32 proposer;
    bytes32 purpose;
    bytes32 resultUsers;
    bytes32 computeParties;
    uint8 protectionLevel;
}

enum UseState {
    None,
    Consumed,
    Returned
}

/// @dev Signed by the proposer's wallet; checked by Tasks. Its digest is the task id.
struct Proposal {
    bytes32 proposer;
    bytes32 scheduler;
    // SHA-256 of the task contract's canonical JSON.
    bytes32 contractDigest;
    // The order gives the Shamir points 1, 2, 3, …
    bytes32[] computeParties;
    bytes32[] dataSets;
    uint32[] dataVersions;
    bytes32[] programs;
    bytes32[] resultUsers;
    bytes32[] auditors;
    // keccak256("") when there is none.
    bytes32 reviewer;
    bytes32 purpose;
    uint8 protectionLevel;
    // Last second in which the task may start, commit or abort.
    uint64 deadline;
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
    // One hash per committee peer, in committee order, the own place skipped.
    bytes32[] links;
    bytes32 outputShares;
}

/// @dev Signed by a node (or, for a refusal before start, by a data owner's wallet); checked by Tasks.
struct Abort {
    bytes32 task;
    bytes32 party;
    // REFUSAL or ABORT.
    uint8 kind;
    uint8 reason;
    bytes32 statement;
}

uint8 constant REFUSAL = 1;
uint8 constant ABORT = 2;

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
    Rejected
}

struct Task {
    TaskState state;
    Review review;
    uint8 protectionLevel;
    // Commitments received.
    uint8 commitments;
    uint64 deadline;
    uint64 startedAt;
    bytes32 proposer;
    bytes32 scheduler;
    bytes32 reviewer;
    bytes32 contractDigest;
    // Set when the task completes.
    bytes32 runId;
    bytes32[] computeParties;
}

/// @dev What Tasks keeps of a commitment; the rest is in the event.
struct CommitmentRecord {
    bytes32 runId;
    bytes32 outputShares;
    bytes32[] links;
}

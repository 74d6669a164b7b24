// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Abort, CommitmentRecord, Proposal, ResultAttestation, RunCommitment, Task, TaskState} from "../Types.sol";

/// @title Tasks, from proposal to result
/// @notice A task id is the EIP-712 digest of its `Proposal`, so it binds the proposer and every field on chain, this
/// chain, contract and deployment; nobody can take another's id. The states and their transitions are in
/// libraries/TaskStates.sol. Everything but `expire` and `attest` happens up to and including the deadline, and `expire`
/// strictly after it, so the two never race.
interface ITasks {
    event TaskProposed(
        bytes32 indexed task,
        bytes32 proposer,
        bytes32 scheduler,
        bytes32 contractDigest,
        bytes32[] computeParties,
        bytes32[] dataSets,
        uint32[] dataVersions,
        bytes32[] programs,
        bytes32[] resultUsers,
        bytes32[] auditors,
        bytes32 reviewer,
        bytes32 purpose,
        uint8 protectionLevel,
        uint64 deadline,
        uint256 nonce
    );
    event TaskStarted(bytes32 indexed task, bytes32[] authorizations, bytes32 programsDigest, uint64 startedAt);
    event RunCommitted(
        bytes32 indexed task,
        bytes32 runId,
        bytes32 indexed party,
        bytes32 inputRoot,
        uint64 epoch,
        uint64 logSize,
        bytes32 logRoot,
        bytes32[] links,
        bytes32 outputShares
    );
    event TaskCompleted(bytes32 indexed task, bytes32 runId);
    /// @param left First party of each contradicting pair; `right` holds the second at the same place. A pair contradicts
    /// when the run ids differ or the two hashes of their link do: the `RunCommitted` events say which.
    event TaskDisputed(bytes32 indexed task, bytes32[] left, bytes32[] right);
    event TaskAborted(bytes32 indexed task, bytes32 indexed party, uint8 kind, uint8 reason, bytes32 statement);
    /// @param missing Committee members that did not commit: not culprits, the silent ones. Empty before start.
    event TaskExpired(bytes32 indexed task, bytes32[] missing);
    event OutputReviewed(bytes32 indexed task, bytes32 indexed reviewer, bool approved, bytes32 statement);
    event ResultAttested(bytes32 indexed task, bytes32 runId, bytes32 indexed resultUser, bytes32 resultHash);

    /// @notice Records a proposal signed by its proposer's wallet. Anyone relays it.
    /// @dev Checks what can never change: lists, committee size, data sets, auditors apart from the committee.
    function propose(Proposal calldata p, bytes calldata signature) external;

    /// @notice Starts a task: checks everything and takes one use of every authorization, or reverts. Only the wallet or
    /// node signer of the proposer or scheduler; once per task, a retry is a new task.
    /// @param authorizations Digests, one per data set, in the proposal's order.
    function start(Proposal calldata p, bytes32[] calldata authorizations) external;

    /// @notice A committee member's commitment, signed by its node. Anyone relays it; one per member. The last one ends
    /// the task: Completed when all agree, else Disputed.
    /// Warning: log and output values are recorded, not compared.
    /// Warning: the signature is checked against the registry's key of now; after a rotation the node signs anew.
    function commit(RunCommitment calldata c, bytes calldata signature) external;

    /// @notice Ends a task at the word of a committee member or data owner, before its own commitment. Signed by its node;
    /// a refusal before start may come from a data owner's wallet.
    function abort(Abort calldata a, bytes calldata signature) external;

    /// @notice Ends a task strictly after its deadline. Anyone, also while paused.
    function expire(bytes32 task) external;

    /// @notice The named reviewer's word on the output, once, by its wallet. Nodes release nothing without a yes.
    function review(bytes32 task, bool approved, bytes32 statement) external;

    /// @notice A result user's attestation of what it received, signed by its wallet or node; one per result user.
    function attest(ResultAttestation calldata r, bytes calldata signature) external;

    /// @notice The task; state None when there is none.
    function get(bytes32 task) external view returns (Task memory);

    function stateOf(bytes32 task) external view returns (TaskState);

    /// @notice What a committee member committed to; zeros when it has not.
    function commitmentOf(bytes32 task, bytes32 party) external view returns (CommitmentRecord memory);

    /// @notice Whether nodes may release their output shares: completed, and approved where a reviewer is named.
    function isReleasable(bytes32 task) external view returns (bool);

    /// @notice The task id, which is the digest that the proposer's wallet signs.
    function idOf(Proposal calldata p) external view returns (bytes32);

    /// @notice Whether the guardian stopped `propose`, `start` and `Consents.submit`. Nothing else is ever stopped.
    function paused() external view returns (bool);
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Abort, CommitmentRecord, Proposal, ResultAttestation, RunCommitment, Task, TaskState} from "../Types.sol";

/// @title Tasks, from proposal to result
/// @notice A task id is the EIP-712 digest of its `Proposal`, so it binds the proposer and every field on chain, this
/// chain, contract and deployment; nobody can take another's id. The states and their transitions are in
/// libraries/TaskStates.sol. `start`, `reserve`, `commit` and `abort` happen up to and including the deadline, and `expire`
/// strictly after it, so the two never race; likewise `review` and `expireReview`.
///
/// Who commits is what the task's programs declare (`CommitteeKind`): the named compute parties, the owners who compute
/// with each other, or each owner for itself.
///
/// Events say with which key a party signed: `keyPeriod` counts its keys as the registry does, in the moment of the event.
/// So a signature is judged by what the chain printed in its own order, and not by the end of a block.
interface ITasks {
    /// @param wallet The proposer's, whose signature was checked.
    event TaskProposed(bytes32 indexed task, address indexed wallet, Proposal proposal);
    event TaskStarted(bytes32 indexed task, bytes32[] authorizations, bytes32 programsDigest, uint64 startedAt);
    /// @param number Which block of uses, from 1; the uses taken at start have none.
    /// @param authorizations As in `reserve`.
    event UsesReserved(bytes32 indexed task, uint32 number, uint32 uses, bytes32[] authorizations);
    event RunCommitted(
        bytes32 indexed task,
        bytes32 runId,
        bytes32 indexed party,
        bytes32 inputRoot,
        uint64 epoch,
        uint64 logSize,
        bytes32 logRoot,
        bytes32[] links,
        bytes32 outputShares,
        uint64 keyPeriod
    );
    event TaskCompleted(bytes32 indexed task, bytes32 runId);
    /// @param left First party of each contradicting pair; `right` holds the second at the same place. A pair contradicts
    /// when the run ids differ or the two hashes of their link do: the `RunCommitted` events say which.
    event TaskDisputed(bytes32 indexed task, bytes32[] left, bytes32[] right);
    /// @param kind A refusal leaves the task Refused, an abort and a withdrawal leave it Aborted.
    /// @param keyPeriod Of the node's key; zero when the wallet signed. The same in `ResultAttested`.
    event TaskAborted(
        bytes32 indexed task, bytes32 indexed party, uint8 kind, uint8 reason, bytes32 statement, uint64 keyPeriod
    );
    /// @param missing Those who should have committed and did not: not culprits, the silent ones. Empty before start.
    event TaskExpired(bytes32 indexed task, bytes32[] missing);
    event OutputReviewed(bytes32 indexed task, bytes32 indexed reviewer, bool approved, bytes32 statement);
    /// @dev The output is never released.
    event ReviewExpired(bytes32 indexed task, bytes32 indexed reviewer, uint64 reviewBy);
    event ResultAttested(
        bytes32 indexed task, bytes32 runId, bytes32 indexed resultUser, bytes32 resultHash, uint64 keyPeriod
    );

    /// @notice Records a proposal signed by its proposer's wallet. Anyone relays it.
    /// @dev Checks what can never change: lists, times, who commits, and that auditors and reviewer are run by others than
    /// those they check (see IProposalRules). Every party, release and data set named must be registered.
    function propose(Proposal calldata p, bytes calldata signature) external;

    /// @notice Starts a task: checks everything that may have changed since the proposal, takes a block of uses of every
    /// authorization and asks the start conditions, or reverts. Only the wallet or node signer of the proposer or
    /// scheduler; once per task, a retry is a new task.
    /// @param authorizations Digests, one per data set, in the proposal's order.
    function start(Proposal calldata p, bytes32[] calldata authorizations) external;

    /// @notice Takes the next block of uses for a started task, under every check of a start, or reverts; at most
    /// `maxReserves` times. The authorizations may be others than at the start.
    /// Warning: what was reserved and not used does not come back, unless the task ends without a result and an owner
    /// returns all that the task took of its authorization.
    function reserve(Proposal calldata p, bytes32[] calldata authorizations) external;

    /// @notice The commitment of one who commits, signed by its node. Anyone relays it; one each. The last one ends the
    /// task: Completed when all agree, else Disputed.
    /// @dev Agreement is one run id and, where a committee computes, the same hash from both ends of every link.
    /// Warning: log and output values are recorded, not compared.
    /// Warning: the signature is checked against the registry's key of now; after a rotation the node signs anew.
    function commit(RunCommitment calldata c, bytes calldata signature) external;

    /// @notice Ends a task at the word of one who commits or of a data owner, before its own commitment. Signed by its node;
    /// a refusal before start may come from a data owner's wallet. A withdrawal takes a proposal back: it is the proposer's
    /// wallet's alone, since that wallet proposed, and comes before the start.
    /// @dev Takes no use and gives none back: authorizations for this task alone can start nothing any more, standing ones
    /// are as they were. A withdrawal and a start in one block: whichever comes first reverts the other.
    function abort(Abort calldata a, bytes calldata signature) external;

    /// @notice Ends a task strictly after its deadline. Anyone, also while paused.
    function expire(bytes32 task) external;

    /// @notice The named reviewer's word on the output, once, by its wallet, in time. Nodes release nothing without a yes.
    function review(bytes32 task, bool approved, bytes32 statement) external;

    /// @notice Ends a review strictly after its time. Anyone, also while paused. The output is never released then.
    function expireReview(bytes32 task) external;

    /// @notice A result user's attestation of what it received, signed by its wallet or node; one per result user.
    function attest(ResultAttestation calldata r, bytes calldata signature) external;

    /// @notice The task; state None when there is none.
    function get(bytes32 task) external view returns (Task memory);

    function stateOf(bytes32 task) external view returns (TaskState);

    /// @notice What a party committed to; zeros when it has not.
    function commitmentOf(bytes32 task, bytes32 party) external view returns (CommitmentRecord memory);

    /// @notice Whether nodes may release their output shares: completed, and approved where a reviewer is named.
    function isReleasable(bytes32 task) external view returns (bool);

    /// @notice The task id, which is the digest that the proposer's wallet signs.
    function idOf(Proposal calldata p) external view returns (bytes32);

    /// @notice Whether the guardian stopped `propose`, `start`, `reserve` and `Consents.submit`. Nothing else is ever stopped.
    function paused() external view returns (bool);
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AlreadyAttested,
    AlreadyCommitted,
    AlreadyReviewed,
    BadLength,
    DeadlineNotPassed,
    DeadlinePassed,
    NoReservesLeft,
    NotInTask,
    NotReleased,
    OutOfRange,
    ReviewNotOver,
    ReviewOver,
    TaskExists,
    WrongRun,
    WrongState,
    WrongWiring,
    ZeroValue
} from "./Errors.sol";
import {
    ABORT,
    Abort,
    CommitmentRecord,
    CommitteeKind,
    NOBODY,
    PartyRecord,
    Proposal,
    REFUSAL,
    ResultAttestation,
    Review,
    RunCommitment,
    Task,
    TaskState,
    WITHDRAWAL
} from "./Types.sol";
import {Domain} from "./base/Domain.sol";
import {StartConditions} from "./base/StartConditions.sol";
import {Starts} from "./base/Starts.sol";
import {IAnchors} from "./interfaces/IAnchors.sol";
import {IConsents} from "./interfaces/IConsents.sol";
import {IDataSets} from "./interfaces/IDataSets.sol";
import {IPartyRegistry} from "./interfaces/IPartyRegistry.sol";
import {IPrograms} from "./interfaces/IPrograms.sol";
import {IProposalRules} from "./interfaces/IProposalRules.sol";
import {ITasks} from "./interfaces/ITasks.sol";
import {Parties} from "./libraries/Parties.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {TaskStates} from "./libraries/TaskStates.sol";
import {TypedData} from "./libraries/TypedData.sol";
import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

/// @title Tasks
/// @notice See ITasks.
contract Tasks is ITasks, Domain, Starts, AccessControl, Pausable {
    using Parties for IPartyRegistry;
    using Parties for PartyRecord;
    using TypedData for Abort;
    using TypedData for Proposal;
    using TypedData for ResultAttestation;
    using TypedData for RunCommitment;

    /// @notice Pauses and resumes.
    bytes32 public constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");

    // What a party is to a task, and what it has done in it: bits of _marks.
    uint8 private constant COMMITS = 1;
    uint8 private constant IS_OWNER = 2;
    uint8 private constant IS_RESULT_USER = 4;
    uint8 private constant HAS_COMMITTED = 8;
    uint8 private constant HAS_ATTESTED = 16;

    IProposalRules public immutable rules;
    IAnchors public immutable anchors;

    mapping(bytes32 task => Task) private _tasks;
    mapping(bytes32 task => mapping(bytes32 party => uint8)) private _marks;
    mapping(bytes32 task => mapping(bytes32 party => CommitmentRecord)) private _commitments;

    /// @dev The other contracts of the deployment.
    struct Wiring {
        IPartyRegistry registry;
        IDataSets dataSets;
        IPrograms programs;
        IProposalRules rules;
        IConsents consents;
        IAnchors anchors;
    }

    /// @param admin Holds the guardian role and may hand it on.
    /// @param conditions_ In force from the first block on.
    /// @param conditionDelay_ Seconds; see IStartConditions.
    /// @param maxLifetime_ Seconds from a proposal to the latest deadline that it may name.
    constructor(
        bytes32 deploymentId_,
        Wiring memory wiring,
        address admin,
        address[] memory conditions_,
        uint64 conditionDelay_,
        uint64 maxLifetime_
    )
        Domain(deploymentId_)
        StartConditions(wiring.registry, conditions_, conditionDelay_, maxLifetime_)
        Starts(wiring.dataSets, wiring.programs, wiring.consents)
    {
        if (admin == address(0)) revert ZeroValue("admin");
        if (wiring.consents.tasks() != address(this)) revert WrongWiring(address(wiring.consents));
        if (wiring.anchors.tasks() != address(this)) revert WrongWiring(address(wiring.anchors));
        bool sameRegisters = address(wiring.rules.registry()) == address(wiring.registry)
            && address(wiring.rules.dataSets()) == address(wiring.dataSets)
            && address(wiring.rules.programs()) == address(wiring.programs);
        if (!sameRegisters) revert WrongWiring(address(wiring.rules));
        rules = wiring.rules;
        anchors = wiring.anchors;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(GUARDIAN_ROLE, admin);
    }

    /// @notice Stops `propose`, `start`, `reserve` and `Consents.submit`; never revoke, commit, abort, expire.
    function pause() external onlyRole(GUARDIAN_ROLE) {
        _pause();
    }

    /// @notice Ends a pause.
    function unpause() external onlyRole(GUARDIAN_ROLE) {
        _unpause();
    }

    /// @inheritdoc ITasks
    function propose(Proposal calldata p, bytes calldata signature) external whenNotPaused {
        bytes32 id = idOf(p);
        Task storage task = _tasks[id];
        if (task.state != TaskState.None) revert TaskExists(id);
        uint64 time = _now();
        address wallet = registry.requireActive(p.proposer).wallet;
        Signatures.requireWallet(wallet, id, signature);
        (task.committee, task.committers) = _requireParties(id, p, time);
        _move(id, TaskState.Proposed);
        task.protectionLevel = p.protectionLevel;
        task.deadline = p.deadline;
        task.proposedAt = time;
        task.reviewBy = p.reviewBy;
        task.proposer = p.proposer;
        task.scheduler = p.scheduler;
        task.reviewer = p.reviewer;
        task.contractDigest = p.contractDigest;
        emit TaskProposed(id, wallet, p);
    }

    /// @inheritdoc ITasks
    function start(Proposal calldata p, bytes32[] calldata authorizations) external whenNotPaused {
        bytes32 id = idOf(p);
        _move(id, TaskState.Started);
        uint64 time = _requireBeforeDeadline(id);
        _tasks[id].startedAt = time;
        bytes32 programsDigest = _takeUses(id, p, _tasks[id].committers, authorizations);
        // slither-disable-next-line reentrancy-events - the contracts called are our own
        emit TaskStarted(id, authorizations, programsDigest, time);
        // Last, for they are others' contracts: whatever one calls back finds the task started and its uses taken.
        _askConditions(id, _tasks[id].proposedAt, p, authorizations);
    }

    /// @inheritdoc ITasks
    function reserve(Proposal calldata p, bytes32[] calldata authorizations) external whenNotPaused {
        bytes32 id = idOf(p);
        Task storage task = _requireState(id, TaskState.Started);
        _requireBeforeDeadline(id);
        if (task.reserves == p.maxReserves) revert NoReservesLeft(id, p.maxReserves);
        uint32 number = ++task.reserves;
        // slither-disable-next-line unused-return - the programs are those of the start
        _takeUses(id, p, task.committers, authorizations);
        // slither-disable-next-line reentrancy-events - the contracts called are our own
        emit UsesReserved(id, number, p.uses, authorizations);
        _askConditions(id, task.proposedAt, p, authorizations);
    }

    /// @inheritdoc ITasks
    function commit(RunCommitment calldata c, bytes calldata signature) external {
        Task storage task = _requireState(c.task, TaskState.Started);
        _requireBeforeDeadline(c.task);
        _mark(c.task, c.party, COMMITS, HAS_COMMITTED);
        Signatures.requireKey(registry.requireActive(c.party).nodeSigner, _digest(c.hash()), signature);
        if (c.runId == 0) revert ZeroValue("runId");
        uint256 size = task.committers.length;
        uint256 links = task.committee == CommitteeKind.None ? 0 : size - 1;
        if (c.links.length != links) revert BadLength("links", c.links.length, links, links);
        _commitments[c.task][c.party] = CommitmentRecord(c.runId, c.outputShares, c.links);
        task.commitments += 1;
        _emitCommitted(c);
        if (task.commitments == size) _settle(c.task, c.runId);
        anchors.note(c.party, c.epoch, c.logSize, c.logRoot);
    }

    /// @inheritdoc ITasks
    function abort(Abort calldata a, bytes calldata signature) external {
        if (a.kind < REFUSAL || a.kind > WITHDRAWAL) revert OutOfRange("kind", a.kind, REFUSAL, WITHDRAWAL);
        TaskState was = _move(a.task, a.kind == REFUSAL ? TaskState.Refused : TaskState.Aborted);
        _requireBeforeDeadline(a.task);
        bool byWallet = a.kind == WITHDRAWAL ? _requireWithdrawal(a, was, signature) : _requireEnding(a, was, signature);
        uint64 keyPeriod = byWallet ? 0 : registry.keyPeriod(a.party);
        emit TaskAborted(a.task, a.party, a.kind, a.reason, a.statement, keyPeriod);
    }

    /// @inheritdoc ITasks
    function expire(bytes32 id) external {
        TaskState was = _move(id, TaskState.Expired);
        uint64 deadline = _tasks[id].deadline;
        uint64 time = _now();
        if (time <= deadline) revert DeadlineNotPassed(id, deadline, time);
        // slither-disable-next-line incorrect-equality - neither a time nor a balance
        emit TaskExpired(id, was == TaskState.Started ? _missing(id) : new bytes32[](0));
    }

    /// @inheritdoc ITasks
    function review(bytes32 id, bool approved, bytes32 statement) external {
        Task storage task = _requireUnreviewed(id);
        uint64 time = _now();
        if (time > task.reviewBy) revert ReviewOver(id, task.reviewBy, time);
        registry.requireActive(task.reviewer).requireWalletCaller(task.reviewer);
        task.review = approved ? Review.Approved : Review.Rejected;
        emit OutputReviewed(id, task.reviewer, approved, statement);
    }

    /// @inheritdoc ITasks
    function expireReview(bytes32 id) external {
        Task storage task = _requireUnreviewed(id);
        uint64 time = _now();
        if (time <= task.reviewBy) revert ReviewNotOver(id, task.reviewBy, time);
        task.review = Review.Expired;
        emit ReviewExpired(id, task.reviewer, task.reviewBy);
    }

    /// @inheritdoc ITasks
    function attest(ResultAttestation calldata r, bytes calldata signature) external {
        if (!isReleasable(r.task)) revert NotReleased(r.task);
        bytes32 runId = _tasks[r.task].runId;
        if (r.runId != runId) revert WrongRun(r.task, r.runId, runId);
        _mark(r.task, r.resultUser, IS_RESULT_USER, HAS_ATTESTED);
        PartyRecord memory party = registry.requireActive(r.resultUser);
        bytes32 digest = _digest(r.hash());
        bool byNode = Signatures.isKey(party.nodeSigner, digest, signature);
        if (!byNode) Signatures.requireWallet(party.wallet, digest, signature);
        uint64 keyPeriod = byNode ? registry.keyPeriod(r.resultUser) : 0;
        emit ResultAttested(r.task, runId, r.resultUser, r.resultHash, keyPeriod);
    }

    /// @inheritdoc ITasks
    function get(bytes32 id) external view returns (Task memory) {
        return _tasks[id];
    }

    /// @inheritdoc ITasks
    function stateOf(bytes32 id) external view returns (TaskState) {
        return _tasks[id].state;
    }

    /// @inheritdoc ITasks
    function commitmentOf(bytes32 id, bytes32 party) external view returns (CommitmentRecord memory) {
        return _commitments[id][party];
    }

    /// @inheritdoc ITasks
    function isReleasable(bytes32 id) public view returns (bool) {
        Task storage task = _tasks[id];
        return task.state == TaskState.Completed && (task.reviewer == NOBODY || task.review == Review.Approved);
    }

    /// @inheritdoc ITasks
    function idOf(Proposal calldata p) public view returns (bytes32) {
        return _digest(p.hash());
    }

    /// @inheritdoc ITasks
    function paused() public view override(ITasks, Pausable) returns (bool) {
        return super.paused();
    }

    // --- propose ---

    /// @dev Who commits, and marks of who is what.
    function _requireParties(bytes32 id, Proposal calldata p, uint64 time)
        private
        returns (CommitteeKind kind, bytes32[] memory committers)
    {
        bytes32[] memory owners;
        (kind, committers, owners) = rules.check(p, time, maxLifetime);
        _addMark(id, committers, COMMITS);
        _addMark(id, owners, IS_OWNER);
        _addMark(id, p.resultUsers, IS_RESULT_USER);
    }

    function _addMark(bytes32 id, bytes32[] memory parties, uint8 bit) private {
        for (uint256 i = 0; i < parties.length; i++) {
            _marks[id][parties[i]] |= bit;
        }
    }

    // --- abort ---

    /// @dev One who commits or an owner, before its own commitment, by its node or, before start, by the owner's wallet.
    function _requireEnding(Abort calldata a, TaskState was, bytes calldata signature)
        private
        view
        returns (bool byWallet)
    {
        uint8 marks = _marks[a.task][a.party];
        if (marks & (COMMITS | IS_OWNER) == 0) revert NotInTask(a.task, a.party);
        if (marks & HAS_COMMITTED != 0) revert AlreadyCommitted(a.task, a.party);
        PartyRecord memory party = registry.requireActive(a.party);
        bytes32 digest = _digest(a.hash());
        // slither-disable-next-line incorrect-equality - neither a time nor a balance
        byWallet = a.kind == REFUSAL && was == TaskState.Proposed && marks & IS_OWNER != 0
            && Signatures.isWallet(party.wallet, digest, signature);
        if (!byWallet) Signatures.requireKey(party.nodeSigner, digest, signature);
    }

    /// @dev The proposer's wallet, of a task that has taken no use yet.
    function _requireWithdrawal(Abort calldata a, TaskState was, bytes calldata signature) private view returns (bool) {
        if (was != TaskState.Proposed) revert WrongState(a.task, was);
        if (a.party != _tasks[a.task].proposer) revert NotInTask(a.task, a.party);
        Signatures.requireWallet(registry.requireActive(a.party).wallet, _digest(a.hash()), signature);
        return true;
    }

    // --- commit ---

    function _emitCommitted(RunCommitment calldata c) private {
        emit RunCommitted(
            c.task,
            c.runId,
            c.party,
            c.inputRoot,
            c.epoch,
            c.logSize,
            c.logRoot,
            c.links,
            c.outputShares,
            registry.keyPeriod(c.party)
        );
    }

    /// @dev All have committed. Agreement: one run id, and on every link, where there are any, the same hash from both ends.
    function _settle(bytes32 id, bytes32 runId) private {
        (bytes32[] memory left, bytes32[] memory right) = _contradictions(id);
        // slither-disable-next-line incorrect-equality - neither a time nor a balance
        if (left.length == 0) {
            _move(id, TaskState.Completed);
            _tasks[id].runId = runId;
            emit TaskCompleted(id, runId);
        } else {
            _move(id, TaskState.Disputed);
            emit TaskDisputed(id, left, right);
        }
    }

    function _contradictions(bytes32 id) private view returns (bytes32[] memory left, bytes32[] memory right) {
        bytes32[] memory committers = _tasks[id].committers;
        bool linked = _tasks[id].committee != CommitteeKind.None;
        CommitmentRecord[] memory given = new CommitmentRecord[](committers.length);
        for (uint256 i = 0; i < committers.length; i++) {
            given[i] = _commitments[id][committers[i]];
        }
        uint256 pairs = committers.length * (committers.length - 1) / 2;
        left = new bytes32[](pairs);
        right = new bytes32[](pairs);
        uint256 found = 0;
        for (uint256 j = 1; j < committers.length; j++) {
            for (uint256 i = 0; i < j; i++) {
                // i < j: j stands at j - 1 among i's peers, and i at i among j's.
                // slither-disable-next-line incorrect-equality - neither a time nor a balance
                bool agree = given[i].runId == given[j].runId && (!linked || given[i].links[j - 1] == given[j].links[i]);
                if (agree) continue;
                left[found] = committers[i];
                right[found] = committers[j];
                found++;
            }
        }
        // Shorten in place: solc keeps a memory array's length in its first word.
        assembly ("memory-safe") {
            mstore(left, found)
            mstore(right, found)
        }
    }

    // --- common ---

    function _missing(bytes32 id) private view returns (bytes32[] memory missing) {
        bytes32[] memory committers = _tasks[id].committers;
        missing = new bytes32[](committers.length - _tasks[id].commitments);
        uint256 found = 0;
        for (uint256 i = 0; i < committers.length; i++) {
            if (_marks[id][committers[i]] & HAS_COMMITTED == 0) missing[found++] = committers[i];
        }
    }

    /// @dev For an act that a party may do once in a task, being `role` in it.
    function _mark(bytes32 id, bytes32 party, uint8 role, uint8 done) private {
        uint8 marks = _marks[id][party];
        if (marks & role == 0) revert NotInTask(id, party);
        if (marks & done != 0) {
            if (done == HAS_COMMITTED) revert AlreadyCommitted(id, party);
            revert AlreadyAttested(id, party);
        }
        _marks[id][party] = marks | done;
    }

    function _requireState(bytes32 id, TaskState state) private view returns (Task storage task) {
        task = _tasks[id];
        if (task.state != state) revert WrongState(id, task.state);
    }

    function _requireUnreviewed(bytes32 id) private view returns (Task storage task) {
        task = _requireState(id, TaskState.Completed);
        if (task.reviewer == NOBODY) revert NotInTask(id, NOBODY);
        if (task.review != Review.None) revert AlreadyReviewed(id);
    }

    function _requireBeforeDeadline(bytes32 id) private view returns (uint64 time) {
        time = _now();
        uint64 deadline = _tasks[id].deadline;
        if (time > deadline) revert DeadlinePassed(id, deadline, time);
    }

    /// @dev The one way to another state: reverts unless the table has the step. Called first, so that no check after it
    /// can be reached in a wrong state; a revert later undoes it.
    function _move(bytes32 id, TaskState to) private returns (TaskState from) {
        from = _tasks[id].state;
        if (!TaskStates.allows(from, to)) revert WrongState(id, from);
        _tasks[id].state = to;
    }
}

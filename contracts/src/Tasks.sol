// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AlreadyAttested,
    AlreadyCommitted,
    AlreadyReviewed,
    AuditorOnCommittee,
    BadLength,
    DeadlineNotPassed,
    DeadlinePassed,
    Duplicate,
    MissingRole,
    NotAllowed,
    NotInTask,
    NotReleased,
    OutOfRange,
    SameKey,
    SameOperator,
    TaskExists,
    UnknownVersion,
    VersionRetired,
    WrongRun,
    WrongState,
    WrongWiring,
    ZeroValue
} from "./Errors.sol";
import {
    ABORT,
    Abort,
    CERTIFIER,
    COMPUTE_PROVIDER,
    CommitmentRecord,
    DataSetVersion,
    MAX_COMMITTEE,
    MAX_LEVEL,
    MAX_PARTIES,
    MAX_PROGRAMS,
    MIN_COMMITTEE,
    NOBODY,
    PartyRecord,
    Proposal,
    REFUSAL,
    REGULATOR,
    RESULT_USER,
    ResultAttestation,
    Review,
    RunCommitment,
    Task,
    TaskFacts,
    TaskState,
    VersionStatus
} from "./Types.sol";
import {Clock} from "./base/Clock.sol";
import {Domain} from "./base/Domain.sol";
import {IAnchors} from "./interfaces/IAnchors.sol";
import {IConsents} from "./interfaces/IConsents.sol";
import {IDataSets} from "./interfaces/IDataSets.sol";
import {IPartyRegistry} from "./interfaces/IPartyRegistry.sol";
import {IPrograms} from "./interfaces/IPrograms.sol";
import {ITasks} from "./interfaces/ITasks.sol";
import {EventData} from "./libraries/EventData.sol";
import {Lists} from "./libraries/Lists.sol";
import {Parties} from "./libraries/Parties.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {TaskStates} from "./libraries/TaskStates.sol";
import {TypedData} from "./libraries/TypedData.sol";
import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

/// @title Tasks
/// @notice See ITasks.
contract Tasks is ITasks, Domain, Clock, AccessControl, Pausable {
    using Parties for IPartyRegistry;
    using Parties for PartyRecord;
    using TypedData for Abort;
    using TypedData for Proposal;
    using TypedData for ResultAttestation;
    using TypedData for RunCommitment;
    using TypedData for bytes32[];

    /// @notice Pauses and resumes.
    bytes32 public constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");

    // What a party is to a task, and what it has done in it: bits of _marks.
    uint8 private constant ON_COMMITTEE = 1;
    uint8 private constant IS_OWNER = 2;
    uint8 private constant IS_RESULT_USER = 4;
    uint8 private constant IS_AUDITOR = 8;
    uint8 private constant HAS_COMMITTED = 16;
    uint8 private constant HAS_ATTESTED = 32;

    IPartyRegistry public immutable registry;
    IDataSets public immutable dataSets;
    IPrograms public immutable programs;
    IConsents public immutable consents;
    IAnchors public immutable anchors;

    mapping(bytes32 task => Task) private _tasks;
    mapping(bytes32 task => mapping(bytes32 party => uint8)) private _marks;
    mapping(bytes32 task => mapping(bytes32 party => CommitmentRecord)) private _commitments;

    /// @param admin Holds the guardian role and may hand it on.
    constructor(
        bytes32 deploymentId_,
        IPartyRegistry registry_,
        IDataSets dataSets_,
        IPrograms programs_,
        IConsents consents_,
        IAnchors anchors_,
        address admin
    ) Domain(deploymentId_) {
        if (admin == address(0)) revert ZeroValue("admin");
        if (consents_.tasks() != address(this)) revert WrongWiring(address(consents_));
        if (anchors_.tasks() != address(this)) revert WrongWiring(address(anchors_));
        registry = registry_;
        dataSets = dataSets_;
        programs = programs_;
        consents = consents_;
        anchors = anchors_;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(GUARDIAN_ROLE, admin);
    }

    /// @notice Stops `propose`, `start` and `Consents.submit`; never revoke, commit, abort, expire.
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
        _requireWellFormed(id, p);
        Signatures.requireWallet(registry.requireActive(p.proposer).wallet, id, signature);
        _markParties(id, p);
        _move(id, TaskState.Proposed);
        task.protectionLevel = p.protectionLevel;
        task.deadline = p.deadline;
        task.proposer = p.proposer;
        task.scheduler = p.scheduler;
        task.reviewer = p.reviewer;
        task.contractDigest = p.contractDigest;
        task.computeParties = p.computeParties;
        EventData.emitMembers(TaskProposed.selector, id, abi.encode(p));
    }

    /// @inheritdoc ITasks
    function start(Proposal calldata p, bytes32[] calldata authorizations) external whenNotPaused {
        bytes32 id = idOf(p);
        _move(id, TaskState.Started);
        uint64 time = _requireBeforeDeadline(id);
        _requireStarter(p);
        _requireCommittee(p.computeParties);
        _requireResultUsers(p.resultUsers);
        bytes32 programsDigest = _requirePrograms(p);
        _tasks[id].startedAt = time;
        _consume(id, p, authorizations, programsDigest);
        // slither-disable-next-line reentrancy-events - the contracts called are our own
        emit TaskStarted(id, authorizations, programsDigest, time);
    }

    /// @inheritdoc ITasks
    function commit(RunCommitment calldata c, bytes calldata signature) external {
        Task storage task = _tasks[c.task];
        if (task.state != TaskState.Started) revert WrongState(c.task, task.state);
        _requireBeforeDeadline(c.task);
        _mark(c.task, c.party, ON_COMMITTEE, HAS_COMMITTED);
        Signatures.requireKey(registry.requireActive(c.party).nodeSigner, _digest(c.hash()), signature);
        if (c.runId == 0) revert ZeroValue("runId");
        uint256 size = task.computeParties.length;
        if (c.links.length != size - 1) revert BadLength("links", c.links.length, size - 1, size - 1);
        _commitments[c.task][c.party] = CommitmentRecord(c.runId, c.outputShares, c.links);
        task.commitments += 1;
        _emitCommitted(c);
        if (task.commitments == size) _settle(c.task, c.runId);
        anchors.note(c.party, c.epoch, c.logSize, c.logRoot);
    }

    /// @inheritdoc ITasks
    function abort(Abort calldata a, bytes calldata signature) external {
        if (a.kind != REFUSAL && a.kind != ABORT) revert OutOfRange("kind", a.kind, REFUSAL, ABORT);
        TaskState was = _move(a.task, a.kind == REFUSAL ? TaskState.Refused : TaskState.Aborted);
        _requireBeforeDeadline(a.task);
        uint8 marks = _marks[a.task][a.party];
        if (marks & (ON_COMMITTEE | IS_OWNER) == 0) revert NotInTask(a.task, a.party);
        if (marks & HAS_COMMITTED != 0) revert AlreadyCommitted(a.task, a.party);
        PartyRecord memory party = registry.requireActive(a.party);
        bytes32 digest = _digest(a.hash());
        bool byWallet = a.kind == REFUSAL && was == TaskState.Proposed && marks & IS_OWNER != 0
            && Signatures.isWallet(party.wallet, digest, signature);
        if (!byWallet) Signatures.requireKey(party.nodeSigner, digest, signature);
        emit TaskAborted(a.task, a.party, a.kind, a.reason, a.statement);
    }

    /// @inheritdoc ITasks
    function expire(bytes32 id) external {
        TaskState was = _move(id, TaskState.Expired);
        uint64 deadline = _tasks[id].deadline;
        uint64 time = _now();
        if (time <= deadline) revert DeadlineNotPassed(id, deadline, time);
        emit TaskExpired(id, was == TaskState.Started ? _missing(id) : new bytes32[](0));
    }

    /// @inheritdoc ITasks
    function review(bytes32 id, bool approved, bytes32 statement) external {
        Task storage task = _tasks[id];
        if (task.state != TaskState.Completed) revert WrongState(id, task.state);
        bytes32 reviewer = task.reviewer;
        if (reviewer == NOBODY) revert NotInTask(id, reviewer);
        if (task.review != Review.None) revert AlreadyReviewed(id);
        registry.requireActive(reviewer).requireWalletCaller(reviewer);
        task.review = approved ? Review.Approved : Review.Rejected;
        emit OutputReviewed(id, reviewer, approved, statement);
    }

    /// @inheritdoc ITasks
    function attest(ResultAttestation calldata r, bytes calldata signature) external {
        if (!isReleasable(r.task)) revert NotReleased(r.task);
        bytes32 runId = _tasks[r.task].runId;
        if (r.runId != runId) revert WrongRun(r.task, r.runId, runId);
        _mark(r.task, r.resultUser, IS_RESULT_USER, HAS_ATTESTED);
        PartyRecord memory party = registry.requireActive(r.resultUser);
        bytes32 digest = _digest(r.hash());
        if (!Signatures.isKey(party.nodeSigner, digest, signature)) {
            Signatures.requireWallet(party.wallet, digest, signature);
        }
        emit ResultAttested(r.task, runId, r.resultUser, r.resultHash);
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

    function _requireWellFormed(bytes32 id, Proposal calldata p) private view {
        Lists.requireLength("computeParties", p.computeParties.length, MIN_COMMITTEE, MAX_COMMITTEE);
        Lists.requireLength("dataSets", p.dataSets.length, 1, MAX_PARTIES);
        Lists.requireLength("dataVersions", p.dataVersions.length, p.dataSets.length, p.dataSets.length);
        Lists.requireLength("programs", p.programs.length, 1, MAX_PROGRAMS);
        Lists.requireLength("resultUsers", p.resultUsers.length, 1, MAX_PARTIES);
        Lists.requireLength("auditors", p.auditors.length, 0, MAX_PARTIES);
        Lists.requireDistinct("dataSets", p.dataSets);
        Lists.requireDistinct("programs", p.programs);
        if (p.contractDigest == 0) revert ZeroValue("contractDigest");
        if (p.protectionLevel == 0 || p.protectionLevel > MAX_LEVEL) {
            revert OutOfRange("protectionLevel", p.protectionLevel, 1, MAX_LEVEL);
        }
        uint64 time = _now();
        if (time > p.deadline) revert DeadlinePassed(id, p.deadline, time);
        // A reviewer nobody knows could never approve. `get` reverts for an unknown party.
        // slither-disable-next-line unused-return
        if (p.reviewer != NOBODY) registry.get(p.reviewer);
    }

    /// @dev Marks who is what, and finds doubles on the way. Owners come from the registered data sets.
    function _markParties(bytes32 id, Proposal calldata p) private {
        mapping(bytes32 party => uint8) storage marks = _marks[id];
        for (uint256 i = 0; i < p.computeParties.length; i++) {
            _markNew(marks, "computeParties", p.computeParties[i], ON_COMMITTEE);
        }
        for (uint256 i = 0; i < p.resultUsers.length; i++) {
            _markNew(marks, "resultUsers", p.resultUsers[i], IS_RESULT_USER);
        }
        for (uint256 i = 0; i < p.auditors.length; i++) {
            _markNew(marks, "auditors", p.auditors[i], IS_AUDITOR);
            if (marks[p.auditors[i]] & ON_COMMITTEE != 0) revert AuditorOnCommittee(p.auditors[i]);
        }
        for (uint256 i = 0; i < p.dataSets.length; i++) {
            DataSetVersion memory version = dataSets.get(p.dataSets[i], p.dataVersions[i]);
            if (version.status == VersionStatus.None) revert UnknownVersion(p.dataSets[i], p.dataVersions[i]);
            // One owner may bring several data sets.
            marks[version.owner] |= IS_OWNER;
        }
    }

    function _markNew(mapping(bytes32 party => uint8) storage marks, bytes32 list, bytes32 party, uint8 bit) private {
        if (marks[party] & bit != 0) revert Duplicate(list, party);
        marks[party] |= bit;
    }

    // --- start ---

    /// @dev The caller is the wallet or node signer of the proposer or of the scheduler, both active.
    function _requireStarter(Proposal calldata p) private view {
        PartyRecord memory proposer = registry.requireActive(p.proposer);
        PartyRecord memory scheduler = registry.requireActive(p.scheduler);
        if (!proposer.isCaller() && !scheduler.isCaller()) revert NotAllowed(msg.sender, p.scheduler);
    }

    /// @dev Independent compute providers without audit rights: nobody sits twice, under another name or with another's key.
    function _requireCommittee(bytes32[] calldata committee) private view {
        PartyRecord[] memory seats = new PartyRecord[](committee.length);
        for (uint256 i = 0; i < committee.length; i++) {
            PartyRecord memory seat = registry.requireActive(committee[i]);
            seat.requireRole(committee[i], COMPUTE_PROVIDER);
            if (seat.roles & (REGULATOR | CERTIFIER) != 0) revert AuditorOnCommittee(committee[i]);
            for (uint256 j = 0; j < i; j++) {
                if (seats[j].operator == seat.operator) {
                    revert SameOperator(committee[j], committee[i], seat.operator);
                }
                if (seats[j].nodeSigner == seat.nodeSigner || seats[j].nodeKey == seat.nodeKey) {
                    revert SameKey(committee[j], committee[i]);
                }
            }
            seats[i] = seat;
        }
    }

    function _requireResultUsers(bytes32[] calldata resultUsers) private view {
        for (uint256 i = 0; i < resultUsers.length; i++) {
            registry.requireActive(resultUsers[i]).requireRole(resultUsers[i], RESULT_USER);
        }
    }

    /// @return keccak256 of the code digests, in order.
    function _requirePrograms(Proposal calldata p) private view returns (bytes32) {
        bytes32[] memory digests = new bytes32[](p.programs.length);
        for (uint256 i = 0; i < p.programs.length; i++) {
            digests[i] = programs.requireRunnable(p.programs[i], p.protectionLevel, p.computeParties.length);
        }
        return keccak256(abi.encodePacked(digests));
    }

    function _consume(bytes32 id, Proposal calldata p, bytes32[] calldata authorizations, bytes32 programsDigest)
        private
    {
        uint256 count = p.dataSets.length;
        Lists.requireLength("authorizations", authorizations.length, count, count);
        // slither-disable-next-line uninitialized-local - every field is set below
        TaskFacts memory facts;
        facts.task = id;
        facts.programs = p.programs.hashList();
        facts.programsDigest = programsDigest;
        facts.proposer = p.proposer;
        facts.purpose = p.purpose;
        facts.resultUsers = p.resultUsers.hashList();
        facts.computeParties = p.computeParties.hashList();
        facts.protectionLevel = p.protectionLevel;
        for (uint256 i = 0; i < count; i++) {
            DataSetVersion memory version = dataSets.get(p.dataSets[i], p.dataVersions[i]);
            if (version.status != VersionStatus.Active) revert VersionRetired(p.dataSets[i], p.dataVersions[i]);
            facts.dataSet = p.dataSets[i];
            facts.dataVersion = p.dataVersions[i];
            facts.inputRoot = version.inputRoot;
            consents.consume(authorizations[i], facts);
        }
    }

    // --- commit ---

    function _emitCommitted(RunCommitment calldata c) private {
        emit RunCommitted(c.task, c.runId, c.party, c.inputRoot, c.epoch, c.logSize, c.logRoot, c.links, c.outputShares);
    }

    /// @dev All have committed. Agreement: one run id, and on every link the same hash from both ends.
    function _settle(bytes32 id, bytes32 runId) private {
        (bytes32[] memory left, bytes32[] memory right) = _contradictions(id);
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
        bytes32[] memory committee = _tasks[id].computeParties;
        CommitmentRecord[] memory given = new CommitmentRecord[](committee.length);
        for (uint256 i = 0; i < committee.length; i++) {
            given[i] = _commitments[id][committee[i]];
        }
        uint256 pairs = committee.length * (committee.length - 1) / 2;
        left = new bytes32[](pairs);
        right = new bytes32[](pairs);
        uint256 found = 0;
        for (uint256 j = 1; j < committee.length; j++) {
            for (uint256 i = 0; i < j; i++) {
                // i < j: j stands at j - 1 among i's peers, and i at i among j's.
                bool agree = given[i].runId == given[j].runId && given[i].links[j - 1] == given[j].links[i];
                if (agree) continue;
                left[found] = committee[i];
                right[found] = committee[j];
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
        bytes32[] memory committee = _tasks[id].computeParties;
        missing = new bytes32[](committee.length - _tasks[id].commitments);
        uint256 found = 0;
        for (uint256 i = 0; i < committee.length; i++) {
            if (_marks[id][committee[i]] & HAS_COMMITTED == 0) missing[found++] = committee[i];
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

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    NoLongerValid,
    NotCovered,
    NotEnoughUses,
    NotOwner,
    NotYetValid,
    OnlyTasks,
    OutOfRange,
    PartyNotActive,
    Paused,
    RevokedAuthorization,
    TaskNotEndedWithoutResult,
    UnknownAuthorization,
    UnknownRelease,
    UnknownVersion,
    UseAlreadyReturned,
    UseNotConsumed,
    VersionRetired,
    WrongKind,
    ZeroValue
} from "./Errors.sol";
import {
    Authorization,
    AuthorizationRecord,
    AuthorizationStatus,
    DataSetVersion,
    MAX_LEVEL,
    MAX_PARTIES,
    MAX_PROGRAMS,
    PartyRecord,
    Release,
    ReleaseKind,
    TaskFacts,
    TaskState,
    Use,
    UseState,
    VersionStatus
} from "./Types.sol";
import {Clock} from "./base/Clock.sol";
import {Domain} from "./base/Domain.sol";
import {IConsents} from "./interfaces/IConsents.sol";
import {IDataSets} from "./interfaces/IDataSets.sol";
import {IPartyRegistry} from "./interfaces/IPartyRegistry.sol";
import {IPrograms} from "./interfaces/IPrograms.sol";
import {ITasks} from "./interfaces/ITasks.sol";
import {Lists} from "./libraries/Lists.sol";
import {Parties} from "./libraries/Parties.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {TaskStates} from "./libraries/TaskStates.sol";
import {TypedData} from "./libraries/TypedData.sol";

/// @title Consents
/// @notice See IConsents.
contract Consents is IConsents, Domain, Clock {
    using Parties for IPartyRegistry;
    using Parties for PartyRecord;
    using TypedData for Authorization;
    using TypedData for bytes32[];

    IPartyRegistry public immutable registry;
    IDataSets public immutable dataSets;
    IPrograms public immutable programs;
    /// @inheritdoc IConsents
    address public immutable tasks;

    mapping(bytes32 authorization => AuthorizationRecord) private _records;
    /// @inheritdoc IConsents
    mapping(bytes32 authorization => mapping(bytes32 owner => bool)) public isRevoked;
    /// @inheritdoc IConsents
    mapping(bytes32 owner => uint32) public submissions;
    /// @inheritdoc IConsents
    mapping(bytes32 owner => uint32) public revokedThrough;
    mapping(bytes32 task => mapping(bytes32 authorization => Use)) private _uses;

    /// @param tasks_ Address that Tasks will have; its constructor checks that it is the one.
    constructor(
        bytes32 deploymentId_,
        IPartyRegistry registry_,
        IDataSets dataSets_,
        IPrograms programs_,
        address tasks_
    ) Domain(deploymentId_) {
        if (tasks_ == address(0)) revert ZeroValue("tasks");
        registry = registry_;
        dataSets = dataSets_;
        programs = programs_;
        tasks = tasks_;
    }

    /// @inheritdoc IConsents
    function submit(Authorization calldata a, bytes32 owner, bytes calldata signature) external {
        if (ITasks(tasks).paused()) revert Paused();
        bytes32 digest = digestOf(a);
        if (isRevoked[digest][owner]) revert RevokedAuthorization(digest, owner);
        DataSetVersion memory version = dataSets.get(a.dataSet, a.dataVersion);
        if (version.status == VersionStatus.None) revert UnknownVersion(a.dataSet, a.dataVersion);
        if (version.owner != owner) revert NotOwner(a.dataSet, owner);
        AuthorizationRecord storage record = _records[digest];
        if (record.status != AuthorizationStatus.None) {
            _requireNotRevoked(record, digest);
            return;
        }
        if (version.status == VersionStatus.Retired) revert VersionRetired(a.dataSet, a.dataVersion);
        if (version.inputRoot != a.inputRoot) revert NotCovered(digest, "inputRoot");
        _requireWellFormed(a, digest);
        _requireReleases(a, digest);
        address wallet = registry.requireActive(owner).wallet;
        Signatures.requireWallet(wallet, digest, signature);
        uint32 sequence = ++submissions[owner];
        record.owner = owner;
        record.wallet = wallet;
        record.sequence = sequence;
        _record(record, a);
        emit AuthorizationSubmitted(digest, owner, wallet, sequence, a);
    }

    /// @inheritdoc IConsents
    function revoke(bytes32 authorization, bytes32 owner, bytes calldata signature) external {
        AuthorizationRecord storage record = _records[authorization];
        bool submitted = record.status != AuthorizationStatus.None;
        if (submitted && record.owner != owner) revert NotOwner(record.dataSet, owner);
        _requireOwner(owner, TypedData.hashRevocation(authorization, owner), signature);
        if (isRevoked[authorization][owner]) return;
        isRevoked[authorization][owner] = true;
        if (submitted) record.status = AuthorizationStatus.Revoked;
        emit AuthorizationRevoked(authorization, owner);
    }

    /// @inheritdoc IConsents
    function revokeAll(bytes32 owner, uint32 through, bytes calldata signature) external {
        _requireOwner(owner, TypedData.hashRevocationOfAll(owner, through), signature);
        uint32 last = submissions[owner];
        if (through > last) revert OutOfRange("through", through, 0, last);
        if (through <= revokedThrough[owner]) return;
        revokedThrough[owner] = through;
        emit AllRevoked(owner, through);
    }

    /// @inheritdoc IConsents
    function consume(bytes32 authorization, TaskFacts calldata facts) external {
        if (msg.sender != tasks) revert OnlyTasks(msg.sender);
        AuthorizationRecord storage record = _records[authorization];
        if (record.status == AuthorizationStatus.None) revert UnknownAuthorization(authorization);
        _requireNotRevoked(record, authorization);
        if (!registry.isActive(record.owner)) revert PartyNotActive(record.owner);
        uint64 time = _now();
        if (time < record.notBefore) revert NotYetValid(authorization, record.notBefore, time);
        if (time > record.notAfter) revert NoLongerValid(authorization, record.notAfter, time);
        _requireCovered(record, authorization, facts);
        uint32 usesLeft = record.usesLeft;
        if (usesLeft < facts.uses) revert NotEnoughUses(authorization, usesLeft, facts.uses);
        usesLeft -= facts.uses;
        record.usesLeft = usesLeft;
        // A task asks each data set once and an authorization is for one data set, so each block takes from it once.
        Use storage use = _uses[facts.task][authorization];
        use.state = UseState.Consumed;
        use.uses += facts.uses;
        emit UseConsumed(authorization, facts.task, facts.uses, usesLeft);
    }

    /// @inheritdoc IConsents
    function returnUse(bytes32 task, bytes32 authorization, bytes calldata signature) external {
        Use storage use = _uses[task][authorization];
        if (use.state == UseState.None) revert UseNotConsumed(task, authorization);
        if (use.state == UseState.Returned) revert UseAlreadyReturned(task, authorization);
        TaskState state = ITasks(tasks).stateOf(task);
        if (!TaskStates.endedWithoutResult(state)) revert TaskNotEndedWithoutResult(task, state);
        AuthorizationRecord storage record = _records[authorization];
        bytes32 digest = _digest(TypedData.hashNoInputSent(task, authorization));
        Signatures.requireWallet(registry.requireActive(record.owner).wallet, digest, signature);
        use.state = UseState.Returned;
        record.usesLeft += use.uses;
        emit UseReturned(authorization, task, use.uses, record.usesLeft);
    }

    /// @inheritdoc IConsents
    function useOf(bytes32 task, bytes32 authorization) external view returns (Use memory) {
        return _uses[task][authorization];
    }

    /// @inheritdoc IConsents
    function get(bytes32 authorization) external view returns (AuthorizationRecord memory) {
        return _records[authorization];
    }

    /// @inheritdoc IConsents
    function digestOf(Authorization calldata a) public view returns (bytes32) {
        return _digest(a.hash());
    }

    function _requireWellFormed(Authorization calldata a, bytes32 digest) private view {
        Lists.requireLength("programs", a.programs.length, 1, MAX_PROGRAMS);
        Lists.requireLength("resultUsers", a.resultUsers.length, 1, MAX_PARTIES);
        Lists.requireLength("computeParties", a.computeParties.length, 0, MAX_PARTIES);
        if (a.maxUses == 0) revert ZeroValue("maxUses");
        if (a.minProtectionLevel == 0 || a.minProtectionLevel > MAX_LEVEL) {
            revert OutOfRange("minProtectionLevel", a.minProtectionLevel, 1, MAX_LEVEL);
        }
        if (a.notBefore > a.notAfter) revert OutOfRange("notBefore", a.notBefore, 0, a.notAfter);
        uint64 time = _now();
        if (time > a.notAfter) revert NoLongerValid(digest, a.notAfter, time);
        if (a.policy == 0) revert ZeroValue("policy");
    }

    /// @dev What an id stands for never changes once it is published, so the digest is compared here and ids later.
    function _requireReleases(Authorization calldata a, bytes32 digest) private view {
        if (programs.digestOf(a.programs) != a.programsDigest) revert NotCovered(digest, "programsDigest");
        Release memory engine = programs.get(a.engine);
        if (engine.status == VersionStatus.None) revert UnknownRelease(a.engine);
        if (engine.kind != ReleaseKind.Engine) revert WrongKind(a.engine, engine.kind);
    }

    /// @dev By itself, or with all up to its number.
    function _requireNotRevoked(AuthorizationRecord storage record, bytes32 digest) private view {
        bool revoked = record.status == AuthorizationStatus.Revoked || record.sequence <= revokedThrough[record.owner];
        if (revoked) revert RevokedAuthorization(digest, record.owner);
    }

    /// @dev The owner's wallet calls with an empty signature, or signed. Also while the owner is suspended.
    function _requireOwner(bytes32 owner, bytes32 structHash, bytes calldata signature) private view {
        Signatures.requireDecision(registry.get(owner).wallet, _digest(structHash), signature);
    }

    function _record(AuthorizationRecord storage record, Authorization calldata a) private {
        record.usesLeft = a.maxUses;
        record.status = AuthorizationStatus.Active;
        record.maxUses = a.maxUses;
        record.dataVersion = a.dataVersion;
        record.minProtectionLevel = a.minProtectionLevel;
        record.notBefore = a.notBefore;
        record.notAfter = a.notAfter;
        record.epsilonMicros = a.epsilonMicros;
        record.dataSet = a.dataSet;
        record.inputRoot = a.inputRoot;
        record.programs = a.programs.hashList();
        record.engine = a.engine;
        record.approvedSuccessors = a.approvedSuccessors;
        if (a.approvedSuccessors) record.programList = a.programs;
        record.proposer = a.proposer;
        record.purpose = a.purpose;
        record.resultUsers = a.resultUsers.hashList();
        record.computeParties = a.computeParties.hashList();
        record.policy = a.policy;
        record.task = a.task;
    }

    /// @dev Each field by itself, so that a refusal says which one.
    function _requireCovered(AuthorizationRecord storage record, bytes32 digest, TaskFacts calldata facts)
        private
        view
    {
        if (record.task != 0 && record.task != facts.task) revert NotCovered(digest, "task");
        if (record.dataSet != facts.dataSet) revert NotCovered(digest, "dataSet");
        if (record.dataVersion != facts.dataVersion) revert NotCovered(digest, "dataVersion");
        if (record.inputRoot != facts.inputRoot) revert NotCovered(digest, "inputRoot");
        if (!_coversPrograms(record, facts.programs)) revert NotCovered(digest, "programs");
        if (!_covers(record, record.engine, facts.engine)) revert NotCovered(digest, "engine");
        if (record.proposer != facts.proposer) revert NotCovered(digest, "proposer");
        if (record.purpose != facts.purpose) revert NotCovered(digest, "purpose");
        if (record.resultUsers != facts.resultUsers) revert NotCovered(digest, "resultUsers");
        if (record.computeParties != facts.computeParties) revert NotCovered(digest, "computeParties");
        if (record.minProtectionLevel > facts.protectionLevel) revert NotCovered(digest, "minProtectionLevel");
        if (record.epsilonMicros != facts.epsilonMicros) revert NotCovered(digest, "epsilonMicros");
    }

    function _coversPrograms(AuthorizationRecord storage record, bytes32[] calldata asked) private view returns (bool) {
        if (record.programs == asked.hashList()) return true;
        if (record.programList.length != asked.length) return false;
        for (uint256 i = 0; i < asked.length; i++) {
            if (!_covers(record, record.programList[i], asked[i])) return false;
        }
        return true;
    }

    function _covers(AuthorizationRecord storage record, bytes32 named, bytes32 asked) private view returns (bool) {
        return named == asked || (record.approvedSuccessors && programs.isSuccessor(named, asked));
    }
}

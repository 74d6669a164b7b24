// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    NoLongerValid,
    NoUsesLeft,
    NotCovered,
    NotOwner,
    NotYetValid,
    OnlyTasks,
    OutOfRange,
    PartyNotActive,
    Paused,
    RevokedAuthorization,
    TaskNotEndedWithoutResult,
    UnknownAuthorization,
    UnknownVersion,
    UseAlreadyReturned,
    UseNotConsumed,
    VersionRetired,
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
    TaskFacts,
    TaskState,
    UseState,
    VersionStatus
} from "./Types.sol";
import {Clock} from "./base/Clock.sol";
import {Domain} from "./base/Domain.sol";
import {IConsents} from "./interfaces/IConsents.sol";
import {IDataSets} from "./interfaces/IDataSets.sol";
import {IPartyRegistry} from "./interfaces/IPartyRegistry.sol";
import {ITasks} from "./interfaces/ITasks.sol";
import {EventData} from "./libraries/EventData.sol";
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
    /// @inheritdoc IConsents
    address public immutable tasks;

    mapping(bytes32 authorization => AuthorizationRecord) private _records;
    /// @inheritdoc IConsents
    mapping(bytes32 authorization => mapping(bytes32 owner => bool)) public isRevoked;
    /// @inheritdoc IConsents
    mapping(bytes32 task => mapping(bytes32 authorization => UseState)) public useOf;

    /// @param tasks_ Address that Tasks will have; its constructor checks that it is the one.
    constructor(bytes32 deploymentId_, IPartyRegistry registry_, IDataSets dataSets_, address tasks_)
        Domain(deploymentId_)
    {
        if (tasks_ == address(0)) revert ZeroValue("tasks");
        registry = registry_;
        dataSets = dataSets_;
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
        if (_records[digest].status != AuthorizationStatus.None) return;
        if (version.status == VersionStatus.Retired) revert VersionRetired(a.dataSet, a.dataVersion);
        if (version.inputRoot != a.inputRoot) revert NotCovered(digest, "inputRoot");
        _requireWellFormed(a, digest);
        Signatures.requireWallet(registry.requireActive(owner).wallet, digest, signature);
        _record(a, digest, owner);
        EventData.emitMembers(AuthorizationSubmitted.selector, digest, owner, abi.encode(a));
    }

    /// @inheritdoc IConsents
    function revoke(bytes32 authorization, bytes32 owner, bytes calldata signature) external {
        AuthorizationRecord storage record = _records[authorization];
        bool submitted = record.status != AuthorizationStatus.None;
        if (submitted && record.owner != owner) revert NotOwner(record.dataSet, owner);
        address wallet = registry.get(owner).wallet;
        bool byWallet = signature.length == 0 && msg.sender == wallet;
        if (!byWallet) {
            bytes32 digest = _digest(TypedData.hashRevocation(authorization, owner));
            Signatures.requireWallet(wallet, digest, signature);
        }
        if (isRevoked[authorization][owner]) return;
        isRevoked[authorization][owner] = true;
        if (submitted) record.status = AuthorizationStatus.Revoked;
        emit AuthorizationRevoked(authorization, owner);
    }

    /// @inheritdoc IConsents
    function consume(bytes32 authorization, TaskFacts calldata facts) external {
        if (msg.sender != tasks) revert OnlyTasks(msg.sender);
        AuthorizationRecord storage record = _records[authorization];
        if (record.status == AuthorizationStatus.None) revert UnknownAuthorization(authorization);
        if (record.status == AuthorizationStatus.Revoked) revert RevokedAuthorization(authorization, record.owner);
        if (!registry.isActive(record.owner)) revert PartyNotActive(record.owner);
        uint64 time = _now();
        if (time < record.notBefore) revert NotYetValid(authorization, record.notBefore, time);
        if (time > record.notAfter) revert NoLongerValid(authorization, record.notAfter, time);
        _requireCovered(record, authorization, facts);
        uint32 usesLeft = record.usesLeft;
        if (usesLeft == 0) revert NoUsesLeft(authorization);
        record.usesLeft = --usesLeft;
        // A task asks each data set once and an authorization is for one data set, so this is never set twice.
        useOf[facts.task][authorization] = UseState.Consumed;
        emit UseConsumed(authorization, facts.task, usesLeft);
    }

    /// @inheritdoc IConsents
    function returnUse(bytes32 task, bytes32 authorization, bytes calldata signature) external {
        UseState use = useOf[task][authorization];
        if (use == UseState.None) revert UseNotConsumed(task, authorization);
        if (use == UseState.Returned) revert UseAlreadyReturned(task, authorization);
        TaskState state = ITasks(tasks).stateOf(task);
        if (!TaskStates.endedWithoutResult(state)) revert TaskNotEndedWithoutResult(task, state);
        AuthorizationRecord storage record = _records[authorization];
        bytes32 digest = _digest(TypedData.hashNoInputSent(task, authorization));
        Signatures.requireWallet(registry.requireActive(record.owner).wallet, digest, signature);
        useOf[task][authorization] = UseState.Returned;
        uint32 usesLeft = ++record.usesLeft;
        emit UseReturned(authorization, task, usesLeft);
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
        Lists.requireLength("computeParties", a.computeParties.length, 1, MAX_PARTIES);
        if (a.maxUses == 0) revert ZeroValue("maxUses");
        if (a.minProtectionLevel == 0 || a.minProtectionLevel > MAX_LEVEL) {
            revert OutOfRange("minProtectionLevel", a.minProtectionLevel, 1, MAX_LEVEL);
        }
        if (a.notBefore > a.notAfter) revert OutOfRange("notBefore", a.notBefore, 0, a.notAfter);
        uint64 time = _now();
        if (time > a.notAfter) revert NoLongerValid(digest, a.notAfter, time);
        if (a.task == 0 && a.policy == 0) revert ZeroValue("policy");
    }

    function _record(Authorization calldata a, bytes32 digest, bytes32 owner) private {
        AuthorizationRecord storage record = _records[digest];
        record.owner = owner;
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
        record.programsDigest = a.programsDigest;
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
        if (record.programs != facts.programs) revert NotCovered(digest, "programs");
        if (record.programsDigest != facts.programsDigest) revert NotCovered(digest, "programsDigest");
        if (record.proposer != facts.proposer) revert NotCovered(digest, "proposer");
        if (record.purpose != facts.purpose) revert NotCovered(digest, "purpose");
        if (record.resultUsers != facts.resultUsers) revert NotCovered(digest, "resultUsers");
        if (record.computeParties != facts.computeParties) revert NotCovered(digest, "computeParties");
        if (record.minProtectionLevel > facts.protectionLevel) revert NotCovered(digest, "minProtectionLevel");
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    ExclusivelyLicensed,
    LicenceConflict,
    LicenceExists,
    LicenceNoLongerValid,
    LicenceNotYetValid,
    ModelExists,
    NotEnoughLicensedUses,
    NotLicensee,
    NotModelOwner,
    NotReleased,
    OutOfRange,
    RetiredLicence,
    RetiredModel,
    TooManyLicences,
    UnknownKind,
    UnknownLicence,
    UnknownModel,
    WrongMaker,
    ZeroValue
} from "./Errors.sol";
import {
    ALL_SHARES,
    EXCLUSIVE,
    LicenceGrant,
    LicenceKind,
    LicenceRecord,
    MAX_LICENCES,
    MAX_PARTIES,
    ModelRecord,
    ModelRegistration,
    NOBODY,
    ORDINARY,
    PartyRecord,
    Proposal,
    SOLE,
    VersionStatus
} from "./Types.sol";
import {Clock} from "./base/Clock.sol";
import {StartCondition} from "./base/StartCondition.sol";
import {IDataSets} from "./interfaces/IDataSets.sol";
import {IModels} from "./interfaces/IModels.sol";
import {IPartyRegistry} from "./interfaces/IPartyRegistry.sol";
import {IStartCondition} from "./interfaces/IStartCondition.sol";
import {ITasks} from "./interfaces/ITasks.sol";
import {Lists} from "./libraries/Lists.sol";
import {Parties} from "./libraries/Parties.sol";
import {Registrations} from "./libraries/Registrations.sol";
import {Signatures} from "./libraries/Signatures.sol";

/// @title Models
/// @notice See IModels.
contract Models is IModels, StartCondition, Clock {
    using Parties for IPartyRegistry;
    using Registrations for LicenceGrant;
    using Registrations for ModelRegistration;

    mapping(bytes32 model => ModelRecord) private _models;
    // By keccak256 of task and model hash: the same model is not registered twice, to be licensed twice.
    mapping(bytes32 made => bytes32 model) private _registeredAs;
    mapping(bytes32 model => mapping(bytes32 licence => LicenceRecord)) private _licences;
    // Short, so that every new licence can be compared with all that stand.
    // slither-disable-next-line uninitialized-state - written through a storage reference
    mapping(bytes32 model => bytes32[]) private _standing;

    constructor(bytes32 deploymentId_, IPartyRegistry registry_, IDataSets dataSets_, address tasks_)
        StartCondition(deploymentId_, registry_, dataSets_, tasks_)
    {}

    /// @inheritdoc IModels
    function register(ModelRegistration calldata m, Proposal calldata maker, bytes[] calldata signatures) external {
        if (m.model == 0) revert ZeroValue("model");
        if (m.modelHash == 0) revert ZeroValue("modelHash");
        if (_models[m.model].status != VersionStatus.None) revert ModelExists(m.model);
        bytes32 made = keccak256(abi.encode(m.task, m.modelHash));
        if (_registeredAs[made] != 0) revert ModelExists(_registeredAs[made]);
        _requireShares(m);
        if (!ITasks(tasks).isReleasable(m.task)) revert NotReleased(m.task);
        _requireDecisions(signersOf(m, maker), _digest(m.hash()), signatures, true);
        _registeredAs[made] = m.model;
        _models[m.model] = ModelRecord({
            modelHash: m.modelHash, task: m.task, status: VersionStatus.Active, owners: m.owners, shares: m.shares
        });
        emit ModelRegistered(m.model, m.task, m.modelHash, m.owners, m.shares);
    }

    /// @inheritdoc IModels
    function retire(bytes32 model, bytes[] calldata signatures) external {
        ModelRecord storage record = _active(model);
        _requireDecisions(record.owners, _digest(Registrations.hashModelRetirement(model)), signatures, false);
        record.status = VersionStatus.Retired;
        emit ModelRetired(model);
    }

    /// @inheritdoc IModels
    function grant(LicenceGrant calldata g, bytes[] calldata signatures) external {
        ModelRecord storage record = _active(g.model);
        LicenceKind kind = _requireWellFormed(g);
        if (_licences[g.model][g.licence].status != VersionStatus.None) revert LicenceExists(g.model, g.licence);
        // slither-disable-next-line unused-return - reverts unless it is active
        registry.requireActive(g.licensee);
        _makeStand(g, kind);
        _requireDecisions(record.owners, _digest(g.hash()), signatures, true);
        _licences[g.model][g.licence] = LicenceRecord({
            licensee: g.licensee,
            kind: kind,
            status: VersionStatus.Active,
            maxUses: g.maxUses,
            usesLeft: g.maxUses,
            notBefore: g.notBefore,
            notAfter: g.notAfter
        });
        emit LicenceGranted(g.model, g.licence, g.licensee, kind, g.maxUses, g.notBefore, g.notAfter);
    }

    /// @inheritdoc IModels
    function retireLicence(bytes32 model, bytes32 licence, bytes[] calldata signatures) external {
        LicenceRecord storage record = _activeLicence(model, licence);
        bytes32 digest = _digest(Registrations.hashLicenceRetirement(model, licence));
        _requireDecisions(_models[model].owners, digest, signatures, false);
        _end(record, model, licence, false);
    }

    /// @inheritdoc IModels
    function giveUpLicence(bytes32 model, bytes32 licence, bytes calldata signature) external {
        LicenceRecord storage record = _activeLicence(model, licence);
        bytes32 digest = _digest(Registrations.hashLicenceRetirement(model, licence));
        Signatures.requireDecision(registry.get(record.licensee).wallet, digest, signature);
        _end(record, model, licence, true);
    }

    /// @inheritdoc IStartCondition
    function consume(bytes32 task, Proposal calldata p, bytes32[] calldata) external onlyTasks {
        for (uint256 i = 0; i < p.models.length; i++) {
            uint32 usesLeft = p.licences[i] == NOBODY
                ? _useAsOwner(p.models[i], p.proposer)
                : _useLicence(p.models[i], p.licences[i], p.proposer, p.uses);
            emit ModelUsed(p.models[i], task, p.licences[i], p.proposer, p.uses, usesLeft);
        }
    }

    /// @inheritdoc IModels
    function signersOf(ModelRegistration calldata m, Proposal calldata maker) public view returns (bytes32[] memory) {
        bytes32 task = ITasks(tasks).idOf(maker);
        if (task != m.task) revert WrongMaker(task, m.task);
        bytes32[] memory signers = new bytes32[](m.owners.length + 1 + maker.dataSets.length);
        uint256 count = 0;
        for (; count < m.owners.length; count++) {
            signers[count] = m.owners[count];
        }
        count = _join(signers, count, maker.proposer);
        for (uint256 i = 0; i < maker.dataSets.length; i++) {
            count = _join(signers, count, dataSets.get(maker.dataSets[i], maker.dataVersions[i]).owner);
        }
        // Shorten in place: solc keeps a memory array's length in its first word.
        assembly ("memory-safe") {
            mstore(signers, count)
        }
        return signers;
    }

    /// @inheritdoc IModels
    function get(bytes32 model) external view returns (ModelRecord memory) {
        return _models[model];
    }

    /// @inheritdoc IModels
    function licenceOf(bytes32 model, bytes32 licence) external view returns (LicenceRecord memory) {
        return _licences[model][licence];
    }

    /// @inheritdoc IModels
    function standing(bytes32 model) external view returns (bytes32[] memory) {
        return _standing[model];
    }

    // --- use ---

    function _useAsOwner(bytes32 model, bytes32 user) private view returns (uint32) {
        bytes32[] storage owners = _active(model).owners;
        uint256 place = 0;
        while (place < owners.length && owners[place] != user) place++;
        if (place == owners.length) revert NotModelOwner(model, user);
        uint64 time = _now();
        bytes32[] storage ids = _standing[model];
        for (uint256 i = 0; i < ids.length; i++) {
            LicenceRecord storage other = _licences[model][ids[i]];
            bool now_ = other.notBefore <= time && time <= other.notAfter;
            if (now_ && other.kind == LicenceKind.Exclusive) revert ExclusivelyLicensed(model, ids[i]);
        }
        return 0;
    }

    function _useLicence(bytes32 model, bytes32 licence, bytes32 user, uint32 uses) private returns (uint32 usesLeft) {
        // slither-disable-next-line unused-return - reverts unless it is active
        _active(model);
        LicenceRecord storage record = _activeLicence(model, licence);
        if (record.licensee != user) revert NotLicensee(model, licence, user);
        uint64 time = _now();
        if (time < record.notBefore) revert LicenceNotYetValid(model, licence, record.notBefore, time);
        if (time > record.notAfter) revert LicenceNoLongerValid(model, licence, record.notAfter, time);
        usesLeft = record.usesLeft;
        if (usesLeft < uses) revert NotEnoughLicensedUses(model, licence, usesLeft, uses);
        usesLeft -= uses;
        record.usesLeft = usesLeft;
    }

    // --- licences ---

    function _requireWellFormed(LicenceGrant calldata g) private view returns (LicenceKind kind) {
        // The empty name is an owner's use of its own model.
        if (g.licence == 0 || g.licence == NOBODY) revert ZeroValue("licence");
        if (g.kind == EXCLUSIVE) kind = LicenceKind.Exclusive;
        else if (g.kind == SOLE) kind = LicenceKind.Sole;
        else if (g.kind == ORDINARY) kind = LicenceKind.Ordinary;
        else revert UnknownKind(g.kind);
        if (g.maxUses == 0) revert ZeroValue("maxUses");
        if (g.notBefore > g.notAfter) revert OutOfRange("notBefore", g.notBefore, 0, g.notAfter);
        uint64 time = _now();
        if (time > g.notAfter) revert LicenceNoLongerValid(g.model, g.licence, g.notAfter, time);
    }

    /// @dev Adds the licence to those that stand, dropping those that are over, unless it overlaps with one that it cannot
    /// stand beside.
    function _makeStand(LicenceGrant calldata g, LicenceKind kind) private {
        bytes32[] storage ids = _standing[g.model];
        uint64 time = _now();
        uint256 i = 0;
        while (i < ids.length) {
            LicenceRecord storage other = _licences[g.model][ids[i]];
            if (other.notAfter < time) {
                _drop(ids, i);
                continue;
            }
            bool overlap = g.notBefore <= other.notAfter && other.notBefore <= g.notAfter;
            bool bothOrdinary = kind == LicenceKind.Ordinary && other.kind == LicenceKind.Ordinary;
            if (overlap && !bothOrdinary) revert LicenceConflict(g.model, g.licence, ids[i]);
            i++;
        }
        if (ids.length == MAX_LICENCES) revert TooManyLicences(g.model, MAX_LICENCES);
        ids.push(g.licence);
    }

    function _end(LicenceRecord storage record, bytes32 model, bytes32 licence, bool byLicensee) private {
        record.status = VersionStatus.Retired;
        bytes32[] storage ids = _standing[model];
        // One that is over may have been dropped already.
        for (uint256 i = 0; i < ids.length; i++) {
            if (ids[i] == licence) _drop(ids, i);
        }
        emit LicenceRetired(model, licence, byLicensee);
    }

    function _drop(bytes32[] storage ids, uint256 place) private {
        ids[place] = ids[ids.length - 1];
        ids.pop();
    }

    // --- common ---

    function _requireShares(ModelRegistration calldata m) private pure {
        uint256 count = m.owners.length;
        Lists.requireLength("owners", count, 1, MAX_PARTIES);
        Lists.requireLength("shares", m.shares.length, count, count);
        Lists.requireDistinct("owners", m.owners);
        uint256 sum = 0;
        for (uint256 i = 0; i < count; i++) {
            // Who has no share is no owner.
            if (m.shares[i] == 0) revert ZeroValue("shares");
            sum += m.shares[i];
        }
        if (sum != ALL_SHARES) revert OutOfRange("shares", sum, ALL_SHARES, ALL_SHARES);
    }

    /// @dev One decision of each party's wallet, in order.
    function _requireDecisions(bytes32[] memory parties, bytes32 digest, bytes[] calldata signatures, bool mustBeActive)
        private
        view
    {
        Lists.requireLength("signatures", signatures.length, parties.length, parties.length);
        for (uint256 i = 0; i < parties.length; i++) {
            PartyRecord memory party = mustBeActive ? registry.requireActive(parties[i]) : registry.get(parties[i]);
            Signatures.requireDecision(party.wallet, digest, signatures[i]);
        }
    }

    /// @return The count of signers, the party among them.
    function _join(bytes32[] memory signers, uint256 count, bytes32 party) private pure returns (uint256) {
        for (uint256 i = 0; i < count; i++) {
            if (signers[i] == party) return count;
        }
        signers[count] = party;
        return count + 1;
    }

    function _active(bytes32 model) private view returns (ModelRecord storage record) {
        record = _models[model];
        if (record.status == VersionStatus.None) revert UnknownModel(model);
        if (record.status == VersionStatus.Retired) revert RetiredModel(model);
    }

    function _activeLicence(bytes32 model, bytes32 licence) private view returns (LicenceRecord storage record) {
        record = _licences[model][licence];
        if (record.status == VersionStatus.None) revert UnknownLicence(model, licence);
        if (record.status == VersionStatus.Retired) revert RetiredLicence(model, licence);
    }
}

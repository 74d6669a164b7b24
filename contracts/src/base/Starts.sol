// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BadLength, NotAllowed, SameKey, VersionRetired} from "../Errors.sol";
import {DataSetVersion, PartyRecord, Proposal, RESULT_USER, TaskFacts, VersionStatus} from "../Types.sol";
import {IConsents} from "../interfaces/IConsents.sol";
import {IDataSets} from "../interfaces/IDataSets.sol";
import {IPartyRegistry} from "../interfaces/IPartyRegistry.sol";
import {IPrograms} from "../interfaces/IPrograms.sol";
import {Parties} from "../libraries/Parties.sol";
import {TypedData} from "../libraries/TypedData.sol";
import {StartConditions} from "./StartConditions.sol";

/// @title What every block of uses is taken under
/// @dev The checks of `start` and `reserve`: everything that may have changed since the proposal.
abstract contract Starts is StartConditions {
    using Parties for IPartyRegistry;
    using Parties for PartyRecord;
    using TypedData for bytes32[];

    IDataSets public immutable dataSets;
    IPrograms public immutable programs;
    IConsents public immutable consents;

    constructor(IDataSets dataSets_, IPrograms programs_, IConsents consents_) {
        dataSets = dataSets_;
        programs = programs_;
        consents = consents_;
    }

    /// @dev Everything that may have changed since the proposal, then a block of uses of every authorization.
    /// @return programsDigest keccak256 of the programs' code digests, in order.
    function _takeUses(bytes32 id, Proposal calldata p, bytes32[] memory committers, bytes32[] calldata authorizations)
        internal
        returns (bytes32 programsDigest)
    {
        _requireStarter(p);
        _requireCommitters(committers);
        _requireResultUsers(p.resultUsers);
        programsDigest = _requireReleases(p, committers.length);
        _consume(id, p, authorizations);
    }

    /// @dev The caller is the wallet or node signer of the proposer or of the scheduler, both active.
    function _requireStarter(Proposal calldata p) private view {
        PartyRecord memory proposer = registry.requireActive(p.proposer);
        PartyRecord memory scheduler = registry.requireActive(p.scheduler);
        if (!proposer.isCaller() && !scheduler.isCaller()) revert NotAllowed(msg.sender, p.scheduler);
    }

    /// @dev All active, and nobody twice with one key: operators were compared when the task was proposed, keys change.
    function _requireCommitters(bytes32[] memory committers) private view {
        PartyRecord[] memory seats = new PartyRecord[](committers.length);
        for (uint256 i = 0; i < committers.length; i++) {
            PartyRecord memory seat = registry.requireActive(committers[i]);
            for (uint256 j = 0; j < i; j++) {
                if (seats[j].nodeSigner == seat.nodeSigner || seats[j].nodeKey == seat.nodeKey) {
                    revert SameKey(committers[j], committers[i]);
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

    /// @return keccak256 of the programs' code digests, in order.
    function _requireReleases(Proposal calldata p, uint256 committers) private view returns (bytes32) {
        programs.requireRunnableEngine(p.engine);
        bytes32[] memory digests = new bytes32[](p.programs.length);
        for (uint256 i = 0; i < p.programs.length; i++) {
            digests[i] = programs.requireRunnable(p.programs[i], p.protectionLevel, committers);
        }
        return keccak256(abi.encodePacked(digests));
    }

    function _consume(bytes32 id, Proposal calldata p, bytes32[] calldata authorizations) private {
        uint256 count = p.dataSets.length;
        if (authorizations.length != count) revert BadLength("authorizations", authorizations.length, count, count);
        // slither-disable-next-line uninitialized-local - every field is set below
        TaskFacts memory facts;
        facts.task = id;
        facts.programs = p.programs;
        facts.engine = p.engine;
        facts.proposer = p.proposer;
        facts.purpose = p.purpose;
        facts.resultUsers = p.resultUsers.hashList();
        facts.computeParties = p.computeParties.hashList();
        facts.protectionLevel = p.protectionLevel;
        facts.uses = p.uses;
        for (uint256 i = 0; i < count; i++) {
            DataSetVersion memory version = dataSets.get(p.dataSets[i], p.dataVersions[i]);
            if (version.status != VersionStatus.Active) revert VersionRetired(p.dataSets[i], p.dataVersions[i]);
            facts.dataSet = p.dataSets[i];
            facts.dataVersion = p.dataVersions[i];
            facts.inputRoot = version.inputRoot;
            facts.epsilonMicros = p.epsilonMicros[i];
            consents.consume(authorizations[i], facts);
        }
    }
}

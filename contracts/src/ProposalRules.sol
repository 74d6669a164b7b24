// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AuditorOnCommittee,
    CommitteeNotOwners,
    MissingRole,
    MixedCommittees,
    OutOfRange,
    SameOperator,
    UnknownRelease,
    UnknownVersion,
    WrongKind,
    ZeroValue
} from "./Errors.sol";
import {
    CERTIFIER,
    COMPUTE_PROVIDER,
    CommitteeKind,
    DataSetVersion,
    MAX_COMMITTEE,
    MAX_LEVEL,
    MAX_MODELS,
    MAX_PARTIES,
    MAX_PROGRAMS,
    MAX_REVIEW,
    MIN_COMMITTEE,
    MIN_OWNERS,
    NOBODY,
    PartyRecord,
    Proposal,
    REGULATOR,
    Release,
    ReleaseKind,
    VersionStatus
} from "./Types.sol";
import {IDataSets} from "./interfaces/IDataSets.sol";
import {IPartyRegistry} from "./interfaces/IPartyRegistry.sol";
import {IPrograms} from "./interfaces/IPrograms.sol";
import {IProposalRules} from "./interfaces/IProposalRules.sol";
import {Lists} from "./libraries/Lists.sol";

/// @title Proposal rules
/// @notice See IProposalRules. A contract of its own, for its size; it keeps nothing.
contract ProposalRules is IProposalRules {
    /// @dev Parties and who runs each.
    struct Group {
        bytes32[] parties;
        bytes32[] operators;
    }

    IPartyRegistry public immutable registry;
    IDataSets public immutable dataSets;
    IPrograms public immutable programs;

    constructor(IPartyRegistry registry_, IDataSets dataSets_, IPrograms programs_) {
        registry = registry_;
        dataSets = dataSets_;
        programs = programs_;
    }

    /// @inheritdoc IProposalRules
    function check(Proposal calldata p, uint64 time, uint64 maxLifetime)
        external
        view
        returns (CommitteeKind kind, bytes32[] memory committers, bytes32[] memory owners)
    {
        _requireWellFormed(p);
        _requireTimes(p, time, maxLifetime);
        owners = _ownersOf(p);
        Group memory publishers;
        (kind, publishers) = _releasesOf(p);
        committers = _committersOf(p, kind, owners);
        _requireIndependent(p, committers, owners, publishers);
    }

    function _requireWellFormed(Proposal calldata p) private pure {
        Lists.requireLength("dataSets", p.dataSets.length, 1, MAX_PARTIES);
        Lists.requireLength("dataVersions", p.dataVersions.length, p.dataSets.length, p.dataSets.length);
        Lists.requireLength("epsilonMicros", p.epsilonMicros.length, p.dataSets.length, p.dataSets.length);
        Lists.requireLength("programs", p.programs.length, 1, MAX_PROGRAMS);
        Lists.requireLength("models", p.models.length, 0, MAX_MODELS);
        Lists.requireLength("licences", p.licences.length, p.models.length, p.models.length);
        Lists.requireLength("resultUsers", p.resultUsers.length, 1, MAX_PARTIES);
        Lists.requireLength("auditors", p.auditors.length, 0, MAX_PARTIES);
        Lists.requireLength("computeParties", p.computeParties.length, 0, MAX_COMMITTEE);
        Lists.requireDistinct("dataSets", p.dataSets);
        Lists.requireDistinct("programs", p.programs);
        Lists.requireDistinct("models", p.models);
        Lists.requireDistinct("resultUsers", p.resultUsers);
        Lists.requireDistinct("auditors", p.auditors);
        Lists.requireDistinct("computeParties", p.computeParties);
        if (p.contractDigest == 0) revert ZeroValue("contractDigest");
        if (p.uses == 0) revert ZeroValue("uses");
        if (p.protectionLevel == 0 || p.protectionLevel > MAX_LEVEL) {
            revert OutOfRange("protectionLevel", p.protectionLevel, 1, MAX_LEVEL);
        }
    }

    function _requireTimes(Proposal calldata p, uint64 time, uint64 maxLifetime) private pure {
        uint64 latest = time + maxLifetime;
        if (p.deadline < time || p.deadline > latest) revert OutOfRange("deadline", p.deadline, time, latest);
        uint64 first = p.reviewer == NOBODY ? 0 : p.deadline;
        uint64 last = p.reviewer == NOBODY ? 0 : p.deadline + MAX_REVIEW;
        if (p.reviewBy < first || p.reviewBy > last) revert OutOfRange("reviewBy", p.reviewBy, first, last);
    }

    /// @dev Distinct, in order of appearance.
    function _ownersOf(Proposal calldata p) private view returns (bytes32[] memory owners) {
        owners = new bytes32[](p.dataSets.length);
        uint256 found = 0;
        for (uint256 i = 0; i < p.dataSets.length; i++) {
            DataSetVersion memory version = dataSets.get(p.dataSets[i], p.dataVersions[i]);
            if (version.status == VersionStatus.None) revert UnknownVersion(p.dataSets[i], p.dataVersions[i]);
            // One owner may bring several data sets.
            if (!_contains(owners, found, version.owner)) owners[found++] = version.owner;
        }
        // Shorten in place: solc keeps a memory array's length in its first word.
        assembly ("memory-safe") {
            mstore(owners, found)
        }
    }

    function _committersOf(Proposal calldata p, CommitteeKind kind, bytes32[] memory owners)
        private
        view
        returns (bytes32[] memory committers)
    {
        if (kind == CommitteeKind.None) {
            Lists.requireLength("computeParties", p.computeParties.length, 0, 0);
            Lists.requireLength("owners", owners.length, 1, MAX_COMMITTEE);
            return owners;
        }
        committers = p.computeParties;
        uint256 fewest = kind == CommitteeKind.Three ? MIN_COMMITTEE : MIN_OWNERS;
        Lists.requireLength("computeParties", committers.length, fewest, MAX_COMMITTEE);
        if (kind == CommitteeKind.Owners) _requireSame(committers, owners);
        Group memory seats = Group(committers, new bytes32[](committers.length));
        for (uint256 i = 0; i < committers.length; i++) {
            PartyRecord memory seat = registry.get(committers[i]);
            if (seat.roles & (REGULATOR | CERTIFIER) != 0) revert AuditorOnCommittee(committers[i]);
            if (kind == CommitteeKind.Three && seat.roles & COMPUTE_PROVIDER == 0) {
                revert MissingRole(committers[i], COMPUTE_PROVIDER);
            }
            _requireApart(committers[i], seat.operator, seats, i);
            seats.operators[i] = seat.operator;
        }
    }

    /// @dev Operators are compared, not parties: one who checks itself under another name checks nothing.
    function _requireIndependent(
        Proposal calldata p,
        bytes32[] memory committers,
        bytes32[] memory owners,
        Group memory publishers
    ) private view {
        if (p.auditors.length == 0 && p.reviewer == NOBODY) return;
        Group memory proposer = _groupOf(p.proposer);
        Group memory computing = _groupOf(committers);
        Group memory owning = _groupOf(owners);
        for (uint256 i = 0; i < p.auditors.length; i++) {
            bytes32 operator = registry.get(p.auditors[i]).operator;
            _requireApart(p.auditors[i], operator, computing, committers.length);
            _requireApart(p.auditors[i], operator, owning, owners.length);
            _requireApart(p.auditors[i], operator, proposer, 1);
            _requireApart(p.auditors[i], operator, publishers, publishers.parties.length);
        }
        if (p.reviewer == NOBODY) return;
        bytes32 reviewing = registry.get(p.reviewer).operator;
        Group memory reading = _groupOf(p.resultUsers);
        _requireApart(p.reviewer, reviewing, computing, committers.length);
        _requireApart(p.reviewer, reviewing, proposer, 1);
        _requireApart(p.reviewer, reviewing, publishers, publishers.parties.length);
        _requireApart(p.reviewer, reviewing, reading, p.resultUsers.length);
    }

    /// @dev What the programs declare, and who published them and the engine, as far as parties did.
    function _releasesOf(Proposal calldata p) private view returns (CommitteeKind kind, Group memory publishers) {
        uint256 count = p.programs.length;
        publishers = Group(new bytes32[](count + 1), new bytes32[](count + 1));
        uint256 found = 0;
        for (uint256 i = 0; i <= count; i++) {
            bytes32 id = i < count ? p.programs[i] : p.engine;
            ReleaseKind wanted = i < count ? ReleaseKind.Program : ReleaseKind.Engine;
            Release memory release = programs.get(id);
            if (release.status == VersionStatus.None) revert UnknownRelease(id);
            if (release.kind != wanted) revert WrongKind(id, release.kind);
            if (i == 0) kind = release.committee;
            else if (i < count && release.committee != kind) revert MixedCommittees(id, release.committee, kind);
            if (release.publisher == 0 || _contains(publishers.parties, found, release.publisher)) continue;
            publishers.parties[found] = release.publisher;
            publishers.operators[found++] = registry.get(release.publisher).operator;
        }
        bytes32[] memory parties = publishers.parties;
        assembly ("memory-safe") {
            mstore(parties, found)
        }
    }

    function _groupOf(bytes32[] memory parties) private view returns (Group memory group) {
        group = Group(parties, new bytes32[](parties.length));
        for (uint256 i = 0; i < parties.length; i++) {
            group.operators[i] = registry.get(parties[i]).operator;
        }
    }

    function _groupOf(bytes32 party) private view returns (Group memory) {
        bytes32[] memory parties = new bytes32[](1);
        parties[0] = party;
        return _groupOf(parties);
    }

    /// @dev Both lists are distinct, so equal lengths and one inside the other make them the same set.
    function _requireSame(bytes32[] memory committers, bytes32[] memory owners) private pure {
        for (uint256 i = 0; i < committers.length; i++) {
            if (!_contains(owners, owners.length, committers[i])) revert CommitteeNotOwners(committers[i]);
        }
        for (uint256 i = 0; i < owners.length; i++) {
            if (!_contains(committers, committers.length, owners[i])) revert CommitteeNotOwners(owners[i]);
        }
    }

    function _requireApart(bytes32 party, bytes32 operator, Group memory group, uint256 count) private pure {
        for (uint256 i = 0; i < count; i++) {
            if (group.operators[i] == operator) revert SameOperator(group.parties[i], party, operator);
        }
    }

    function _contains(bytes32[] memory items, uint256 count, bytes32 item) private pure returns (bool) {
        for (uint256 i = 0; i < count; i++) {
            if (items[i] == item) return true;
        }
        return false;
    }
}

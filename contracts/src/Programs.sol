// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AlreadyApproved,
    AlreadySucceeded,
    CommitteeSize,
    LevelNotReached,
    NoSuccessor,
    NotAllowed,
    NotEnoughApprovals,
    OutOfRange,
    OwnApproval,
    ReleaseExists,
    RetiredRelease,
    SuccessionNotDeclared,
    UnknownRelease,
    WrongKind,
    ZeroValue
} from "./Errors.sol";
import {
    ALGORITHM_PROVIDER,
    CERTIFIER,
    CommitteeKind,
    MAX_COMMITTEE,
    MAX_LEVEL,
    MAX_SUCCESSIONS,
    MIN_COMMITTEE,
    MIN_OWNERS,
    PartyRecord,
    Release,
    ReleaseKind,
    Succession,
    VersionStatus
} from "./Types.sol";
import {IPartyRegistry} from "./interfaces/IPartyRegistry.sol";
import {IPrograms} from "./interfaces/IPrograms.sol";
import {Parties} from "./libraries/Parties.sol";
import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";

/// @title Programs
/// @notice See IPrograms.
contract Programs is IPrograms, AccessControl {
    using Parties for IPartyRegistry;
    using Parties for PartyRecord;

    /// @notice Publishes and retires without being a party.
    bytes32 public constant PUBLISHER_ROLE = keccak256("PUBLISHER_ROLE");

    uint8 private constant SEMI_HONEST = 1;
    uint8 private constant MALICIOUS = 2;

    IPartyRegistry public immutable registry;
    /// @inheritdoc IPrograms
    uint8 public immutable requiredApprovals;

    uint64 private _published;
    mapping(bytes32 release => Release) private _releases;
    mapping(bytes32 older => bytes32 newer) private _declared;
    mapping(bytes32 older => mapping(bytes32 newer => uint8)) private _successorApprovals;
    // Of a release, or of a succession by the hash of its two releases.
    mapping(bytes32 subject => mapping(bytes32 operator => bool)) private _approvedBy;

    /// @param admin Holds the publisher role and may hand it on.
    constructor(IPartyRegistry registry_, address admin, uint8 requiredApprovals_) {
        if (admin == address(0)) revert ZeroValue("admin");
        if (requiredApprovals_ == 0) revert ZeroValue("requiredApprovals");
        registry = registry_;
        requiredApprovals = requiredApprovals_;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(PUBLISHER_ROLE, admin);
    }

    /// @inheritdoc IPrograms
    function publish(
        bytes32 program,
        bytes32 codeDigest,
        CommitteeKind committee,
        uint8 protectionLevel,
        uint8 securityModel,
        uint8 minParties,
        uint8 maxParties,
        uint8 outputKind
    ) external {
        if (securityModel != SEMI_HONEST && securityModel != MALICIOUS) {
            revert OutOfRange("securityModel", securityModel, SEMI_HONEST, MALICIOUS);
        }
        // Level 5 is against a party that cheats, so only a malicious-security protocol reaches it.
        uint8 highest = securityModel == MALICIOUS ? MAX_LEVEL : MAX_LEVEL - 1;
        if (protectionLevel == 0 || protectionLevel > highest) {
            revert OutOfRange("protectionLevel", protectionLevel, 1, highest);
        }
        if (maxParties > MAX_COMMITTEE) revert OutOfRange("maxParties", maxParties, 1, MAX_COMMITTEE);
        uint256 fewest = _fewest(committee);
        if (minParties < fewest || minParties > maxParties) {
            revert OutOfRange("minParties", minParties, fewest, maxParties);
        }
        Release storage it = _publish(program, codeDigest, ReleaseKind.Program);
        it.committee = committee;
        it.protectionLevel = protectionLevel;
        it.securityModel = securityModel;
        it.minParties = minParties;
        it.maxParties = maxParties;
        it.outputKind = outputKind;
        emit ProgramPublished(
            program,
            it.publisher,
            codeDigest,
            committee,
            protectionLevel,
            securityModel,
            minParties,
            maxParties,
            outputKind,
            it.serial
        );
    }

    /// @inheritdoc IPrograms
    function publishEngine(bytes32 engine, bytes32 codeDigest) external {
        Release storage it = _publish(engine, codeDigest, ReleaseKind.Engine);
        emit EnginePublished(engine, it.publisher, codeDigest, it.serial);
    }

    /// @inheritdoc IPrograms
    function approve(bytes32 release, bytes32 certifier) external {
        Release storage it = _active(release);
        _approve(release, release, it.publisher, certifier);
        it.approvals += 1;
        emit ReleaseApproved(release, certifier, it.approvals);
    }

    /// @inheritdoc IPrograms
    function retire(bytes32 release) external {
        Release storage it = _active(release);
        bytes32 caller = registry.partyOf(msg.sender);
        bool isPublisher = caller != 0 && caller == it.publisher;
        if (!isPublisher && !hasRole(PUBLISHER_ROLE, msg.sender)) revert NotAllowed(msg.sender, it.publisher);
        it.status = VersionStatus.Retired;
        emit ReleaseRetired(release);
    }

    /// @inheritdoc IPrograms
    function declareSuccessor(bytes32 older, bytes32 newer) external {
        Release storage from = _known(older);
        Release storage to = _active(newer);
        if (from.publisher == 0) _checkRole(PUBLISHER_ROLE);
        else registry.requireActive(from.publisher).requireWalletCaller(from.publisher);
        if (to.publisher != from.publisher) revert NoSuccessor(older, newer, "publisher");
        if (to.kind != from.kind) revert NoSuccessor(older, newer, "kind");
        // Published later: so no chain of successions comes back to where it began.
        if (to.serial <= from.serial) revert NoSuccessor(older, newer, "serial");
        if (to.committee != from.committee) revert NoSuccessor(older, newer, "committee");
        if (to.outputKind != from.outputKind) revert NoSuccessor(older, newer, "outputKind");
        if (to.protectionLevel < from.protectionLevel) revert NoSuccessor(older, newer, "protectionLevel");
        if (to.securityModel < from.securityModel) revert NoSuccessor(older, newer, "securityModel");
        bytes32 declared = _declared[older];
        if (_stands(older, declared)) revert AlreadySucceeded(older, declared);
        _declared[older] = newer;
        emit SuccessorDeclared(older, newer);
    }

    /// @inheritdoc IPrograms
    function approveSuccessor(bytes32 older, bytes32 newer, bytes32 certifier) external {
        if (_declared[older] != newer) revert SuccessionNotDeclared(older, newer);
        Release storage to = _active(newer);
        _approve(keccak256(abi.encode(older, newer)), newer, to.publisher, certifier);
        uint8 approvals = ++_successorApprovals[older][newer];
        emit SuccessorApproved(older, newer, certifier, approvals);
    }

    /// @inheritdoc IPrograms
    function get(bytes32 release) external view returns (Release memory) {
        return _releases[release];
    }

    /// @inheritdoc IPrograms
    function successorOf(bytes32 release) external view returns (Succession memory) {
        bytes32 newer = _declared[release];
        return Succession(newer, _successorApprovals[release][newer]);
    }

    /// @inheritdoc IPrograms
    function isSuccessor(bytes32 older, bytes32 newer) external view returns (bool) {
        bytes32 reached = older;
        for (uint256 i = 0; i < MAX_SUCCESSIONS; i++) {
            bytes32 next = _declared[reached];
            if (!_stands(reached, next)) return false;
            if (next == newer) return true;
            reached = next;
        }
        return false;
    }

    /// @inheritdoc IPrograms
    function isApproved(bytes32 release) external view returns (bool) {
        Release storage it = _releases[release];
        return it.status == VersionStatus.Active && it.approvals >= requiredApprovals;
    }

    /// @inheritdoc IPrograms
    function digestOf(bytes32[] calldata programs) external view returns (bytes32) {
        bytes32[] memory digests = new bytes32[](programs.length);
        for (uint256 i = 0; i < programs.length; i++) {
            Release storage it = _known(programs[i]);
            _requireKind(programs[i], it, ReleaseKind.Program);
            digests[i] = it.codeDigest;
        }
        return keccak256(abi.encodePacked(digests));
    }

    /// @inheritdoc IPrograms
    function requireRunnableEngine(bytes32 engine) external view {
        // slither-disable-next-line unused-return - only whether it may run
        _runnable(engine, ReleaseKind.Engine);
    }

    /// @inheritdoc IPrograms
    function requireRunnable(bytes32 program, uint8 protectionLevel, uint256 committers)
        external
        view
        returns (bytes32 codeDigest)
    {
        Release storage it = _runnable(program, ReleaseKind.Program);
        if (it.protectionLevel < protectionLevel) revert LevelNotReached(program, it.protectionLevel, protectionLevel);
        if (committers < it.minParties || committers > it.maxParties) {
            revert CommitteeSize(program, committers, it.minParties, it.maxParties);
        }
        return it.codeDigest;
    }

    function _publish(bytes32 release, bytes32 codeDigest, ReleaseKind kind) private returns (Release storage it) {
        bytes32 publisher = _publisher();
        if (release == 0) revert ZeroValue("release");
        if (codeDigest == 0) revert ZeroValue("codeDigest");
        it = _releases[release];
        if (it.status != VersionStatus.None) revert ReleaseExists(release);
        it.publisher = publisher;
        it.codeDigest = codeDigest;
        it.kind = kind;
        it.status = VersionStatus.Active;
        it.serial = ++_published;
    }

    /// @dev One approval for each operator, and none of what the operator itself publishes.
    function _approve(bytes32 subject, bytes32 release, bytes32 publisher, bytes32 certifier) private {
        PartyRecord memory party = registry.requireActive(certifier);
        party.requireWalletCaller(certifier);
        party.requireRole(certifier, CERTIFIER);
        bool isOwn = publisher != 0 && registry.get(publisher).operator == party.operator;
        if (isOwn) revert OwnApproval(release, certifier);
        if (_approvedBy[subject][party.operator]) revert AlreadyApproved(release, certifier);
        _approvedBy[subject][party.operator] = true;
    }

    /// @dev The caller's party when it is an algorithm provider; zero when it holds the publisher role.
    function _publisher() private view returns (bytes32 publisher) {
        if (hasRole(PUBLISHER_ROLE, msg.sender)) return 0;
        publisher = registry.partyOf(msg.sender);
        if (publisher == 0) revert NotAllowed(msg.sender, 0);
        registry.requireActive(publisher).requireRole(publisher, ALGORITHM_PROVIDER);
    }

    /// @dev Whether a declared succession is approved and leads to a release that is not retired.
    function _stands(bytes32 older, bytes32 newer) private view returns (bool) {
        return _successorApprovals[older][newer] >= requiredApprovals && _releases[newer].status == VersionStatus.Active;
    }

    function _runnable(bytes32 release, ReleaseKind kind) private view returns (Release storage it) {
        it = _active(release);
        _requireKind(release, it, kind);
        if (it.approvals < requiredApprovals) revert NotEnoughApprovals(release, it.approvals, requiredApprovals);
    }

    function _active(bytes32 release) private view returns (Release storage it) {
        it = _known(release);
        if (it.status == VersionStatus.Retired) revert RetiredRelease(release);
    }

    function _known(bytes32 release) private view returns (Release storage it) {
        it = _releases[release];
        if (it.status == VersionStatus.None) revert UnknownRelease(release);
    }

    function _requireKind(bytes32 release, Release storage it, ReleaseKind kind) private view {
        if (it.kind != kind) revert WrongKind(release, it.kind);
    }

    function _fewest(CommitteeKind committee) private pure returns (uint256) {
        if (committee == CommitteeKind.Three) return MIN_COMMITTEE;
        return committee == CommitteeKind.Owners ? MIN_OWNERS : 1;
    }
}

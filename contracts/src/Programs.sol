// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AlreadyApproved,
    CommitteeSize,
    LevelNotReached,
    NotAllowed,
    NotEnoughApprovals,
    OutOfRange,
    OwnApproval,
    ProgramExists,
    RetiredProgram,
    UnknownProgram,
    ZeroValue
} from "./Errors.sol";
import {
    ALGORITHM_PROVIDER,
    CERTIFIER,
    MAX_COMMITTEE,
    MAX_LEVEL,
    PartyRecord,
    Program,
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

    mapping(bytes32 program => Program) private _programs;
    mapping(bytes32 program => mapping(bytes32 certifier => bool)) private _approvedBy;

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
        uint8 protectionLevel,
        uint8 securityModel,
        uint8 minParties,
        uint8 maxParties,
        uint8 outputKind
    ) external {
        bytes32 publisher = _publisher();
        if (program == 0) revert ZeroValue("program");
        if (codeDigest == 0) revert ZeroValue("codeDigest");
        if (_programs[program].status != VersionStatus.None) revert ProgramExists(program);
        if (securityModel != SEMI_HONEST && securityModel != MALICIOUS) {
            revert OutOfRange("securityModel", securityModel, SEMI_HONEST, MALICIOUS);
        }
        // Level 5 is against a party that cheats, so only a malicious-security protocol reaches it.
        uint8 highest = securityModel == MALICIOUS ? MAX_LEVEL : MAX_LEVEL - 1;
        if (protectionLevel == 0 || protectionLevel > highest) {
            revert OutOfRange("protectionLevel", protectionLevel, 1, highest);
        }
        if (maxParties > MAX_COMMITTEE) revert OutOfRange("maxParties", maxParties, 2, MAX_COMMITTEE);
        if (minParties < 2 || minParties > maxParties) revert OutOfRange("minParties", minParties, 2, maxParties);
        _programs[program] = Program({
            publisher: publisher,
            codeDigest: codeDigest,
            protectionLevel: protectionLevel,
            securityModel: securityModel,
            minParties: minParties,
            maxParties: maxParties,
            outputKind: outputKind,
            approvals: 0,
            status: VersionStatus.Active
        });
        emit ProgramPublished(
            program, publisher, codeDigest, protectionLevel, securityModel, minParties, maxParties, outputKind
        );
    }

    /// @inheritdoc IPrograms
    function approve(bytes32 program, bytes32 certifier) external {
        Program storage it = _active(program);
        PartyRecord memory party = registry.requireActive(certifier);
        party.requireWalletCaller(certifier);
        party.requireRole(certifier, CERTIFIER);
        if (it.publisher == certifier) revert OwnApproval(program, certifier);
        if (_approvedBy[program][certifier]) revert AlreadyApproved(program, certifier);
        _approvedBy[program][certifier] = true;
        it.approvals += 1;
        emit ProgramApproved(program, certifier, it.approvals);
    }

    /// @inheritdoc IPrograms
    function retire(bytes32 program) external {
        Program storage it = _active(program);
        bytes32 caller = registry.partyOf(msg.sender);
        bool isPublisher = caller != 0 && caller == it.publisher;
        if (!isPublisher && !hasRole(PUBLISHER_ROLE, msg.sender)) revert NotAllowed(msg.sender, it.publisher);
        it.status = VersionStatus.Retired;
        emit ProgramRetired(program);
    }

    /// @inheritdoc IPrograms
    function get(bytes32 program) external view returns (Program memory) {
        return _programs[program];
    }

    /// @inheritdoc IPrograms
    function isApproved(bytes32 program) external view returns (bool) {
        Program storage it = _programs[program];
        return it.status == VersionStatus.Active && it.approvals >= requiredApprovals;
    }

    /// @inheritdoc IPrograms
    function requireRunnable(bytes32 program, uint8 protectionLevel, uint256 committeeSize)
        external
        view
        returns (bytes32 codeDigest)
    {
        Program storage it = _active(program);
        if (it.approvals < requiredApprovals) revert NotEnoughApprovals(program, it.approvals, requiredApprovals);
        if (it.protectionLevel < protectionLevel) revert LevelNotReached(program, it.protectionLevel, protectionLevel);
        if (committeeSize < it.minParties || committeeSize > it.maxParties) {
            revert CommitteeSize(program, committeeSize, it.minParties, it.maxParties);
        }
        return it.codeDigest;
    }

    /// @dev The caller's party when it is an algorithm provider; zero when it holds the publisher role.
    function _publisher() private view returns (bytes32 publisher) {
        if (hasRole(PUBLISHER_ROLE, msg.sender)) return 0;
        publisher = registry.partyOf(msg.sender);
        if (publisher == 0) revert NotAllowed(msg.sender, 0);
        registry.requireActive(publisher).requireRole(publisher, ALGORITHM_PROVIDER);
    }

    function _active(bytes32 program) private view returns (Program storage it) {
        it = _programs[program];
        if (it.status == VersionStatus.None) revert UnknownProgram(program);
        if (it.status == VersionStatus.Retired) revert RetiredProgram(program);
    }
}

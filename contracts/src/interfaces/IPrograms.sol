// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CommitteeKind, Release, Succession} from "../Types.sol";

/// @title The catalogue of programs and of the engines that run them
/// @notice A program id is the keccak256 of `family.name`, an at sign and its version (three numbers with dots); an engine
/// id is that of `engine`, an at sign and its version. Both are releases: each has its own digest, publisher and approvals,
/// and what is published under an id never changes.
///
/// A release may have one successor. Its publisher declares it, certifiers approve it, and then it stands for ever, unless
/// the newer release is retired. An owner whose authorization says so accepts approved successors.
interface IPrograms {
    event ProgramPublished(
        bytes32 indexed program,
        bytes32 indexed publisher,
        bytes32 codeDigest,
        CommitteeKind committee,
        uint8 protectionLevel,
        uint8 securityModel,
        uint8 minParties,
        uint8 maxParties,
        uint8 outputKind,
        uint64 serial
    );
    event EnginePublished(bytes32 indexed engine, bytes32 indexed publisher, bytes32 codeDigest, uint64 serial);
    event ReleaseApproved(bytes32 indexed release, bytes32 indexed certifier, uint8 approvals);
    event ReleaseRetired(bytes32 indexed release);
    event SuccessorDeclared(bytes32 indexed older, bytes32 indexed newer);
    event SuccessorApproved(bytes32 indexed older, bytes32 indexed newer, bytes32 indexed certifier, uint8 approvals);

    /// @notice Publishes a program. An active algorithm provider's wallet, or the publisher role (then without a party).
    function publish(
        bytes32 program,
        bytes32 codeDigest,
        CommitteeKind committee,
        uint8 protectionLevel,
        uint8 securityModel,
        uint8 minParties,
        uint8 maxParties,
        uint8 outputKind
    ) external;

    /// @notice Publishes an engine. Who may is as for programs.
    function publishEngine(bytes32 engine, bytes32 codeDigest) external;

    /// @notice A certifier's approval of a release, by its wallet.
    /// @dev Never of what its own operator publishes, and one for each operator: approvals are counted by who gives them.
    /// Warning: an approval stays when its certifier is suspended later; retire the release then.
    function approve(bytes32 release, bytes32 certifier) external;

    /// @notice Retires a release for future starts, for ever. The publishing party's wallet or the publisher role.
    /// Warning: tasks that started go on, but reserve no further uses.
    /// Warning: it ends every chain of successions that leads through it; see `isSuccessor`.
    function retire(bytes32 release) external;

    /// @notice Declares that a newer release may stand in for an older one. Only the publisher of both, by its wallet.
    /// @dev Same kind, published later, and promising no less: same committee and output, level and security model at
    /// least as high. The older one may be retired, the newer one not. Replaces a declaration that is not approved, or
    /// whose newer release is retired.
    function declareSuccessor(bytes32 older, bytes32 newer) external;

    /// @notice A certifier's approval of a declared succession, under the rules of `approve`.
    /// @dev Names both releases: an approval never goes to a declaration that replaced the one that was looked at.
    function approveSuccessor(bytes32 older, bytes32 newer, bytes32 certifier) external;

    /// @notice The release; status None when there is none.
    function get(bytes32 release) external view returns (Release memory);

    /// @notice What was declared to succeed the release, and its approvals; zeros when nothing was.
    function successorOf(bytes32 release) external view returns (Succession memory);

    /// @notice Whether approved successions lead from the older release to the newer one, in at most `MAX_SUCCESSIONS`
    /// steps. A release is not its own successor.
    /// @dev The older release may be retired: that is when it needs a successor. A retired one further on ends the way:
    /// retiring is the one means to withdraw a wrong step, so nothing behind it stands in until certifiers approve a way
    /// around it.
    function isSuccessor(bytes32 older, bytes32 newer) external view returns (bool);

    /// @notice Whether a task may start with it now.
    function isApproved(bytes32 release) external view returns (bool);

    /// @notice Approvals that a release or a succession needs.
    function requiredApprovals() external view returns (uint8);

    /// @notice keccak256 of the programs' code digests, in order. Reverts unless all are programs.
    function digestOf(bytes32[] calldata programs) external view returns (bytes32);

    /// @notice Reverts unless the engine may run; retired or not approved ones may not.
    function requireRunnableEngine(bytes32 engine) external view;

    /// @notice Reverts unless the program may run at this level with so many who commit; else gives its code digest.
    function requireRunnable(bytes32 program, uint8 protectionLevel, uint256 committers)
        external
        view
        returns (bytes32 codeDigest);
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Program} from "../Types.sol";

/// @title The catalogue of programs
/// @notice A program id is the keccak256 of `name@MAJOR.MINOR.PATCH`; what is published under it never changes.
interface IPrograms {
    event ProgramPublished(
        bytes32 indexed program,
        bytes32 indexed publisher,
        bytes32 codeDigest,
        uint8 protectionLevel,
        uint8 securityModel,
        uint8 minParties,
        uint8 maxParties,
        uint8 outputKind
    );
    event ProgramApproved(bytes32 indexed program, bytes32 indexed certifier, uint8 approvals);
    event ProgramRetired(bytes32 indexed program);

    /// @notice Publishes a program. An active algorithm provider's wallet, or the publisher role (then without a party).
    function publish(
        bytes32 program,
        bytes32 codeDigest,
        uint8 protectionLevel,
        uint8 securityModel,
        uint8 minParties,
        uint8 maxParties,
        uint8 outputKind
    ) external;

    /// @notice A certifier's approval, by its wallet. Never of its own program.
    /// Warning: an approval stays when its certifier is suspended later; retire the program then.
    function approve(bytes32 program, bytes32 certifier) external;

    /// @notice Retires a program for future starts. The publishing party's wallet or the publisher role.
    /// Warning: tasks that started go on.
    function retire(bytes32 program) external;

    /// @notice The program; status None when there is none.
    function get(bytes32 program) external view returns (Program memory);

    /// @notice Whether a task may start with it now.
    function isApproved(bytes32 program) external view returns (bool);

    /// @notice Approvals that a program needs.
    function requiredApprovals() external view returns (uint8);

    /// @notice Reverts unless the program may run at this level with a committee of this size; else gives its code digest.
    function requireRunnable(bytes32 program, uint8 protectionLevel, uint256 committeeSize)
        external
        view
        returns (bytes32 codeDigest);
}

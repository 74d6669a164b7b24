// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Proposal} from "../Types.sol";

/// @title A rule that every start must meet
/// @notice Tasks asks each condition in force at every `start` and `reserve`, after the consents and in the order in which
/// the conditions were added. A condition takes what the task uses up, or reverts and with it the start.
/// @dev Warning: check that `msg.sender` is Tasks; nobody else may use anything up.
/// Warning: nothing is told when uses are returned or a task ends.
interface IStartCondition {
    /// @param task The task id, which is the digest of `p`.
    /// @param authorizations Digests, one for each data set of `p`, in its order; all just consumed.
    function consume(bytes32 task, Proposal calldata p, bytes32[] calldata authorizations) external;
}

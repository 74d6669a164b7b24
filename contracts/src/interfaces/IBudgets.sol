// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Budget, BudgetChange} from "../Types.sol";
import {IStartCondition} from "./IStartCondition.sol";

/// @title Differential-privacy budgets of data sets
/// @notice A start condition: what a task spends of a data set (`Proposal.epsilonMicros`, millionths of epsilon for each
/// block of uses) is taken from the data set's budget at start and at every reserve, and never comes back. One budget for all
/// versions: they tell about the same people. A data set without a budget can spend none.
/// Warning: budgets add up losses one by one (basic composition). What one task loses is what its programs declare.
interface IBudgets is IStartCondition {
    /// @param epsilonMicros The new whole budget; `spent` of it is gone already.
    event BudgetSet(bytes32 indexed dataSet, bytes32 indexed owner, uint64 change, uint64 epsilonMicros, uint64 spent);
    event BudgetSpent(bytes32 indexed dataSet, bytes32 indexed task, uint64 epsilonMicros, uint64 spent, uint64 budget);

    /// @notice Sets all that may ever be spent of a data set. The owner's wallet decides, never its node: it calls with an
    /// empty signature, or anyone relays what it signed (EIP-712; EIP-1271 for a contract). A suspended owner may only lower.
    /// Warning: raising a budget weakens what people were promised. It is an event that everybody sees.
    /// Warning: a budget below what is spent leaves nothing; it gives nothing back.
    function set(BudgetChange calldata b, bytes calldata signature) external;

    /// @notice The data set's budget, what of it is spent, and the number of its last change; zeros when there is none.
    function get(bytes32 dataSet) external view returns (Budget memory);
}

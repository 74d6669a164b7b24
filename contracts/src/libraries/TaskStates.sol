// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TaskState} from "../Types.sol";

/// @title The transition table of a task
/// @dev
///   None     -> Proposed
///   Proposed -> Started, Aborted, Refused, Expired
///   Started  -> Completed, Disputed, Aborted, Refused, Expired
///   the other five are end states
library TaskStates {
    /// @notice Whether a task may go from one state to the other.
    function allows(TaskState from, TaskState to) internal pure returns (bool) {
        if (from == TaskState.None) return to == TaskState.Proposed;
        if (from == TaskState.Proposed) return to == TaskState.Started || to > TaskState.Disputed;
        if (from == TaskState.Started) return to > TaskState.Started;
        return false;
    }

    /// @notice Whether a task ended and has no result.
    function endedWithoutResult(TaskState state) internal pure returns (bool) {
        return state > TaskState.Completed;
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Condition} from "../Types.sol";

/// @title Which conditions are in force
/// @notice A later rule is added here and needs no new deployment. Whoever may admit parties schedules it, and everybody
/// sees it coming for `conditionDelay`: an owner who does not like it revokes in time.
interface IStartConditions {
    event ConditionScheduled(address indexed condition, uint64 activeFrom);
    event ConditionRemovalScheduled(address indexed condition, uint64 removedFrom);

    /// @notice Schedules a condition. From its second on every start and reserve asks it, whenever the task was proposed.
    /// Warning: a condition that always reverts stops every start until its removal takes effect, and for the tasks
    /// proposed before that until their deadlines.
    function scheduleCondition(address condition) external;

    /// @notice Schedules the removal of a condition. It never applies to a task proposed before it took effect: what was
    /// promised when a task was proposed holds to its end.
    /// Warning: cannot be undone; schedule the condition anew.
    function scheduleConditionRemoval(address condition) external;

    /// @notice Every condition that may still be asked, in the order of asking, scheduled ones included.
    function conditions() external view returns (Condition[] memory);

    /// @notice Seconds between scheduling and taking effect.
    function conditionDelay() external view returns (uint64);
}

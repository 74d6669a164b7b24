// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    ConditionExists,
    NotAllowed,
    OutOfRange,
    RemovalScheduled,
    TooManyConditions,
    UnknownCondition,
    ZeroValue
} from "../Errors.sol";
import {Condition, MAX_CONDITIONS, MAX_PERIOD, Proposal} from "../Types.sol";
import {IPartyRegistry} from "../interfaces/IPartyRegistry.sol";
import {IStartCondition} from "../interfaces/IStartCondition.sol";
import {IStartConditions} from "../interfaces/IStartConditions.sol";
import {Clock} from "./Clock.sol";

/// @title Start conditions
/// @notice See IStartConditions.
abstract contract StartConditions is IStartConditions, Clock {
    IPartyRegistry public immutable registry;
    /// @inheritdoc IStartConditions
    uint64 public immutable conditionDelay;
    /// @notice Most seconds between a task's proposal and its deadline.
    uint64 public immutable maxLifetime;

    Condition[] private _conditions;

    constructor(IPartyRegistry registry_, address[] memory first, uint64 conditionDelay_, uint64 maxLifetime_) {
        _requirePeriod("conditionDelay", conditionDelay_);
        _requirePeriod("maxLifetime", maxLifetime_);
        registry = registry_;
        conditionDelay = conditionDelay_;
        maxLifetime = maxLifetime_;
        for (uint256 i = 0; i < first.length; i++) {
            _add(first[i], _now());
        }
    }

    /// @inheritdoc IStartConditions
    function scheduleCondition(address condition) external {
        _requireAdmission();
        _dropRemoved();
        _add(condition, _now() + conditionDelay);
    }

    /// @inheritdoc IStartConditions
    function scheduleConditionRemoval(address condition) external {
        _requireAdmission();
        uint256 place = _find(condition);
        if (place >= _conditions.length) revert UnknownCondition(condition);
        Condition storage it = _conditions[place];
        if (it.removedFrom != 0) revert RemovalScheduled(condition, it.removedFrom);
        it.removedFrom = _now() + conditionDelay;
        emit ConditionRemovalScheduled(condition, it.removedFrom);
    }

    /// @inheritdoc IStartConditions
    function conditions() external view returns (Condition[] memory) {
        return _conditions;
    }

    /// @dev Asks every condition in force for a task that was proposed at a time. Each takes what it must, or reverts.
    function _askConditions(bytes32 task, uint64 proposedAt, Proposal calldata p, bytes32[] calldata authorizations)
        internal
    {
        uint64 time = _now();
        uint256 count = _conditions.length;
        for (uint256 i = 0; i < count; i++) {
            Condition memory it = _conditions[i];
            bool removed = it.removedFrom != 0 && proposedAt >= it.removedFrom;
            if (time < it.activeFrom || removed) continue;
            IStartCondition(it.condition).consume(task, p, authorizations);
        }
    }

    function _add(address condition, uint64 activeFrom) private {
        // An address without code would answer every call with success.
        if (condition.code.length == 0) revert ZeroValue("condition");
        if (_find(condition) < _conditions.length) revert ConditionExists(condition);
        if (_conditions.length >= MAX_CONDITIONS) revert TooManyConditions(MAX_CONDITIONS);
        _conditions.push(Condition(condition, activeFrom, 0));
        emit ConditionScheduled(condition, activeFrom);
    }

    /// @dev Makes room: the last task that a removed condition is asked about was proposed before the removal, and has
    /// passed its deadline. The others keep their order.
    function _dropRemoved() private {
        uint64 time = _now();
        uint256 kept = 0;
        uint256 count = _conditions.length;
        for (uint256 i = 0; i < count; i++) {
            Condition memory it = _conditions[i];
            if (it.removedFrom != 0 && time > it.removedFrom + maxLifetime) continue;
            _conditions[kept++] = it;
        }
        for (uint256 i = kept; i < count; i++) {
            _conditions.pop();
        }
    }

    /// @dev Its place, or the list's length.
    function _find(address condition) private view returns (uint256 place) {
        while (place < _conditions.length && _conditions[place].condition != condition) place++;
    }

    function _requirePeriod(bytes32 field, uint64 seconds_) private pure {
        if (seconds_ == 0 || seconds_ > MAX_PERIOD) revert OutOfRange(field, seconds_, 1, MAX_PERIOD);
    }

    function _requireAdmission() private view {
        if (!registry.mayAdmit(msg.sender)) revert NotAllowed(msg.sender, 0);
    }
}

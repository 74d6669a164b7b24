// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OnlyTasks, ZeroValue} from "../Errors.sol";
import {IDataSets} from "../interfaces/IDataSets.sol";
import {IPartyRegistry} from "../interfaces/IPartyRegistry.sol";
import {IStartCondition} from "../interfaces/IStartCondition.sol";
import {Domain} from "./Domain.sol";

/// @title What every start condition of ours has
abstract contract StartCondition is IStartCondition, Domain {
    IPartyRegistry public immutable registry;
    IDataSets public immutable dataSets;
    /// @notice The contract that may consume.
    address public immutable tasks;

    modifier onlyTasks() {
        if (msg.sender != tasks) revert OnlyTasks(msg.sender);
        _;
    }

    /// @param tasks_ Address that Tasks will have.
    constructor(bytes32 deploymentId_, IPartyRegistry registry_, IDataSets dataSets_, address tasks_)
        Domain(deploymentId_)
    {
        if (tasks_ == address(0)) revert ZeroValue("tasks");
        registry = registry_;
        dataSets = dataSets_;
        tasks = tasks_;
    }
}

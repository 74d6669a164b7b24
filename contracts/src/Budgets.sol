// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BudgetExceeded, PartyNotActive, UnknownVersion, WrongOrdinal} from "./Errors.sol";
import {Budget, BudgetChange, PartyRecord, PartyStatus, Proposal} from "./Types.sol";
import {StartCondition} from "./base/StartCondition.sol";
import {IBudgets} from "./interfaces/IBudgets.sol";
import {IDataSets} from "./interfaces/IDataSets.sol";
import {IPartyRegistry} from "./interfaces/IPartyRegistry.sol";
import {IStartCondition} from "./interfaces/IStartCondition.sol";
import {Registrations} from "./libraries/Registrations.sol";
import {Signatures} from "./libraries/Signatures.sol";

/// @title Budgets
/// @notice See IBudgets.
contract Budgets is IBudgets, StartCondition {
    using Registrations for BudgetChange;

    mapping(bytes32 dataSet => Budget) private _budgets;

    constructor(bytes32 deploymentId_, IPartyRegistry registry_, IDataSets dataSets_, address tasks_)
        StartCondition(deploymentId_, registry_, dataSets_, tasks_)
    {}

    /// @inheritdoc IBudgets
    function set(BudgetChange calldata b, bytes calldata signature) external {
        uint32 latest = dataSets.latest(b.dataSet);
        if (latest == 0) revert UnknownVersion(b.dataSet, 1);
        // Versions of a data set have one owner.
        bytes32 owner = dataSets.get(b.dataSet, latest).owner;
        PartyRecord memory party = registry.get(owner);
        Budget storage budget = _budgets[b.dataSet];
        bool raises = b.epsilonMicros > budget.epsilonMicros;
        if (raises && party.status != PartyStatus.Active) revert PartyNotActive(owner);
        if (b.change != budget.change + 1) revert WrongOrdinal(b.dataSet, b.change, budget.change + 1);
        Signatures.requireDecision(party.wallet, _digest(b.hash()), signature);
        budget.epsilonMicros = b.epsilonMicros;
        budget.change = b.change;
        emit BudgetSet(b.dataSet, owner, b.change, b.epsilonMicros, budget.spent);
    }

    /// @inheritdoc IStartCondition
    function consume(bytes32 task, Proposal calldata p, bytes32[] calldata) external onlyTasks {
        for (uint256 i = 0; i < p.dataSets.length; i++) {
            if (p.epsilonMicros[i] != 0) _spend(task, p.dataSets[i], p.epsilonMicros[i]);
        }
    }

    /// @inheritdoc IBudgets
    function get(bytes32 dataSet) external view returns (Budget memory) {
        return _budgets[dataSet];
    }

    function _spend(bytes32 task, bytes32 dataSet, uint64 epsilonMicros) private {
        Budget storage budget = _budgets[dataSet];
        (uint64 whole, uint64 spent) = (budget.epsilonMicros, budget.spent);
        // A budget may have been lowered below what was spent.
        uint64 left = whole > spent ? whole - spent : 0;
        if (epsilonMicros > left) revert BudgetExceeded(dataSet, epsilonMicros, left);
        spent += epsilonMicros;
        budget.spent = spent;
        emit BudgetSpent(dataSet, task, epsilonMicros, spent, whole);
    }
}

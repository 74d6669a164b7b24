// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BudgetExceeded, OnlyTasks} from "../../src/Errors.sol";
import {ABORT, Authorization, Proposal} from "../../src/Types.sol";
import {IBudgets} from "../../src/interfaces/IBudgets.sol";
import {LicensingFixture} from "../support/LicensingFixture.sol";
import {vm} from "../support/Vm.sol";

/// @dev Budgets as a start condition.
contract SpendBudgetTest is LicensingFixture {
    function test_spendingIsCountedAndSeen() public {
        _setBudget(bank, cards, 500);
        vm.expectEmit(address(budgets));
        emit IBudgets.BudgetSpent(cards, TASK, 200, 200, 500);
        _spend(cards, 200);
        _spend(cards, 300);
        vm.expectRevert(abi.encodeWithSelector(BudgetExceeded.selector, cards, 1, 0));
        _spend(cards, 1);
        eq("spent", budgets.get(cards).spent, 500);
    }

    function test_withoutABudgetNothingIsSpent() public {
        vm.expectRevert(abi.encodeWithSelector(BudgetExceeded.selector, cards, 1, 0));
        _spend(cards, 1);
        // A task that spends nothing needs none, and leaves no trace.
        vm.recordLogs();
        _spend(cards, 0);
        eq("events", vm.getRecordedLogs().length, 0);
    }

    function test_aBudgetBelowWhatIsSpentLeavesNothing() public {
        _setBudget(bank, cards, 500);
        _spend(cards, 300);
        _setBudget(bank, cards, 200);
        vm.expectRevert(abi.encodeWithSelector(BudgetExceeded.selector, cards, 1, 0));
        _spend(cards, 1);
        _setBudget(bank, cards, 301);
        _spend(cards, 1);
        eq("spent", budgets.get(cards).spent, 301);
    }

    function testFuzz_neverMoreThanTheBudget(uint64 budget, uint64[6] calldata amounts) public {
        _setBudget(bank, cards, budget);
        uint256 spent = 0;
        for (uint256 i = 0; i < amounts.length; i++) {
            if (spent + amounts[i] > budget) {
                vm.expectRevert(
                    abi.encodeWithSelector(BudgetExceeded.selector, cards, amounts[i], uint64(budget - spent))
                );
            } else {
                spent += amounts[i];
            }
            _spend(cards, amounts[i]);
        }
        eq("spent", budgets.get(cards).spent, spent);
    }

    function test_attack_onlyTasksSpend() public {
        _setBudget(bank, cards, 500);
        Proposal memory p = _proposal();
        p.epsilonMicros[0] = 500;
        vm.prank(hospital.wallet);
        vm.expectRevert(abi.encodeWithSelector(OnlyTasks.selector, hospital.wallet));
        budgets.consume(TASK, p, new bytes32[](0));
    }

    /// @dev One data set's budget does not reach: nobody's is spent, and no use is taken.
    function test_everyDataSetOrNone() public {
        _setBudget(bank, cards, 500);
        _setBudget(hospital, diagnoses, 99);
        Proposal memory p = _private();
        bytes32[] memory authorizations = _authorized(p);
        vm.prank(platform.node);
        vm.expectRevert(abi.encodeWithSelector(BudgetExceeded.selector, diagnoses, 100, 99));
        tasks.start(p, authorizations);
        eq("spent", budgets.get(cards).spent, 0);
        eq("uses", consents.get(authorizations[0]).usesLeft, 300);
    }

    /// @dev A start spends once, and every block of uses that is reserved spends again.
    function test_startAndReserveSpend() public {
        _setBudget(bank, cards, 500);
        _setBudget(hospital, diagnoses, 250);
        Proposal memory p = _private();
        bytes32[] memory authorizations = _authorized(p);
        _start(p, authorizations);
        eq("cards", budgets.get(cards).spent, 50);
        eq("diagnoses", budgets.get(diagnoses).spent, 100);
        _reserve(p, authorizations);
        vm.prank(platform.node);
        vm.expectRevert(abi.encodeWithSelector(BudgetExceeded.selector, diagnoses, 100, 50));
        tasks.reserve(p, authorizations);
        eq("cards", budgets.get(cards).spent, 100);
    }

    /// @dev A task that ended without a result gives nothing back: what it opened on the way is known.
    function test_nothingComesBack() public {
        _setBudget(bank, cards, 500);
        _setBudget(hospital, diagnoses, 250);
        Proposal memory p = _private();
        _start(p, _authorized(p));
        _abort(_abortOf(_idOf(p), hospital, ABORT), hospital.nodeKey);
        eq("spent", budgets.get(cards).spent, 50);
    }

    function _private() private view returns (Proposal memory p) {
        p = _session();
        (p.epsilonMicros[0], p.epsilonMicros[1]) = (50, 100);
    }

    function _authorized(Proposal memory p) private returns (bytes32[] memory) {
        _propose(p);
        Authorization memory one = _authorization(p, 0);
        Authorization memory other = _authorization(p, 1);
        (one.maxUses, other.maxUses) = (300, 300);
        return _list(_submit(one, bank), _submit(other, hospital));
    }
}

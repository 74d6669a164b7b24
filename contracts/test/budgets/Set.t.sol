// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Budgets} from "../../src/Budgets.sol";
import {BadSignature, PartyNotActive, UnknownVersion, WrongOrdinal, ZeroValue} from "../../src/Errors.sol";
import {Budget, BudgetChange} from "../../src/Types.sol";
import {IBudgets} from "../../src/interfaces/IBudgets.sol";
import {LicensingFixture} from "../support/LicensingFixture.sol";
import {RegistrationHashing} from "../support/RegistrationHashing.sol";
import {vm} from "../support/Vm.sol";

contract SetBudgetTest is LicensingFixture {
    using RegistrationHashing for BudgetChange;

    function test_setRecordsAndEmitsEverything() public {
        vm.expectEmit(address(budgets));
        emit IBudgets.BudgetSet(cards, bank.id, 1, 500, 0);
        vm.prank(bank.wallet);
        budgets.set(BudgetChange(cards, 500, 1), "");
        Budget memory b = budgets.get(cards);
        eq("budget", b.epsilonMicros, 500);
        eq("spent", b.spent, 0);
        eq("change", b.change, 1);
    }

    function test_anyoneRelaysAndRaisingIsSeen() public {
        _setBudget(bank, cards, 500);
        _spend(cards, 200);
        BudgetChange memory b = _budget(cards, 700);
        bytes memory signature = _sign(bank.walletKey, _digest(address(budgets), b.hash()));
        vm.expectEmit(address(budgets));
        emit IBudgets.BudgetSet(cards, bank.id, 2, 700, 200);
        budgets.set(b, signature);
        eq("spent stays", budgets.get(cards).spent, 200);
    }

    /// @dev A stolen node signer raises nothing, nor does another owner.
    function test_attack_aStolenNodeSignerRaises() public {
        BudgetChange memory b = BudgetChange(cards, 500, 1);
        bytes32 digest = _digest(address(budgets), b.hash());
        bytes memory refusal = abi.encodeWithSelector(BadSignature.selector, bank.wallet, digest);
        bytes memory signature = _sign(bank.nodeKey, digest);
        vm.expectRevert(refusal);
        budgets.set(b, signature);
        address[2] memory others = [bank.node, hospital.wallet];
        for (uint256 i = 0; i < others.length; i++) {
            vm.prank(others[i]);
            vm.expectRevert(refusal);
            budgets.set(b, "");
        }
    }

    /// @dev A raise that was taken back does not return by its old signature.
    function test_attack_replayOfARaise() public {
        BudgetChange memory b = BudgetChange(cards, 500, 1);
        bytes memory signature = _sign(bank.walletKey, _digest(address(budgets), b.hash()));
        budgets.set(b, signature);
        _setBudget(bank, cards, 0);
        vm.expectRevert(abi.encodeWithSelector(WrongOrdinal.selector, cards, 1, 3));
        budgets.set(b, signature);
        b.change = 3;
        bytes32 digest = _digest(address(budgets), b.hash());
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, digest));
        budgets.set(b, signature);
        b = BudgetChange(diagnoses, 500, 1);
        digest = _digest(address(budgets), b.hash());
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, hospital.wallet, digest));
        budgets.set(b, signature);
    }

    function test_onlyAKnownDataSet() public {
        vm.expectRevert(abi.encodeWithSelector(UnknownVersion.selector, bytes32("unknown"), 1));
        budgets.set(BudgetChange("unknown", 500, 1), "");
    }

    /// @dev A new version tells about the same people: what is spent is spent.
    function test_versionsShareOneBudget() public {
        _setBudget(bank, cards, 500);
        _spend(cards, 200);
        _register(bank, cards);
        eq("spent", budgets.get(cards).spent, 200);
        _setBudget(bank, cards, 600);
        eq("spent", budgets.get(cards).spent, 200);
    }

    function test_aSuspendedOwnerOnlyLowers() public {
        _setBudget(bank, cards, 500);
        _suspend(bank);
        BudgetChange memory b = _budget(cards, 501);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, bank.id));
        budgets.set(b, "");
        _setBudget(bank, cards, 500);
        _setBudget(bank, cards, 100);
        eq("budget", budgets.get(cards).epsilonMicros, 100);
    }

    function test_aContractForNoTasks() public {
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("tasks")));
        new Budgets(DEPLOYMENT, registry, dataSets, address(0));
        eq("tasks", budgets.tasks(), address(tasks));
    }
}

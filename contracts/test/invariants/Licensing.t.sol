// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Budgets} from "../../src/Budgets.sol";
import {Models} from "../../src/Models.sol";
import {LicenceKind, LicenceRecord, ModelRecord} from "../../src/Types.sol";
import {Check} from "../support/Vm.sol";
import {LicensingHandler} from "./LicensingHandler.sol";

contract LicensingInvariants is Check {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    LicensingHandler private handler;
    Models private models;
    Budgets private budgets;

    function setUp() public {
        handler = new LicensingHandler();
        handler.setUp();
        (models, budgets) = handler.system();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](10);
        selectors[0] = LicensingHandler.register.selector;
        selectors[1] = LicensingHandler.grant.selector;
        selectors[2] = LicensingHandler.grant.selector;
        selectors[3] = LicensingHandler.use.selector;
        selectors[4] = LicensingHandler.use.selector;
        selectors[5] = LicensingHandler.useAsOwner.selector;
        selectors[6] = LicensingHandler.retire.selector;
        selectors[7] = LicensingHandler.setBudget.selector;
        selectors[8] = LicensingHandler.spend.selector;
        selectors[9] = LicensingHandler.wait.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), selectors);
    }

    /// @dev Every action was lawful by rules kept apart from the contracts, and every lawful one was done.
    function invariant_noRuleBroken() external view {
        eq("broken rule", handler.broken(), 0);
    }

    /// @dev I3: every licensed use is counted, and never more of them than were granted.
    function invariant_licensedUsesNeverExceed() external view {
        LicensingHandler.Licence[] memory all = handler.licences();
        for (uint256 i = 0; i < all.length; i++) {
            LicenceRecord memory r = models.licenceOf(handler.model(), all[i].id);
            yes("no more than granted", all[i].used <= all[i].maxUses);
            eq("uses left", r.usesLeft, all[i].maxUses - all[i].used);
        }
    }

    /// @dev At any time, where an exclusive or sole licence is in force, no other licence of the model is.
    function invariant_exclusiveAndSoleStandAlone() external view {
        LicensingHandler.Licence[] memory all = handler.licences();
        uint256 inForce = 0;
        bool alone = false;
        for (uint256 i = 0; i < all.length; i++) {
            bool now_ = all[i].notBefore <= block.timestamp && block.timestamp <= all[i].notAfter;
            if (!now_ || all[i].retired) continue;
            inForce++;
            if (all[i].kind != LicenceKind.Ordinary) alone = true;
        }
        yes("alone", !alone || inForce == 1);
    }

    /// @dev What new licences are compared with holds every one that is neither retired nor over, once.
    function invariant_nothingThatStandsIsForgotten() external view {
        LicensingHandler.Licence[] memory all = handler.licences();
        bytes32[] memory standing = models.standing(handler.model());
        for (uint256 i = 0; i < all.length; i++) {
            uint256 found = 0;
            for (uint256 j = 0; j < standing.length; j++) {
                if (standing[j] == all[i].id) found++;
            }
            yes("once", found <= 1);
            if (all[i].retired) eq("retired", found, 0);
            else if (all[i].notAfter >= block.timestamp) eq("standing", found, 1);
        }
    }

    function invariant_sharesSumToAll() external view {
        bytes32[] memory ids = handler.modelIds();
        for (uint256 i = 0; i < ids.length; i++) {
            ModelRecord memory m = models.get(ids[i]);
            uint256 sum = 0;
            for (uint256 j = 0; j < m.shares.length; j++) {
                sum += m.shares[j];
            }
            eq("shares", sum, 10_000);
            eq("a share for each owner", m.shares.length, m.owners.length);
        }
    }

    function invariant_spendingIsCounted() external view {
        bytes32[] memory ids = handler.dataSetIds();
        for (uint256 i = 0; i < ids.length; i++) {
            eq("spent", budgets.get(ids[i]).spent, handler.spentOf(ids[i]));
            eq("budget", budgets.get(ids[i]).epsilonMicros, handler.budgetOf(ids[i]));
        }
    }
}

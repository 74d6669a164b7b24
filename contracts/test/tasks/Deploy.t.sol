// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Anchors} from "../../src/Anchors.sol";
import {Consents} from "../../src/Consents.sol";
import {DataSets} from "../../src/DataSets.sol";
import {OutOfRange, WrongWiring, ZeroValue} from "../../src/Errors.sol";
import {PartyRegistry} from "../../src/PartyRegistry.sol";
import {Programs} from "../../src/Programs.sol";
import {ProposalRules} from "../../src/ProposalRules.sol";
import {Tasks} from "../../src/Tasks.sol";
import {MAX_PERIOD} from "../../src/Types.sol";
import {Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

contract DeployTest is Fixture {
    function test_aHalfWiredDeploymentCannotExist() public {
        Tasks.Wiring memory w = _wiring();
        _refused(abi.encodeWithSelector(WrongWiring.selector, address(consents)), w);
        w.consents = new Consents(DEPLOYMENT, registry, dataSets, programs, _next(1));
        _refused(abi.encodeWithSelector(WrongWiring.selector, address(anchors)), w);
        w.consents = new Consents(DEPLOYMENT, registry, dataSets, programs, _next(2));
        w.anchors = new Anchors(DEPLOYMENT, registry, _next(1));
        new Tasks(DEPLOYMENT, w, admin, _firstConditions(), CONDITION_DELAY, MAX_LIFETIME);
    }

    /// @dev The rules must read the very registers that the starts read.
    function test_rulesOfOtherRegistersAreRefused() public {
        for (uint256 which = 0; which < 3; which++) {
            Tasks.Wiring memory w = _wiring();
            w.consents = new Consents(DEPLOYMENT, registry, dataSets, programs, _next(6));
            w.anchors = new Anchors(DEPLOYMENT, registry, _next(5));
            PartyRegistry otherRegistry = new PartyRegistry(DEPLOYMENT, admin);
            DataSets otherDataSets = new DataSets(DEPLOYMENT, registry);
            Programs otherPrograms = new Programs(registry, admin, 1);
            w.rules = new ProposalRules(
                which == 0 ? otherRegistry : registry,
                which == 1 ? otherDataSets : dataSets,
                which == 2 ? otherPrograms : programs
            );
            _refused(abi.encodeWithSelector(WrongWiring.selector, address(w.rules)), w);
        }
    }

    function test_requiredValues() public {
        Tasks.Wiring memory w = _wiring();
        address[] memory none = _firstConditions();
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("admin")));
        new Tasks(DEPLOYMENT, w, address(0), none, CONDITION_DELAY, MAX_LIFETIME);
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("deploymentId")));
        new Tasks(0, w, admin, none, CONDITION_DELAY, MAX_LIFETIME);
        for (uint64 period = 0; period <= MAX_PERIOD + 1; period += MAX_PERIOD + 1) {
            vm.expectRevert(
                abi.encodeWithSelector(OutOfRange.selector, bytes32("conditionDelay"), period, 1, MAX_PERIOD)
            );
            new Tasks(DEPLOYMENT, w, admin, none, period, MAX_LIFETIME);
            vm.expectRevert(abi.encodeWithSelector(OutOfRange.selector, bytes32("maxLifetime"), period, 1, MAX_PERIOD));
            new Tasks(DEPLOYMENT, w, admin, none, CONDITION_DELAY, period);
        }
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("tasks")));
        new Anchors(DEPLOYMENT, registry, address(0));
    }

    function test_onlyTheGuardianPauses() public {
        bytes memory refusal = abi.encodeWithSelector(
            IAccessControl.AccessControlUnauthorizedAccount.selector, platform.wallet, keccak256("GUARDIAN_ROLE")
        );
        vm.prank(platform.wallet);
        vm.expectRevert(refusal);
        tasks.pause();
        vm.prank(admin);
        tasks.pause();
        yes("paused", tasks.paused());
        vm.prank(platform.wallet);
        vm.expectRevert(refusal);
        tasks.unpause();
    }

    /// @dev Address of the contract that this one creates after so many others.
    function _next(uint64 after_) private view returns (address) {
        return vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + after_);
    }

    function _refused(bytes memory refusal, Tasks.Wiring memory w) private {
        address[] memory none = _firstConditions();
        vm.expectRevert(refusal);
        new Tasks(DEPLOYMENT, w, admin, none, CONDITION_DELAY, MAX_LIFETIME);
    }
}

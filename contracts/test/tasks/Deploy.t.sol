// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Anchors} from "../../src/Anchors.sol";
import {Consents} from "../../src/Consents.sol";
import {WrongWiring, ZeroValue} from "../../src/Errors.sol";
import {Tasks} from "../../src/Tasks.sol";
import {Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

contract DeployTest is Fixture {
    function test_aHalfWiredDeploymentCannotExist() public {
        vm.expectRevert(abi.encodeWithSelector(WrongWiring.selector, address(consents)));
        new Tasks(DEPLOYMENT, registry, dataSets, programs, consents, anchors, admin);
        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        Consents fitting = new Consents(DEPLOYMENT, registry, dataSets, next);
        vm.expectRevert(abi.encodeWithSelector(WrongWiring.selector, address(anchors)));
        new Tasks(DEPLOYMENT, registry, dataSets, programs, fitting, anchors, admin);
    }

    function test_requiredValues() public {
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("admin")));
        new Tasks(DEPLOYMENT, registry, dataSets, programs, consents, anchors, address(0));
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("deploymentId")));
        new Tasks(0, registry, dataSets, programs, consents, anchors, admin);
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
}

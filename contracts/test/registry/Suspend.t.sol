// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PartyNotActive, PartyNotSuspended, UnknownParty} from "../../src/Errors.sol";
import {REGULATOR} from "../../src/Types.sol";
import {IPartyRegistry} from "../../src/interfaces/IPartyRegistry.sol";
import {Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

contract SuspendTest is Fixture {
    function test_suspendAndReinstate() public {
        vm.expectEmit(address(registry));
        emit IPartyRegistry.PartySuspended(bank.id, keccak256("why"));
        _suspend(bank);
        no("active", registry.isActive(bank.id));
        vm.expectEmit(address(registry));
        emit IPartyRegistry.PartyReinstated(bank.id);
        _reinstate(bank);
        yes("active", registry.isActive(bank.id));
    }

    function test_onlyTheAdmissionRole() public {
        bytes memory refusal = abi.encodeWithSelector(
            IAccessControl.AccessControlUnauthorizedAccount.selector, bank.wallet, keccak256("ADMISSION_ROLE")
        );
        vm.prank(bank.wallet);
        vm.expectRevert(refusal);
        registry.suspend(hospital.id, "rival");
        vm.prank(bank.wallet);
        vm.expectRevert(refusal);
        registry.reinstate(hospital.id);
    }

    function test_onlyFromTheOtherState() public {
        vm.expectRevert(abi.encodeWithSelector(PartyNotSuspended.selector, bank.id));
        _reinstate(bank);
        _suspend(bank);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, bank.id));
        _suspend(bank);
    }

    function test_unknownParties() public {
        vm.expectRevert(abi.encodeWithSelector(UnknownParty.selector, stranger.id));
        _suspend(stranger);
        vm.expectRevert(abi.encodeWithSelector(UnknownParty.selector, stranger.id));
        _reinstate(stranger);
    }

    function test_aSuspendedRegulatorIsStillARegulator() public {
        _suspend(regulator);
        yes("role", registry.holdsRole(regulator.id, REGULATOR));
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {NotAllowed, RetiredRelease} from "../../src/Errors.sol";
import {CommitteeKind} from "../../src/Types.sol";
import {IPrograms} from "../../src/interfaces/IPrograms.sol";
import {Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";

contract RetireProgramTest is Fixture {
    function test_thePublisherRetires() public {
        vm.expectEmit(address(programs));
        emit IPrograms.ReleaseRetired(GLM);
        _retire(developer.wallet, GLM);
        no("approved", programs.isApproved(GLM));
        vm.expectRevert(abi.encodeWithSelector(RetiredRelease.selector, GLM));
        programs.requireRunnable(GLM, 4, 3);
    }

    function test_thePublisherRoleRetires() public {
        _retire(admin, GLM);
        no("approved", programs.isApproved(GLM));
    }

    function test_othersDoNot() public {
        vm.expectRevert(abi.encodeWithSelector(NotAllowed.selector, bank.wallet, developer.id));
        _retire(bank.wallet, GLM);
    }

    /// @dev A program of the publisher role has publisher zero, and so has a stranger's wallet: they must not match.
    function test_aStrangerDoesNotRetireAProgramWithoutAParty() public {
        vm.prank(admin);
        programs.publish("bare", CODE, CommitteeKind.Three, 4, 1, 3, 5, 1);
        vm.expectRevert(abi.encodeWithSelector(NotAllowed.selector, stranger.wallet, bytes32(0)));
        _retire(stranger.wallet, "bare");
    }

    function _retire(address caller, bytes32 program) private {
        vm.prank(caller);
        programs.retire(program);
    }
}

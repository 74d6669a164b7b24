// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DeadlineNotPassed, WrongState} from "../../src/Errors.sol";
import {Proposal, TaskState} from "../../src/Types.sol";
import {ITasks} from "../../src/interfaces/ITasks.sol";
import {Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";

contract ExpireTest is Fixture {
    function test_aStartedTaskNamesTheSilent() public {
        bytes32 id = _started(_proposal());
        _commit(id, exchange);
        vm.warp(DEADLINE + 1);
        vm.expectEmit(address(tasks));
        emit ITasks.TaskExpired(id, _list(bank.id, hospital.id));
        vm.prank(stranger.wallet);
        tasks.expire(id);
        _stateIs(id, TaskState.Expired);
    }

    function test_aProposedTaskNamesNobody() public {
        bytes32 id = _propose(_proposal());
        vm.warp(DEADLINE + 1);
        vm.expectEmit(address(tasks));
        emit ITasks.TaskExpired(id, new bytes32[](0));
        tasks.expire(id);
        _stateIs(id, TaskState.Expired);
    }

    /// @dev Expiring a task in its last second, to spoil a commitment that is on its way.
    function test_attack_griefingExpiry() public {
        bytes32 id = _started(_proposal());
        _commit(id, bank);
        _commit(id, exchange);
        vm.warp(DEADLINE);
        vm.prank(stranger.wallet);
        vm.expectRevert(abi.encodeWithSelector(DeadlineNotPassed.selector, id, DEADLINE, DEADLINE));
        tasks.expire(id);
        _commit(id, hospital);
        _stateIs(id, TaskState.Completed);
        vm.warp(DEADLINE + 1);
        vm.expectRevert(abi.encodeWithSelector(WrongState.selector, id, TaskState.Completed));
        tasks.expire(id);
    }

    function test_onlyOpenTasks() public {
        vm.warp(DEADLINE + 1);
        vm.expectRevert(abi.encodeWithSelector(WrongState.selector, bytes32("none"), TaskState.None));
        tasks.expire("none");
    }

    function test_pauseNeverBlocksExpire() public {
        bytes32 id = _started(_proposal());
        vm.prank(admin);
        tasks.pause();
        vm.warp(DEADLINE + 1);
        tasks.expire(id);
        _stateIs(id, TaskState.Expired);
    }

    /// @dev At any second exactly one of commit and expire is open.
    function testFuzz_commitAndExpireNeverRace(uint64 time) public {
        time = uint64(bound(time, NOW, DEADLINE + 1 days));
        Proposal memory p = _proposal();
        bytes32 id = _started(p);
        _commit(id, bank);
        vm.warp(time);
        if (time <= DEADLINE) {
            vm.expectRevert(abi.encodeWithSelector(DeadlineNotPassed.selector, id, DEADLINE, time));
            tasks.expire(id);
            _commit(id, exchange);
        } else {
            tasks.expire(id);
            _stateIs(id, TaskState.Expired);
        }
    }
}

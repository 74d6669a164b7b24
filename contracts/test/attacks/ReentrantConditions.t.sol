// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Tasks} from "../../src/Tasks.sol";
import {Proposal, TaskState} from "../../src/Types.sol";
import {ITasks} from "../../src/interfaces/ITasks.sol";
import {ReentrantCondition} from "../support/Conditions.sol";
import {Fixture} from "../support/Fixture.sol";
import {Vm, vm} from "../support/Vm.sol";

/// @dev A start condition that is also the scheduler's wallet, and calls back from inside a start.
contract ReentrantConditionsTest is Fixture {
    ReentrantCondition private condition;
    Proposal private p;
    bytes32 private id;
    bytes32[] private authorizations;

    function setUp() public override {
        super.setUp();
        condition = new ReentrantCondition();
        vm.prank(admin);
        tasks.scheduleCondition(address(condition));
        _changeWallet(platform, address(condition));
        vm.warp(NOW + CONDITION_DELAY);
        p = _session();
        p.deadline = NOW + CONDITION_DELAY + 1 hours;
        p.maxReserves = 1;
        id = _propose(p);
        authorizations = _list(_submit(_standing(p, 0, 1000), bank), _submit(_standing(p, 1, 1000), hospital));
    }

    function test_attack_startFromInsideAStart() public {
        condition.prepare(abi.encodeCall(Tasks.start, (p, authorizations)));
        _start(p, authorizations);
        no("started twice", condition.succeeded());
        eq("one block", consents.get(authorizations[0]).usesLeft, 900);
        _stateIs(id, TaskState.Started);
    }

    /// @dev A reserve inside a start is a lawful reserve, counted as one, and the events stand in their order.
    function test_attack_reserveFromInsideAStart() public {
        condition.prepare(abi.encodeCall(Tasks.reserve, (p, authorizations)));
        vm.recordLogs();
        _start(p, authorizations);
        yes("reserved", condition.succeeded());
        Vm.Log[] memory logs = vm.getRecordedLogs();
        eq("uses, start, uses, reserve", logs.length, 6);
        eq("first the start", logs[2].topics[0], ITasks.TaskStarted.selector);
        eq("then the reserve", logs[5].topics[0], ITasks.UsesReserved.selector);
        eq("two blocks", consents.get(authorizations[0]).usesLeft, 800);
        eq("one reserve", tasks.get(id).reserves, 1);
    }

    function test_attack_reserveFromInsideTheLastReserve() public {
        _start(p, authorizations);
        condition.prepare(abi.encodeCall(Tasks.reserve, (p, authorizations)));
        _reserve(p, authorizations);
        no("reserved twice", condition.succeeded());
        eq("two blocks", consents.get(authorizations[0]).usesLeft, 800);
        eq("one reserve", tasks.get(id).reserves, 1);
    }
}

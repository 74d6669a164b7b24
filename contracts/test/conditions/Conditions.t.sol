// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    ConditionExists,
    NotAllowed,
    RemovalScheduled,
    TooManyConditions,
    UnknownCondition,
    ZeroValue
} from "../../src/Errors.sol";
import {Tasks} from "../../src/Tasks.sol";
import {Condition, Proposal, TaskState} from "../../src/Types.sol";
import {IStartConditions} from "../../src/interfaces/IStartConditions.sol";
import {Follower, Quota} from "../support/Conditions.sol";
import {Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";

contract ConditionsTest is Fixture {
    uint64 private constant ACTIVE = NOW + CONDITION_DELAY;
    Quota private first;
    uint256 private nonces = 100;

    function _firstConditions() internal override returns (address[] memory given) {
        // As Consents does: the address that Tasks is going to have, which is created after this one.
        first = new Quota(vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1), 3);
        given = new address[](1);
        given[0] = address(first);
    }

    function _offset() internal pure override returns (uint64) {
        return 7;
    }

    // --- asking ---

    function test_whatWasGivenIsActiveAtOnce() public {
        Condition[] memory all = tasks.conditions();
        eq("one", all.length, 1);
        eq("address", all[0].condition, address(first));
        eq("active", all[0].activeFrom, NOW);
        eq("not removed", all[0].removedFrom, 0);
        Proposal memory p = _next();
        bytes32 id = _propose(p);
        bytes32[] memory authorizations = _consent(p);
        vm.expectEmit(address(first));
        emit Quota.Asked(id, p.contractDigest, 1, authorizations);
        _start(p, authorizations);
        eq("left", first.left(), 2);
    }

    /// @dev Nothing is taken when one condition says no: neither uses, nor what another condition gives.
    function test_aConditionStopsAStart() public {
        Quota strict = new Quota(address(tasks), 0);
        _schedule(address(strict));
        vm.warp(ACTIVE);
        Proposal memory p = _next();
        bytes32 id = _propose(p);
        bytes32[] memory authorizations = _consent(p);
        vm.expectRevert(abi.encodeWithSelector(Quota.QuotaExceeded.selector, 0));
        _start(p, authorizations);
        _stateIs(id, TaskState.Proposed);
        eq("uses", consents.get(authorizations[0]).usesLeft, 1);
        eq("first", first.left(), 3);
    }

    function test_everyBlockOfUsesIsAsked() public {
        Proposal memory p = _session();
        p.uses = 1;
        _propose(p);
        bytes32[] memory authorizations =
            _list(_submit(_standing(p, 0, 9), bank), _submit(_standing(p, 1, 9), hospital));
        _start(p, authorizations);
        _reserve(p, authorizations);
        _reserve(p, authorizations);
        eq("left", first.left(), 0);
        vm.expectRevert(abi.encodeWithSelector(Quota.QuotaExceeded.selector, 0));
        _reserve(p, authorizations);
        eq("uses", consents.get(authorizations[0]).usesLeft, 6);
    }

    function test_inTheOrderOfAdding() public {
        _schedule(address(new Follower(first)));
        vm.warp(ACTIVE);
        _startsNow();
        _startsNow();
    }

    // --- adding ---

    function test_aConditionComesIntoForceAfterTheDelay() public {
        Quota strict = new Quota(address(tasks), 0);
        vm.expectEmit(address(tasks));
        emit IStartConditions.ConditionScheduled(address(strict), ACTIVE);
        _schedule(address(strict));
        vm.warp(ACTIVE - 1);
        _startsNow();
        // Also for what was proposed before.
        Proposal memory p = _next();
        _propose(p);
        bytes32[] memory authorizations = _consent(p);
        vm.warp(ACTIVE);
        vm.expectRevert(abi.encodeWithSelector(Quota.QuotaExceeded.selector, 0));
        _start(p, authorizations);
    }

    function test_onlyWhoAdmits() public {
        address[3] memory callers = [stranger.wallet, platform.wallet, bank.wallet];
        for (uint256 i = 0; i < 3; i++) {
            vm.prank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(NotAllowed.selector, callers[i], bytes32(0)));
            tasks.scheduleCondition(address(first));
            vm.prank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(NotAllowed.selector, callers[i], bytes32(0)));
            tasks.scheduleConditionRemoval(address(first));
        }
    }

    /// @dev An address without code would answer yes to everything.
    function test_onlyContracts() public {
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("condition")));
        _schedule(stranger.wallet);
        address[] memory given = new address[](1);
        given[0] = stranger.wallet;
        Tasks.Wiring memory w = _wiring();
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("condition")));
        new Tasks(DEPLOYMENT, w, admin, given, CONDITION_DELAY, MAX_LIFETIME);
    }

    function test_eachOnce() public {
        vm.expectRevert(abi.encodeWithSelector(ConditionExists.selector, address(first)));
        _schedule(address(first));
    }

    function test_atMostEight() public {
        for (uint256 i = 1; i < 8; i++) {
            _schedule(address(new Quota(address(tasks), 9)));
        }
        Quota ninth = new Quota(address(tasks), 9);
        vm.expectRevert(abi.encodeWithSelector(TooManyConditions.selector, 8));
        _schedule(address(ninth));
    }

    // --- removing ---

    function test_removedForLaterProposals() public {
        vm.expectEmit(address(tasks));
        emit IStartConditions.ConditionRemovalScheduled(address(first), ACTIVE);
        _remove(address(first));
        eq("said", tasks.conditions()[0].removedFrom, ACTIVE);
        vm.warp(ACTIVE);
        _startsNow();
        eq("not asked", first.left(), 3);
    }

    /// @dev What was promised when a task was proposed holds to its end.
    function test_attack_removalFromUnderAProposedTask() public {
        _remove(address(first));
        vm.warp(ACTIVE - 1);
        Proposal memory p = _next();
        _propose(p);
        bytes32[] memory authorizations = _consent(p);
        vm.warp(ACTIVE + 1);
        _start(p, authorizations);
        eq("asked", first.left(), 2);
    }

    function test_aRemovalIsScheduledOnce() public {
        _remove(address(first));
        vm.expectRevert(abi.encodeWithSelector(RemovalScheduled.selector, address(first), ACTIVE));
        _remove(address(first));
        vm.expectRevert(abi.encodeWithSelector(UnknownCondition.selector, address(this)));
        _remove(address(this));
    }

    /// @dev It keeps its place until the last task that it is asked about is over; asked twice it never is.
    function test_itsPlaceIsFreeAfterTheLastTask() public {
        Quota second = new Quota(address(tasks), 9);
        _schedule(address(second));
        _remove(address(first));
        vm.warp(ACTIVE + MAX_LIFETIME);
        vm.expectRevert(abi.encodeWithSelector(ConditionExists.selector, address(first)));
        _schedule(address(first));
        vm.warp(ACTIVE + MAX_LIFETIME + 1);
        _schedule(address(first));
        Condition[] memory all = tasks.conditions();
        eq("two", all.length, 2);
        eq("the second moved up", all[0].condition, address(second));
        eq("anew", all[1].condition, address(first));
        eq("anew", all[1].activeFrom, ACTIVE + MAX_LIFETIME + 1 + CONDITION_DELAY);
        eq("not removed", all[1].removedFrom, 0);
    }

    /// @dev A full list takes a ninth condition once one that was removed has had its last task.
    function test_roomForAnother() public {
        for (uint256 i = 1; i < 8; i++) {
            _schedule(address(new Quota(address(tasks), 9)));
        }
        _remove(address(first));
        vm.warp(ACTIVE + MAX_LIFETIME + 1);
        _schedule(address(new Quota(address(tasks), 9)));
        eq("eight", tasks.conditions().length, 8);
    }

    /// @dev Whenever a task is proposed and started, exactly the conditions in force are asked.
    function testFuzz_askedExactlyWhileInForce(uint32 proposed, uint32 waited) public {
        Quota second = new Quota(address(tasks), 9);
        _schedule(address(second));
        vm.warp(NOW + 1 days);
        _remove(address(first));
        _remove(address(second));
        uint64 at_ = uint64(bound(proposed, NOW + 1 days, ACTIVE + 3 days));
        uint64 started = uint64(bound(waited, at_, at_ + 5 days));
        vm.warp(at_);
        Proposal memory p = _next();
        p.deadline = at_ + 6 days;
        _propose(p);
        bytes32[] memory authorizations =
            _list(_submit(_authorization(p, 0), bank), _submit(_authorization(p, 1), hospital));
        vm.warp(started);
        _start(p, authorizations);
        bool kept = at_ < ACTIVE + 1 days;
        eq("first", first.left(), kept ? 2 : 3);
        eq("second", second.left(), kept && started >= ACTIVE ? 8 : 9);
    }

    function _schedule(address condition) private {
        vm.prank(admin);
        tasks.scheduleCondition(condition);
    }

    function _remove(address condition) private {
        vm.prank(admin);
        tasks.scheduleConditionRemoval(condition);
    }

    /// @dev A task of its own, with a deadline from now on.
    function _next() private returns (Proposal memory p) {
        p = _proposal();
        p.nonce = ++nonces;
        p.deadline = uint64(block.timestamp) + 1 hours;
    }

    function _startsNow() private {
        Proposal memory p = _next();
        bytes32 id = _propose(p);
        _start(p, _list(_submit(_authorization(p, 0), bank), _submit(_authorization(p, 1), hospital)));
        _stateIs(id, TaskState.Started);
    }
}

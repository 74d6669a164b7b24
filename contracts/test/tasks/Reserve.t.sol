// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    BadLength,
    DeadlinePassed,
    NoLongerValid,
    NoReservesLeft,
    NotAllowed,
    NotCovered,
    NotEnoughUses,
    PartyNotActive,
    RetiredRelease,
    RevokedAuthorization,
    VersionRetired,
    WrongState
} from "../../src/Errors.sol";
import {Authorization, Proposal, TaskState, UseState} from "../../src/Types.sol";
import {IConsents} from "../../src/interfaces/IConsents.sol";
import {ITasks} from "../../src/interfaces/ITasks.sol";
import {Fixture} from "../support/Fixture.sol";
import {Hashing} from "../support/Hashing.sol";
import {vm} from "../support/Vm.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

contract ReserveTest is Fixture {
    Proposal private p;
    bytes32 private id;
    bytes32 private one;
    bytes32 private other;

    function setUp() public override {
        super.setUp();
        p = _session();
        id = _propose(p);
        one = _submit(_standing(p, 0, 1000), bank);
        other = _submit(_standing(p, 1, 300), hospital);
        _start(p, _list(one, other));
    }

    function test_aBlockIsTakenOfEveryAuthorization() public {
        eq("at start", consents.get(one).usesLeft, 900);
        vm.expectEmit(address(consents));
        emit IConsents.UseConsumed(one, id, 100, 800);
        vm.expectEmit(address(consents));
        emit IConsents.UseConsumed(other, id, 100, 100);
        vm.expectEmit(address(tasks));
        emit ITasks.UsesReserved(id, 1, 100, _list(one, other));
        _reserve(p, _list(one, other));
        eq("reserves", tasks.get(id).reserves, 1);
        eq("taken", consents.useOf(id, one).uses, 200);
        _stateIs(id, TaskState.Started);
    }

    /// @dev All or nothing: the hospital has one block left, the bank many.
    function test_atomic() public {
        _reserve(p, _list(one, other));
        _reserve(p, _list(one, other));
        eq("last block", consents.get(other).usesLeft, 0);
        vm.expectRevert(abi.encodeWithSelector(NotEnoughUses.selector, other, 0, 100));
        _reserve(p, _list(one, other));
        eq("the bank's are not spent", consents.get(one).usesLeft, 700);
        eq("reserves", tasks.get(id).reserves, 2);
    }

    /// @dev 250 uses are two blocks of a hundred, and not three.
    function test_blocksAreWhole() public {
        Authorization memory a = _standing(p, 1, 250);
        a.nonce = 8;
        bytes32 short = _submit(a, hospital);
        _reserve(p, _list(one, short));
        _reserve(p, _list(one, short));
        vm.expectRevert(abi.encodeWithSelector(NotEnoughUses.selector, short, 50, 100));
        _reserve(p, _list(one, short));
    }

    function test_attack_moreBlocksThanProposed() public {
        Authorization memory a = _standing(p, 1, 1000);
        a.nonce = 8;
        bytes32 plenty = _submit(a, hospital);
        for (uint256 i = 0; i < 3; i++) {
            _reserve(p, _list(one, plenty));
        }
        vm.expectRevert(abi.encodeWithSelector(NoReservesLeft.selector, id, 3));
        _reserve(p, _list(one, plenty));
    }

    /// @dev A task that runs once cannot be made to use up anything more, whoever starts it.
    function test_attack_reserveInAnOrdinaryTask() public {
        Proposal memory once = _proposal();
        bytes32 ordinary = _propose(once);
        bytes32[] memory authorizations =
            _list(_submit(_standing(once, 0, 5), bank), _submit(_standing(once, 1, 5), hospital));
        _start(once, authorizations);
        vm.expectRevert(abi.encodeWithSelector(NoReservesLeft.selector, ordinary, 0));
        _reserve(once, authorizations);
    }

    function test_newAuthorizationsMayFollow() public {
        vm.prank(bank.wallet);
        consents.revoke(one, bank.id, "");
        vm.expectRevert(abi.encodeWithSelector(RevokedAuthorization.selector, one, bank.id));
        _reserve(p, _list(one, other));
        Authorization memory a = _standing(p, 0, 100);
        a.nonce = 8;
        bytes32 fresh = _submit(a, bank);
        _reserve(p, _list(fresh, other));
        eq("fresh", consents.get(fresh).usesLeft, 0);
    }

    function test_attack_anAuthorizationOfAnotherAsk() public {
        Authorization memory a = _standing(p, 0, 100);
        a.purpose = "another";
        bytes32 foreign = _submit(a, bank);
        vm.expectRevert(abi.encodeWithSelector(NotCovered.selector, foreign, bytes32("purpose")));
        _reserve(p, _list(foreign, other));
        vm.expectRevert(abi.encodeWithSelector(BadLength.selector, bytes32("authorizations"), 1, 2, 2));
        _reserve(p, _list(one));
    }

    function test_onlyProposerOrScheduler() public {
        Authorization memory a = _standing(p, 1, 1000);
        a.nonce = 8;
        bytes32[] memory authorizations = _list(one, _submit(a, hospital));
        address[4] memory callers = [hospital.wallet, bank.wallet, bank.node, platform.wallet];
        for (uint256 i = 0; i < 4; i++) {
            if (i == 0) vm.expectRevert(abi.encodeWithSelector(NotAllowed.selector, callers[0], platform.id));
            vm.prank(callers[i]);
            tasks.reserve(p, authorizations);
        }
        eq("reserves", tasks.get(id).reserves, 3);
    }

    function test_onlyWhileStarted() public {
        Proposal memory fresh = _session();
        fresh.nonce = 2;
        bytes32 proposed = _propose(fresh);
        vm.expectRevert(abi.encodeWithSelector(WrongState.selector, proposed, TaskState.Proposed));
        _reserve(fresh, _list(one, other));
        fresh.nonce = 3;
        vm.expectRevert(abi.encodeWithSelector(WrongState.selector, _idOf(fresh), TaskState.None));
        _reserve(fresh, _list(one, other));
        _commit(_commitment(id, p.computeParties, bank.id), bank);
        _commit(_commitment(id, p.computeParties, hospital.id), hospital);
        vm.expectRevert(abi.encodeWithSelector(WrongState.selector, id, TaskState.Completed));
        _reserve(p, _list(one, other));
    }

    function test_deadlineAndWindowEdges() public {
        Authorization memory a = _standing(p, 0, 1000);
        a.nonce = 8;
        a.notAfter = DEADLINE - 10;
        bytes32 short = _submit(a, bank);
        vm.warp(DEADLINE - 10);
        _reserve(p, _list(short, other));
        vm.warp(DEADLINE - 9);
        vm.expectRevert(abi.encodeWithSelector(NoLongerValid.selector, short, DEADLINE - 10, DEADLINE - 9));
        _reserve(p, _list(short, other));
        vm.warp(DEADLINE);
        _reserve(p, _list(one, other));
        vm.warp(DEADLINE + 1);
        vm.expectRevert(abi.encodeWithSelector(DeadlinePassed.selector, id, DEADLINE, DEADLINE + 1));
        _reserve(p, _list(one, other));
    }

    /// @dev Everything that a start checks is checked again.
    function test_whatChangedSinceTheStart() public {
        bytes32[4] memory suspended = [bank.id, hospital.id, laboratory.id, platform.id];
        for (uint256 i = 0; i < 4; i++) {
            vm.prank(admin);
            registry.suspend(suspended[i], "why");
            vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, suspended[i]));
            _reserve(p, _list(one, other));
            vm.prank(admin);
            registry.reinstate(suspended[i]);
        }
        vm.prank(hospital.wallet);
        consents.revokeAll(hospital.id, 1, "");
        vm.expectRevert(abi.encodeWithSelector(RevokedAuthorization.selector, other, hospital.id));
        _reserve(p, _list(one, other));
        vm.prank(hospital.wallet);
        dataSets.retire(diagnoses, 1, "");
        vm.expectRevert(abi.encodeWithSelector(VersionRetired.selector, diagnoses, 1));
        _reserve(p, _list(one, other));
        vm.prank(developer.wallet);
        programs.retire(LOOKUP);
        vm.expectRevert(abi.encodeWithSelector(RetiredRelease.selector, LOOKUP));
        _reserve(p, _list(one, other));
        vm.prank(developer.wallet);
        programs.retire(ENGINE);
        vm.expectRevert(abi.encodeWithSelector(RetiredRelease.selector, ENGINE));
        _reserve(p, _list(one, other));
        eq("nothing was taken", consents.get(one).usesLeft, 900);
    }

    function test_pauseStopsReserve() public {
        vm.prank(admin);
        tasks.pause();
        vm.expectRevert(abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        _reserve(p, _list(one, other));
    }

    /// @dev Back come all blocks that the task took of that authorization, and only those.
    function test_allBlocksComeBackTogether() public {
        _reserve(p, _list(one, other));
        Authorization memory a = _standing(p, 0, 500);
        a.nonce = 8;
        bytes32 fresh = _submit(a, bank);
        _reserve(p, _list(fresh, other));
        vm.warp(DEADLINE + 1);
        tasks.expire(id);
        bytes memory signature = _sign(bank.walletKey, _digest(address(consents), Hashing.noInputSent(id, one)));
        vm.expectEmit(address(consents));
        emit IConsents.UseReturned(one, id, 200, 1000);
        consents.returnUse(id, one, signature);
        eq("state", uint8(consents.useOf(id, one).state), uint8(UseState.Returned));
        eq("the other authorization's stay", consents.get(fresh).usesLeft, 400);
        eq("the other owner's stay", consents.get(other).usesLeft, 0);
    }

    /// @dev Whatever the sizes: what is taken is what was asked, until it does not suffice.
    function testFuzz_neverMoreThanGiven(uint32 uses, uint32 max, uint8 reserves) public {
        p = _session();
        p.nonce = 2;
        p.uses = uint32(bound(uses, 1, type(uint32).max));
        p.maxReserves = 8;
        max = uint32(bound(max, p.uses, type(uint32).max));
        id = _propose(p);
        // Of their own nonce: with a maximum of 1000 it would be the very authorization that setUp has used.
        Authorization memory a = _standing(p, 0, max);
        a.nonce = 8;
        one = _submit(a, bank);
        a = _standing(p, 1, type(uint32).max);
        a.nonce = 8;
        other = _submit(a, hospital);
        _start(p, _list(one, other));
        uint256 taken = p.uses;
        for (uint256 i = 0; i < reserves % 9; i++) {
            bool enough = taken + p.uses <= max;
            vm.prank(platform.node);
            try tasks.reserve(p, _list(one, other)) {
                yes("enough", enough);
                taken += p.uses;
            } catch {
                no("not enough", enough);
            }
        }
        eq("left", consents.get(one).usesLeft, max - taken);
        eq("taken", consents.useOf(id, one).uses, taken);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AlreadyCommitted, BadSignature, DeadlinePassed, NotInTask, OutOfRange, WrongState} from "../../src/Errors.sol";
import {ABORT, Abort, Proposal, REFUSAL, TaskState} from "../../src/Types.sol";
import {ITasks} from "../../src/interfaces/ITasks.sol";
import {Actor, Fixture} from "../support/Fixture.sol";
import {Hashing} from "../support/Hashing.sol";
import {vm} from "../support/Vm.sol";

contract AbortTest is Fixture {
    using Hashing for Abort;

    Proposal private p;
    bytes32 private proposed;
    bytes32 private started;

    function setUp() public override {
        super.setUp();
        p = _proposal();
        // The clinic brings data and sits on no committee.
        p.dataSets = _list(cards, visits);
        p.nonce = 2;
        proposed = _propose(p);
        p.nonce = 1;
        started = _propose(p);
        _start(p, _list(_submit(_authorization(p, 0), bank), _submit(_authorization(p, 1), clinic)));
    }

    function test_aMemberAborts() public {
        Abort memory a = _abortOf(started, exchange, ABORT);
        vm.expectEmit(address(tasks));
        emit ITasks.TaskAborted(started, exchange.id, ABORT, a.reason, a.statement, 1);
        _abort(a, exchange.nodeKey);
        _stateIs(started, TaskState.Aborted);
    }

    function test_aRefusalIsAnEndOfItsOwn() public {
        _abort(_abortOf(started, hospital, REFUSAL), hospital.nodeKey);
        _stateIs(started, TaskState.Refused);
        _abort(_abortOf(proposed, hospital, REFUSAL), hospital.nodeKey);
        _stateIs(proposed, TaskState.Refused);
    }

    function test_anOwnerOutsideTheCommitteeAborts() public {
        _abort(_abortOf(started, clinic, ABORT), clinic.nodeKey);
        _stateIs(started, TaskState.Aborted);
        _abort(_abortOf(proposed, clinic, ABORT), clinic.nodeKey);
        _stateIs(proposed, TaskState.Aborted);
    }

    function test_anOwnersWalletRefusesBeforeStart() public {
        Abort memory a = _abortOf(proposed, clinic, REFUSAL);
        vm.expectEmit(address(tasks));
        emit ITasks.TaskAborted(proposed, clinic.id, REFUSAL, a.reason, a.statement, 0);
        _abort(a, clinic.walletKey);
        _stateIs(proposed, TaskState.Refused);
    }

    function test_walletsDoNothingElse() public {
        _notSigned(_abortOf(started, clinic, REFUSAL), clinic);
        _notSigned(_abortOf(proposed, clinic, ABORT), clinic);
        // A member without data has no consent to withhold: its node speaks.
        _notSigned(_abortOf(proposed, exchange, REFUSAL), exchange);
    }

    function test_strangersDoNotAbort() public {
        vm.expectRevert(abi.encodeWithSelector(NotInTask.selector, started, laboratory.id));
        _abort(_abortOf(started, laboratory, ABORT), laboratory.nodeKey);
        Abort memory a = _abortOf(started, exchange, ABORT);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, exchange.node, _digest(address(tasks), a.hash())));
        _abort(a, bank.nodeKey);
    }

    function test_attack_abortAfterCommit() public {
        _commit(started, bank);
        vm.expectRevert(abi.encodeWithSelector(AlreadyCommitted.selector, started, bank.id));
        _abort(_abortOf(started, bank, ABORT), bank.nodeKey);
        // The others still may.
        _abort(_abortOf(started, exchange, ABORT), exchange.nodeKey);
    }

    function test_onlyOpenTasks() public {
        _commit(started, bank);
        _commit(started, exchange);
        _commit(started, hospital);
        vm.expectRevert(abi.encodeWithSelector(WrongState.selector, started, TaskState.Completed));
        _abort(_abortOf(started, clinic, ABORT), clinic.nodeKey);
        _abort(_abortOf(proposed, clinic, ABORT), clinic.nodeKey);
        vm.expectRevert(abi.encodeWithSelector(WrongState.selector, proposed, TaskState.Aborted));
        _abort(_abortOf(proposed, bank, ABORT), bank.nodeKey);
    }

    function test_deadlineEdges() public {
        vm.warp(DEADLINE + 1);
        vm.expectRevert(abi.encodeWithSelector(DeadlinePassed.selector, started, DEADLINE, DEADLINE + 1));
        _abort(_abortOf(started, exchange, ABORT), exchange.nodeKey);
        vm.warp(DEADLINE);
        _abort(_abortOf(started, exchange, ABORT), exchange.nodeKey);
    }

    function test_thereAreThreeKinds() public {
        for (uint8 kind = 0; kind <= 4; kind += 4) {
            vm.expectRevert(abi.encodeWithSelector(OutOfRange.selector, bytes32("kind"), kind, 1, 3));
            _abort(_abortOf(started, exchange, kind), exchange.nodeKey);
        }
    }

    function _notSigned(Abort memory a, Actor memory by) private {
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, by.node, _digest(address(tasks), a.hash())));
        _abort(a, by.walletKey);
    }
}

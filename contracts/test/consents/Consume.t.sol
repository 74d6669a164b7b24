// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    NoLongerValid,
    NotCovered,
    NotEnoughUses,
    NotYetValid,
    OnlyTasks,
    PartyNotActive,
    UnknownAuthorization
} from "../../src/Errors.sol";
import {Authorization, Proposal, TaskFacts, UseState} from "../../src/Types.sol";
import {IConsents} from "../../src/interfaces/IConsents.sol";
import {Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";

/// @dev What `start` asks of an authorization.
contract ConsumeTest is Fixture {
    Proposal private p;
    bytes32 private id;
    bytes32 private other;

    function setUp() public override {
        super.setUp();
        p = _proposal();
        id = _propose(p);
        other = _submit(_authorization(p, 1), hospital);
    }

    function test_onlyTasksConsume() public {
        TaskFacts memory facts;
        vm.expectRevert(abi.encodeWithSelector(OnlyTasks.selector, address(this)));
        consents.consume(other, facts);
    }

    function test_oneUseIsTakenAndSaidSo() public {
        bytes32 digest = _submit(_standing(p, 0, 5), bank);
        vm.expectEmit(address(consents));
        emit IConsents.UseConsumed(digest, id, 1, 4);
        _startWith(digest);
        eq("uses", consents.get(digest).usesLeft, 4);
        eq("use", uint8(consents.useOf(id, digest).state), uint8(UseState.Consumed));
        eq("taken", consents.useOf(id, digest).uses, 1);
    }

    function test_useNPlusOneReverts() public {
        bytes32 digest = _submit(_standing(p, 0, 2), bank);
        _startWith(digest);
        for (uint256 nonce = 2; nonce <= 3; nonce++) {
            p.nonce = nonce;
            id = _propose(p);
            other = _submit(_authorization(p, 1), hospital);
            if (nonce == 3) vm.expectRevert(abi.encodeWithSelector(NotEnoughUses.selector, digest, 0, 1));
            _startWith(digest);
        }
    }

    function test_unknownAuthorization() public {
        vm.expectRevert(abi.encodeWithSelector(UnknownAuthorization.selector, bytes32("unknown")));
        _startWith("unknown");
    }

    function test_ownerSuspendedAfterSigning() public {
        p.dataSets[0] = visits;
        id = _propose(p);
        bytes32 digest = _submit(_authorization(p, 0), clinic);
        other = _submit(_authorization(p, 1), hospital);
        _suspend(clinic);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, clinic.id));
        _startWith(digest);
    }

    function test_windowEdges() public {
        Authorization memory a = _authorization(p, 0);
        a.notBefore = NOW + 10;
        a.notAfter = NOW + 20;
        bytes32 digest = _submit(a, bank);
        vm.warp(NOW + 9);
        vm.expectRevert(abi.encodeWithSelector(NotYetValid.selector, digest, NOW + 10, NOW + 9));
        _startWith(digest);
        vm.warp(NOW + 21);
        vm.expectRevert(abi.encodeWithSelector(NoLongerValid.selector, digest, NOW + 20, NOW + 21));
        _startWith(digest);
        vm.warp(NOW + 20);
        _startWith(digest);
    }

    function test_firstSecondOfTheWindow() public {
        Authorization memory a = _authorization(p, 0);
        a.notBefore = NOW + 10;
        bytes32 digest = _submit(a, bank);
        vm.warp(NOW + 10);
        _startWith(digest);
    }

    function test_everyFieldMustCoverTheTask() public {
        Authorization memory a = _authorization(p, 0);
        a.task = "another task";
        _uncovered(a, "task");
        a = _authorization(p, 0);
        a.programs = _list(GLM, PSI);
        a.programsDigest = programs.digestOf(a.programs);
        _uncovered(a, "programs");
        _publishEngine("another engine", "its code");
        a = _authorization(p, 0);
        a.engine = "another engine";
        _uncovered(a, "engine");
        a = _authorization(p, 0);
        a.proposer = hospital.id;
        _uncovered(a, "proposer");
        a = _authorization(p, 0);
        a.purpose = "another";
        _uncovered(a, "purpose");
        a = _authorization(p, 0);
        a.resultUsers = _list(laboratory.id, bank.id);
        _uncovered(a, "resultUsers");
        a = _authorization(p, 0);
        a.computeParties = _list(exchange.id, bank.id, hospital.id);
        _uncovered(a, "computeParties");
        a = _authorization(p, 0);
        a.minProtectionLevel = 5;
        _uncovered(a, "minProtectionLevel");
        a = _authorization(p, 0);
        a.epsilonMicros = 1;
        _uncovered(a, "epsilonMicros");
    }

    function test_anAuthorizationOfAnotherDataSetOrVersion() public {
        _register(bank, cards);
        Authorization memory a = _authorization(p, 0);
        a.dataVersion = 2;
        _uncovered(a, "dataVersion");
        _register(bank, "more");
        a = _authorization(p, 0);
        a.dataSet = "more";
        a.inputRoot = _root("more");
        _uncovered(a, "dataSet");
    }

    function test_aLowerMinimumLevelCovers() public {
        Authorization memory a = _authorization(p, 0);
        a.minProtectionLevel = 3;
        _startWith(_submit(a, bank));
    }

    /// @dev One authorization can never stand for two data sets of one task.
    function test_oneAuthorizationForTwoDataSets() public {
        bytes32 digest = _submit(_authorization(p, 0), bank);
        vm.expectRevert(abi.encodeWithSelector(NotCovered.selector, digest, bytes32("dataSet")));
        _start(p, _list(digest, digest));
    }

    function _uncovered(Authorization memory a, bytes32 field) private {
        bytes32 digest = _submit(a, bank);
        vm.expectRevert(abi.encodeWithSelector(NotCovered.selector, digest, field));
        _startWith(digest);
    }

    function _startWith(bytes32 digest) private {
        _start(p, _list(digest, other));
    }
}

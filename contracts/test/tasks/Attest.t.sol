// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AlreadyAttested, BadSignature, NotInTask, NotReleased, PartyNotActive, WrongRun} from "../../src/Errors.sol";
import {Proposal, ResultAttestation} from "../../src/Types.sol";
import {ITasks} from "../../src/interfaces/ITasks.sol";
import {Fixture} from "../support/Fixture.sol";
import {Hashing} from "../support/Hashing.sol";
import {vm} from "../support/Vm.sol";

contract AttestTest is Fixture {
    using Hashing for ResultAttestation;

    Proposal private p;
    bytes32 private id;

    function setUp() public override {
        super.setUp();
        p = _reviewed();
        p.resultUsers = _list(laboratory.id, hospital.id);
        id = _started(p);
    }

    function test_walletOrNodeAttests() public {
        _release();
        ResultAttestation memory r = _attestation(id, laboratory);
        vm.expectEmit(address(tasks));
        emit ITasks.ResultAttested(id, RUN, laboratory.id, r.resultHash, 0);
        _attest(r, laboratory.walletKey);
        r = _attestation(id, hospital);
        vm.expectEmit(address(tasks));
        emit ITasks.ResultAttested(id, RUN, hospital.id, r.resultHash, 1);
        _attest(r, hospital.nodeKey);
    }

    function test_oncePerResultUser() public {
        _release();
        _attest(_attestation(id, laboratory), laboratory.walletKey);
        ResultAttestation memory r = _attestation(id, laboratory);
        r.resultHash = "another result";
        vm.expectRevert(abi.encodeWithSelector(AlreadyAttested.selector, id, laboratory.id));
        _attest(r, laboratory.walletKey);
    }

    function test_onlyResultUsers() public {
        _release();
        vm.expectRevert(abi.encodeWithSelector(NotInTask.selector, id, exchange.id));
        _attest(_attestation(id, exchange), exchange.walletKey);
        ResultAttestation memory r = _attestation(id, laboratory);
        vm.expectRevert(
            abi.encodeWithSelector(BadSignature.selector, laboratory.wallet, _digest(address(tasks), r.hash()))
        );
        _attest(r, hospital.walletKey);
        _suspend(laboratory);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, laboratory.id));
        _attest(r, laboratory.walletKey);
    }

    function test_onlyTheRunThatCompleted() public {
        _release();
        ResultAttestation memory r = _attestation(id, laboratory);
        r.runId = "another run";
        vm.expectRevert(abi.encodeWithSelector(WrongRun.selector, id, bytes32("another run"), RUN));
        _attest(r, laboratory.walletKey);
    }

    function test_nothingBeforeRelease() public {
        vm.expectRevert(abi.encodeWithSelector(NotReleased.selector, id));
        _attest(_attestation(id, laboratory), laboratory.walletKey);
        _commit(id, bank);
        _commit(id, exchange);
        _commit(id, hospital);
        vm.expectRevert(abi.encodeWithSelector(NotReleased.selector, id));
        _attest(_attestation(id, laboratory), laboratory.walletKey);
    }

    /// @dev No deadline: a result user may fetch its result late.
    function test_afterTheDeadline() public {
        _release();
        vm.warp(DEADLINE + 30 days);
        _attest(_attestation(id, laboratory), laboratory.walletKey);
    }

    function _release() private {
        _commit(id, bank);
        _commit(id, exchange);
        _commit(id, hospital);
        vm.prank(regulator.wallet);
        tasks.review(id, true, "yes");
    }
}

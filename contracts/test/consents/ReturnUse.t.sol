// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    BadSignature,
    PartyNotActive,
    TaskNotEndedWithoutResult,
    UseAlreadyReturned,
    UseNotConsumed
} from "../../src/Errors.sol";
import {ABORT, Authorization, Proposal, REFUSAL, TaskState, UseState} from "../../src/Types.sol";
import {IConsents} from "../../src/interfaces/IConsents.sol";
import {Fixture} from "../support/Fixture.sol";
import {Hashing} from "../support/Hashing.sol";
import {vm} from "../support/Vm.sol";

contract ReturnUseTest is Fixture {
    bytes32 private id;
    bytes32 private authorization;

    function setUp() public override {
        super.setUp();
        Proposal memory p = _proposal();
        id = _propose(p);
        authorization = _submit(_standing(p, 0, 3), bank);
        _start(p, _list(authorization, _submit(_authorization(p, 1), hospital)));
    }

    function test_anUnsentInputGivesItsUseBack() public {
        _abort(_abortOf(id, exchange, ABORT), exchange.nodeKey);
        eq("before", consents.get(authorization).usesLeft, 2);
        vm.expectEmit(address(consents));
        emit IConsents.UseReturned(authorization, id, 1, 3);
        _return(bank.walletKey);
        eq("after", consents.get(authorization).usesLeft, 3);
        eq("use", uint8(consents.useOf(id, authorization).state), uint8(UseState.Returned));
    }

    function test_onlyOnce() public {
        _abort(_abortOf(id, exchange, REFUSAL), exchange.nodeKey);
        _return(bank.walletKey);
        vm.expectRevert(abi.encodeWithSelector(UseAlreadyReturned.selector, id, authorization));
        _return(bank.walletKey);
    }

    function test_notWhileTheTaskRuns() public {
        vm.expectRevert(abi.encodeWithSelector(TaskNotEndedWithoutResult.selector, id, TaskState.Started));
        _return(bank.walletKey);
    }

    function test_notAfterAResult() public {
        _commit(id, bank);
        _commit(id, exchange);
        _commit(id, hospital);
        vm.expectRevert(abi.encodeWithSelector(TaskNotEndedWithoutResult.selector, id, TaskState.Completed));
        _return(bank.walletKey);
    }

    function test_onlyTheOwnersWallet() public {
        _abort(_abortOf(id, exchange, ABORT), exchange.nodeKey);
        bytes32 digest = _digest(address(consents), Hashing.noInputSent(id, authorization));
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, digest));
        _return(bank.nodeKey);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, digest));
        _return(hospital.walletKey);
        _suspend(bank);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, bank.id));
        _return(bank.walletKey);
    }

    function test_onlyAUseThatWasTaken() public {
        vm.expectRevert(abi.encodeWithSelector(UseNotConsumed.selector, bytes32("other task"), authorization));
        consents.returnUse("other task", authorization, "");
    }

    function test_aRevokedAuthorizationStaysRevoked() public {
        vm.prank(bank.wallet);
        consents.revoke(authorization, bank.id, "");
        vm.warp(DEADLINE + 1);
        tasks.expire(id);
        _return(bank.walletKey);
        yes("revoked", consents.isRevoked(authorization, bank.id));
    }

    function _return(uint256 key) private {
        bytes32 digest = _digest(address(consents), Hashing.noInputSent(id, authorization));
        consents.returnUse(id, authorization, _sign(key, digest));
    }
}

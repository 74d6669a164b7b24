// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BadSignature, NotContract, OnlySelf, WrongNonce} from "../../src/Errors.sol";
import {PasskeyAccount} from "../../src/PasskeyAccount.sol";
import {PasskeyAccounts} from "../../src/PasskeyAccounts.sol";
import {IPasskeyAccount} from "../../src/interfaces/IPasskeyAccount.sol";
import {Passkeys} from "../support/Passkeys.sol";
import {vm} from "../support/Vm.sol";

/// @dev Remembers who called it with what, and may call back.
contract Register {
    error Closed(uint256 value);

    address public caller;
    uint256 public value;
    bool public closed;
    bytes private _back;

    function note(uint256 value_) external returns (uint256) {
        if (closed) revert Closed(value_);
        (caller, value) = (msg.sender, value_);
        if (_back.length != 0) {
            (bool success,) = msg.sender.call(_back);
            require(!success, "called back");
        }
        return value_ + 1;
    }

    function setClosed(bool closed_) external {
        closed = closed_;
    }

    function setBack(bytes calldata back) external {
        _back = back;
    }
}

contract PasskeyExecuteTest is Passkeys {
    PasskeyAccounts private factory;
    PasskeyAccount private account;
    Register private target;

    function setUp() public {
        factory = new PasskeyAccounts(keccak256("a deployment"));
        account = _account(factory, 1, 2, 1);
        target = new Register();
    }

    function test_anyoneRelaysACall() public {
        bytes memory data = abi.encodeCall(Register.note, (7));
        bytes memory signature = _signed(account, 1, 1, account.executionDigest(address(target), data, 0));
        vm.expectEmit(address(account));
        emit IPasskeyAccount.Executed(address(target), 0, data);
        vm.prank(address(0xBEEF));
        bytes memory answer = account.execute(address(target), data, 0, signature);
        eq("answer", abi.decode(answer, (uint256)), 8);
        eq("caller", target.caller(), address(account));
        eq("value", target.value(), 7);
        eq("nonce", account.nonce(), 1);
    }

    function test_attack_replayOfACall() public {
        bytes memory data = abi.encodeCall(Register.note, (7));
        bytes memory signature = _signed(account, 1, 1, account.executionDigest(address(target), data, 0));
        account.execute(address(target), data, 0, signature);
        vm.expectRevert(abi.encodeWithSelector(WrongNonce.selector, 0, 1));
        account.execute(address(target), data, 0, signature);
        bytes32 second = account.executionDigest(address(target), data, 1);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, address(account), second));
        account.execute(address(target), data, 1, signature);
    }

    function test_attack_aCallIsChangedOnTheWay() public {
        bytes memory data = abi.encodeCall(Register.note, (7));
        bytes memory signature = _signed(account, 1, 1, account.executionDigest(address(target), data, 0));
        bytes memory other = abi.encodeCall(Register.note, (8));
        bytes32 digest = account.executionDigest(address(target), other, 0);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, address(account), digest));
        account.execute(address(target), other, 0, signature);
        digest = account.executionDigest(address(factory), data, 0);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, address(account), digest));
        account.execute(address(factory), data, 0, signature);
        // For an account of the same passkeys.
        PasskeyAccount twin = PasskeyAccount(factory.create(_passkeys(1, 2), 1, "twin"));
        digest = twin.executionDigest(address(target), data, 0);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, address(twin), digest));
        twin.execute(address(target), data, 0, signature);
    }

    function test_aRefusalIsPassedOnAndLeavesTheNonce() public {
        target.setClosed(true);
        bytes memory data = abi.encodeCall(Register.note, (7));
        bytes memory signature = _signed(account, 1, 1, account.executionDigest(address(target), data, 0));
        vm.expectRevert(abi.encodeWithSelector(Register.Closed.selector, 7));
        account.execute(address(target), data, 0, signature);
        eq("nonce", account.nonce(), 0);
        target.setClosed(false);
        account.execute(address(target), data, 0, signature);
        eq("value", target.value(), 7);
    }

    function test_nothingIsCalledWhereNothingAnswers() public {
        vm.expectRevert(abi.encodeWithSelector(NotContract.selector, address(0xBEEF)));
        account.execute(address(0xBEEF), "", 0, "");
    }

    /// @dev The target calls back with the same signature, before the first call has ended.
    function test_attack_reentrancy() public {
        bytes memory data = abi.encodeCall(Register.note, (7));
        bytes memory signature = _signed(account, 1, 1, account.executionDigest(address(target), data, 0));
        target.setBack(abi.encodeCall(PasskeyAccount.execute, (address(target), data, 0, signature)));
        account.execute(address(target), data, 0, signature);
        eq("nonce", account.nonce(), 1);
    }

    /// @dev Nobody but the account itself changes its owners, not even a contract that it calls.
    function test_attack_strangersAndTargetsChangeNoOwners() public {
        bytes[3] memory changes = [
            abi.encodeCall(PasskeyAccount.addPasskey, (_passkey(3))),
            abi.encodeCall(PasskeyAccount.removePasskey, (_passkey(1))),
            abi.encodeCall(PasskeyAccount.setThreshold, (2))
        ];
        for (uint256 i = 0; i < changes.length; i++) {
            (bool success, bytes memory why) = address(account).call(changes[i]);
            no("by a stranger", success);
            eq("why", keccak256(why), keccak256(abi.encodeWithSelector(OnlySelf.selector, address(this))));
            target.setBack(changes[i]);
            _execute(account, 1, address(target), abi.encodeCall(Register.note, (i)));
        }
        eq("passkeys", account.passkeys(), 2);
        eq("threshold", account.threshold(), 1);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BadSignature, NotOnCurve, OutOfRange, PasskeyExists, UnknownPasskey, ZeroValue} from "../../src/Errors.sol";
import {PasskeyAccount} from "../../src/PasskeyAccount.sol";
import {PasskeyAccounts} from "../../src/PasskeyAccounts.sol";
import {Passkey} from "../../src/Types.sol";
import {IPasskeyAccount} from "../../src/interfaces/IPasskeyAccount.sol";
import {IPasskeyAccounts} from "../../src/interfaces/IPasskeyAccounts.sol";
import {Passkeys} from "../support/Passkeys.sol";
import {vm} from "../support/Vm.sol";

/// @dev Making an account, and its passkeys coming and going.
contract PasskeyOwnersTest is Passkeys {
    bytes32 private constant DEPLOYMENT = keccak256("a deployment");
    bytes32 private constant DIGEST = keccak256("a digest");

    PasskeyAccounts private factory;
    PasskeyAccount private account;
    bytes private _data;
    uint256 private _nonce;
    bytes private _signature;

    function setUp() public {
        factory = new PasskeyAccounts(DEPLOYMENT);
        account = _account(factory, 1, 2, 1);
    }

    function test_theAddressIsKnownBefore() public {
        Passkey[] memory passkeys = _passkeys(5, 1);
        address wanted = factory.addressOf(passkeys, 1, "salt");
        eq("no code yet", wanted.code.length, 0);
        vm.expectEmit(address(factory));
        emit IPasskeyAccounts.AccountCreated(wanted, passkeys, 1, "salt");
        vm.expectEmit(wanted);
        emit IPasskeyAccount.PasskeyAdded(passkeys[0].x, passkeys[0].y);
        vm.expectEmit(wanted);
        emit IPasskeyAccount.ThresholdSet(1);
        eq("made", factory.create(passkeys, 1, "salt"), wanted);
        // Again, by anybody: the same account, and nothing happens.
        vm.recordLogs();
        vm.prank(address(0xBEEF));
        eq("the same", factory.create(passkeys, 1, "salt"), wanted);
        eq("events", vm.getRecordedLogs().length, 0);
        PasskeyAccount made = PasskeyAccount(wanted);
        yes("passkey", made.isPasskey(passkeys[0]));
        eq("passkeys", made.passkeys(), 1);
        eq("threshold", made.threshold(), 1);
        eq("verifier", made.verifier(), factory.verifier());
        eq("deployment", made.deploymentId(), DEPLOYMENT);
    }

    /// @dev Whatever differs makes another account.
    function test_addressesDiffer() public {
        address one = factory.addressOf(_passkeys(5, 2), 1, 0);
        no("passkeys", one == factory.addressOf(_passkeys(6, 2), 1, 0));
        no("threshold", one == factory.addressOf(_passkeys(5, 2), 2, 0));
        no("salt", one == factory.addressOf(_passkeys(5, 2), 1, "1"));
        no("deployment", one == new PasskeyAccounts("another").addressOf(_passkeys(5, 2), 1, 0));
    }

    function test_impossibleAccountsAreNotMade() public {
        vm.expectRevert(abi.encodeWithSelector(OutOfRange.selector, bytes32("threshold"), 0, 1, 5));
        factory.create(_passkeys(5, 1), 0, 0);
        vm.expectRevert(abi.encodeWithSelector(OutOfRange.selector, bytes32("threshold"), 6, 1, 5));
        factory.create(_passkeys(5, 6), 6, 0);
        vm.expectRevert(abi.encodeWithSelector(OutOfRange.selector, bytes32("threshold"), 1, 1, 0));
        factory.create(new Passkey[](0), 1, 0);
        Passkey[] memory passkeys = _passkeys(5, 2);
        passkeys[1] = passkeys[0];
        vm.expectRevert(abi.encodeWithSelector(PasskeyExists.selector, account.idOf(passkeys[0])));
        factory.create(passkeys, 1, 0);
        passkeys[1].y = bytes32(uint256(passkeys[1].y) + 1);
        vm.expectRevert(abi.encodeWithSelector(NotOnCurve.selector, passkeys[1].x, passkeys[1].y));
        factory.create(passkeys, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("deploymentId")));
        new PasskeyAccounts(0);
    }

    function test_aPasskeyIsAddedAndSigns() public {
        Passkey memory third = _passkey(3);
        bytes memory data = abi.encodeCall(PasskeyAccount.addPasskey, (third));
        bytes memory signature = _signed(account, 1, 1, account.executionDigest(address(account), data, 0));
        vm.expectEmit(address(account));
        emit IPasskeyAccount.PasskeyAdded(third.x, third.y);
        account.execute(address(account), data, 0, signature);
        eq("passkeys", account.passkeys(), 3);
        signature = _signed(account, 3, 1, account.digestOf(DIGEST));
        yes("signs", account.isValidSignature(DIGEST, signature) == account.isValidSignature.selector);
        _refuses(data, abi.encodeWithSelector(PasskeyExists.selector, account.idOf(third)));
        third.x = 0;
        _refuses(
            abi.encodeCall(PasskeyAccount.addPasskey, (third)),
            abi.encodeWithSelector(NotOnCurve.selector, third.x, third.y)
        );
    }

    /// @dev A lost telephone: the other passkey removes it, and what it signed before is worth nothing.
    function test_aPasskeyIsRemovedAndSignsNothingMore() public {
        bytes memory outstanding = _signed(account, 2, 1, account.digestOf(DIGEST));
        Passkey memory second = _passkey(2);
        _toBeCalled(abi.encodeCall(PasskeyAccount.removePasskey, (second)));
        vm.expectEmit(address(account));
        emit IPasskeyAccount.PasskeyRemoved(second.x, second.y);
        _call();
        no("passkey", account.isPasskey(second));
        yes("signs nothing", account.isValidSignature(DIGEST, outstanding) == bytes4(0xffffffff));
        bytes32 digest = account.executionDigest(address(account), "", 1);
        bytes memory signature = _signed(account, 2, 1, digest);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, address(account), digest));
        account.execute(address(account), "", 1, signature);
        _refuses(
            abi.encodeCall(PasskeyAccount.removePasskey, (second)),
            abi.encodeWithSelector(UnknownPasskey.selector, account.idOf(second))
        );
    }

    function test_theLastOneStays() public {
        _self(abi.encodeCall(PasskeyAccount.removePasskey, (_passkey(2))));
        _refuses(
            abi.encodeCall(PasskeyAccount.removePasskey, (_passkey(1))),
            abi.encodeWithSelector(OutOfRange.selector, bytes32("threshold"), 1, 1, 0)
        );
        yes("passkey", account.isPasskey(_passkey(1)));
    }

    function test_theThresholdStaysWithinReach() public {
        _refuses(
            abi.encodeCall(PasskeyAccount.setThreshold, (3)),
            abi.encodeWithSelector(OutOfRange.selector, bytes32("threshold"), 3, 1, 2)
        );
        _refuses(
            abi.encodeCall(PasskeyAccount.setThreshold, (0)),
            abi.encodeWithSelector(OutOfRange.selector, bytes32("threshold"), 0, 1, 5)
        );
        _toBeCalled(abi.encodeCall(PasskeyAccount.setThreshold, (2)));
        vm.expectEmit(address(account));
        emit IPasskeyAccount.ThresholdSet(2);
        _call();
        // From now on one alone decides nothing, and two are needed to remove one: which the threshold forbids.
        bytes memory data = abi.encodeCall(PasskeyAccount.removePasskey, (_passkey(2)));
        bytes32 digest = account.executionDigest(address(account), data, 1);
        bytes memory alone = _signed(account, 1, 1, digest);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, address(account), digest));
        account.execute(address(account), data, 1, alone);
        bytes memory both = _signed(account, 1, 2, digest);
        vm.expectRevert(abi.encodeWithSelector(OutOfRange.selector, bytes32("threshold"), 2, 1, 1));
        account.execute(address(account), data, 1, both);
    }

    function _self(bytes memory data) private {
        _toBeCalled(data);
        _call();
    }

    function _refuses(bytes memory data, bytes memory why) private {
        _toBeCalled(data);
        vm.expectRevert(why);
        _call();
    }

    /// @dev Everything that reads comes first: a cheatcode's expectation is for the very next call.
    function _toBeCalled(bytes memory data) private {
        (_data, _nonce) = (data, account.nonce());
        _signature = _signed(account, 1, 1, account.executionDigest(address(account), data, _nonce));
    }

    function _call() private {
        account.execute(address(account), _data, _nonce, _signature);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BadSignature, OutOfRange, RevokedAuthorization, UnknownParty} from "../../src/Errors.sol";
import {Authorization, Proposal} from "../../src/Types.sol";
import {IConsents} from "../../src/interfaces/IConsents.sol";
import {Fixture} from "../support/Fixture.sol";
import {Hashing} from "../support/Hashing.sol";
import {vm} from "../support/Vm.sol";

contract RevokeAllTest is Fixture {
    function test_everythingSubmittedIsRevoked() public {
        bytes32[] memory digests = _many(5);
        vm.expectEmit(address(consents));
        emit IConsents.AllRevoked(bank.id, 5);
        _byWallet(5);
        eq("through", consents.revokedThrough(bank.id), 5);
        for (uint256 i = 0; i < 5; i++) {
            _startsNothing(digests[i]);
        }
    }

    function test_onlyUpToTheNumberNamed() public {
        bytes32[] memory digests = _many(3);
        _byWallet(2);
        _startsNothing(digests[0]);
        _startsNothing(digests[1]);
        _starts(digests[2]);
    }

    function test_whatIsSubmittedLaterIsNot() public {
        _many(2);
        _byWallet(2);
        Authorization memory a = _standing(_proposal(), 0, 1);
        a.nonce = 77;
        _starts(_submit(a, bank));
    }

    function test_otherOwnersKeepTheirs() public {
        _many(2);
        _submit(_authorization(_proposal(), 1), hospital);
        _byWallet(2);
        eq("hospital", consents.revokedThrough(hospital.id), 0);
    }

    function test_revokedWithAllIsNotSubmittedAgain() public {
        Authorization memory a = _standing(_proposal(), 0, 1);
        bytes32 digest = _submit(a, bank);
        _byWallet(1);
        vm.expectRevert(abi.encodeWithSelector(RevokedAuthorization.selector, digest, bank.id));
        _submit(a, bank);
    }

    function test_anyoneRelays() public {
        _many(2);
        bytes memory signature = _signed(bank.walletKey, 2);
        vm.prank(stranger.wallet);
        consents.revokeAll(bank.id, 2, signature);
        eq("through", consents.revokedThrough(bank.id), 2);
    }

    /// @dev A signature of last year does not revoke what was submitted since.
    function test_attack_anOldSignatureShownAgain() public {
        _many(2);
        bytes memory signature = _signed(bank.walletKey, 2);
        consents.revokeAll(bank.id, 2, signature);
        Authorization memory a = _standing(_proposal(), 0, 1);
        a.nonce = 77;
        bytes32 later = _submit(a, bank);
        vm.recordLogs();
        consents.revokeAll(bank.id, 2, signature);
        eq("no second event", vm.getRecordedLogs().length, 0);
        _starts(later);
    }

    function test_itNeverReachesAhead() public {
        _many(2);
        vm.prank(bank.wallet);
        vm.expectRevert(abi.encodeWithSelector(OutOfRange.selector, bytes32("through"), 3, 0, 2));
        consents.revokeAll(bank.id, 3, "");
    }

    function test_aLowerNumberBringsNothingBack() public {
        bytes32[] memory digests = _many(3);
        _byWallet(3);
        _byWallet(1);
        eq("through", consents.revokedThrough(bank.id), 3);
        _startsNothing(digests[2]);
    }

    /// @dev The wallet was stolen and changed: the new one takes back what the thief had signed.
    function test_attack_aStolenWalletsConsents() public {
        bytes32[] memory digests = _many(2);
        _changeWallet(bank, stranger.wallet);
        eq("signed by the old one", consents.get(digests[0]).wallet, bank.wallet);
        bytes memory old = _signed(bank.walletKey, 2);
        bytes32 digest = _digest(address(consents), Hashing.revocationOfAll(bank.id, 2));
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, stranger.wallet, digest));
        consents.revokeAll(bank.id, 2, old);
        consents.revokeAll(bank.id, 2, _signed(stranger.walletKey, 2));
        _startsNothing(digests[0]);
    }

    function test_othersDoNot() public {
        _many(1);
        bytes32 digest = _digest(address(consents), Hashing.revocationOfAll(bank.id, 1));
        address[3] memory callers = [hospital.wallet, bank.node, stranger.wallet];
        for (uint256 i = 0; i < 3; i++) {
            vm.prank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, digest));
            consents.revokeAll(bank.id, 1, "");
        }
        bytes memory byNode = _signed(bank.nodeKey, 1);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, digest));
        consents.revokeAll(bank.id, 1, byNode);
        vm.expectRevert(abi.encodeWithSelector(UnknownParty.selector, stranger.id));
        consents.revokeAll(stranger.id, 0, "");
    }

    function test_neitherPauseNorSuspensionBlocksIt() public {
        _many(1);
        vm.prank(admin);
        tasks.pause();
        _suspend(bank);
        _byWallet(1);
        eq("through", consents.revokedThrough(bank.id), 1);
    }

    /// @dev Whatever is named in whatever order, exactly what stands at or below the highest is revoked.
    function testFuzz_exactlyUpToTheHighest(uint8[4] calldata named) public {
        bytes32[] memory digests = _many(6);
        uint32 highest = 0;
        for (uint256 i = 0; i < 4; i++) {
            uint32 through = named[i] % 7;
            _byWallet(through);
            if (through > highest) highest = through;
        }
        eq("through", consents.revokedThrough(bank.id), highest);
        for (uint32 i = 0; i < 6; i++) {
            if (i < highest) _startsNothing(digests[i]);
            else _starts(digests[i]);
        }
    }

    function _many(uint256 count) private returns (bytes32[] memory digests) {
        digests = new bytes32[](count);
        Authorization memory a = _standing(_proposal(), 0, 1);
        for (uint256 i = 0; i < count; i++) {
            a.nonce = i;
            digests[i] = _submit(a, bank);
        }
    }

    function _byWallet(uint32 through) private {
        vm.prank(bank.wallet);
        consents.revokeAll(bank.id, through, "");
    }

    function _signed(uint256 key, uint32 through) private view returns (bytes memory) {
        return _sign(key, _digest(address(consents), Hashing.revocationOfAll(bank.id, through)));
    }

    function _starts(bytes32 digest) private {
        (Proposal memory p, bytes32[] memory authorizations) = _taskWith(digest);
        _start(p, authorizations);
        eq("consumed", consents.get(digest).usesLeft, 0);
    }

    function _startsNothing(bytes32 digest) private {
        (Proposal memory p, bytes32[] memory authorizations) = _taskWith(digest);
        vm.expectRevert(abi.encodeWithSelector(RevokedAuthorization.selector, digest, bank.id));
        _start(p, authorizations);
    }

    function _taskWith(bytes32 digest) private returns (Proposal memory p, bytes32[] memory authorizations) {
        p = _proposal();
        p.nonce = uint256(digest);
        bytes32 id = _idOf(p);
        // The proposer's wallet may have changed.
        uint256 key = registry.get(bank.id).wallet == bank.wallet ? bank.walletKey : stranger.walletKey;
        tasks.propose(p, _sign(key, id));
        authorizations = _list(digest, _submit(_authorization(p, 1), hospital));
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BadSignature, NotOwner, RevokedAuthorization, UnknownParty} from "../../src/Errors.sol";
import {Authorization, AuthorizationStatus, Proposal} from "../../src/Types.sol";
import {IConsents} from "../../src/interfaces/IConsents.sol";
import {Fixture} from "../support/Fixture.sol";
import {Hashing} from "../support/Hashing.sol";
import {vm} from "../support/Vm.sol";

contract RevokeTest is Fixture {
    function test_theWalletRevokesByTransaction() public {
        bytes32 digest = _submit(_authorization(_proposal(), 0), bank);
        vm.expectEmit(address(consents));
        emit IConsents.AuthorizationRevoked(digest, bank.id);
        vm.prank(bank.wallet);
        consents.revoke(digest, bank.id, "");
        eq("status", uint8(consents.get(digest).status), uint8(AuthorizationStatus.Revoked));
        yes("revoked", consents.isRevoked(digest, bank.id));
    }

    function test_anyoneRelaysARevocation() public {
        bytes32 digest = _submit(_authorization(_proposal(), 0), bank);
        bytes memory signature = _signed(digest, bank.walletKey, bank.id);
        vm.prank(stranger.wallet);
        consents.revoke(digest, bank.id, signature);
        yes("revoked", consents.isRevoked(digest, bank.id));
    }

    function test_aWalletMayAlsoRelayItsOwnSignature() public {
        bytes32 digest = _submit(_authorization(_proposal(), 0), bank);
        bytes memory signature = _signed(digest, bank.walletKey, bank.id);
        vm.prank(bank.wallet);
        consents.revoke(digest, bank.id, signature);
        yes("revoked", consents.isRevoked(digest, bank.id));
    }

    function test_revokingTwiceChangesNothingAndRevertsNothing() public {
        bytes32 digest = _submit(_authorization(_proposal(), 0), bank);
        bytes memory signature = _signed(digest, bank.walletKey, bank.id);
        consents.revoke(digest, bank.id, signature);
        vm.recordLogs();
        consents.revoke(digest, bank.id, signature);
        eq("no second event", vm.getRecordedLogs().length, 0);
    }

    function test_othersDoNotRevoke() public {
        bytes32 digest = _submit(_authorization(_proposal(), 0), bank);
        bytes32 signedDigest = _digest(address(consents), Hashing.revocation(digest, bank.id));
        bytes memory byNode = _signed(digest, bank.nodeKey, bank.id);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, signedDigest));
        consents.revoke(digest, bank.id, byNode);
        vm.prank(stranger.wallet);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, signedDigest));
        consents.revoke(digest, bank.id, "");
        vm.prank(hospital.wallet);
        vm.expectRevert(abi.encodeWithSelector(NotOwner.selector, cards, hospital.id));
        consents.revoke(digest, hospital.id, "");
        vm.prank(stranger.wallet);
        vm.expectRevert(abi.encodeWithSelector(UnknownParty.selector, stranger.id));
        consents.revoke("never submitted", stranger.id, "");
    }

    /// @dev Revoking somebody else's digest before it is submitted, to block it.
    function test_attack_revokingAnothersDigestFirstBlocksNothing() public {
        Authorization memory a = _authorization(_proposal(), 0);
        bytes32 digest = _digestOf(a);
        vm.prank(hospital.wallet);
        consents.revoke(digest, hospital.id, "");
        _submit(a, bank);
        eq("status", uint8(consents.get(digest).status), uint8(AuthorizationStatus.Active));
    }

    function test_pauseNeverBlocksRevoke() public {
        bytes32 digest = _submit(_authorization(_proposal(), 0), bank);
        vm.prank(admin);
        tasks.pause();
        vm.prank(bank.wallet);
        consents.revoke(digest, bank.id, "");
        yes("revoked", consents.isRevoked(digest, bank.id));
    }

    function test_aSuspendedOwnerStillRevokes() public {
        bytes32 digest = _submit(_authorization(_proposal(), 0), bank);
        _suspend(bank);
        vm.prank(bank.wallet);
        consents.revoke(digest, bank.id, "");
        yes("revoked", consents.isRevoked(digest, bank.id));
    }

    function test_aRevokedAuthorizationStartsNothing() public {
        Proposal memory p = _proposal();
        _propose(p);
        bytes32[] memory authorizations = _consent(p);
        vm.prank(hospital.wallet);
        consents.revoke(authorizations[1], hospital.id, "");
        vm.expectRevert(abi.encodeWithSelector(RevokedAuthorization.selector, authorizations[1], hospital.id));
        _start(p, authorizations);
        eq("the other's use is not spent", consents.get(authorizations[0]).usesLeft, 1);
    }

    function _signed(bytes32 digest, uint256 key, bytes32 owner) private view returns (bytes memory) {
        return _sign(key, _digest(address(consents), Hashing.revocation(digest, owner)));
    }
}

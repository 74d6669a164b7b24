// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Consents} from "../../src/Consents.sol";
import {BadSignature} from "../../src/Errors.sol";
import {Authorization, AuthorizationStatus, Proposal, TaskState} from "../../src/Types.sol";
import {Fixture} from "../support/Fixture.sol";
import {Hashing} from "../support/Hashing.sol";
import {vm} from "../support/Vm.sol";
import {BurningWallet, MoodyWallet, OwnedWallet, ReentrantWallet} from "../support/Wallets.sol";

/// @dev The bank's wallet is a contract.
contract ContractWalletsTest is Fixture {
    function test_anOrganisationsWalletConsentsAndRevokes() public {
        _changeWallet(bank, address(new OwnedWallet(bank.wallet)));
        bytes32 digest = _submit(_authorization(_proposal(), 0), bank);
        bytes memory signature = _sign(bank.walletKey, _digest(address(consents), Hashing.revocation(digest, bank.id)));
        consents.revoke(digest, bank.id, signature);
        eq("status", uint8(consents.get(digest).status), uint8(AuthorizationStatus.Revoked));
    }

    /// @dev Asked once: what it said then is what counts, and the words cannot be had twice.
    function test_attack_inconsistentWallet() public {
        MoodyWallet wallet = new MoodyWallet();
        _changeWallet(bank, address(wallet));
        Proposal memory p = _proposal();
        bytes32 id = _propose(p);
        bytes32[] memory authorizations = _consent(p);
        wallet.setWilling(false);
        // Relayed again it is not asked again, and its change of mind stops nothing that was agreed.
        consents.submit(_authorization(p, 0), bank.id, "");
        _start(p, authorizations);
        _stateIs(id, TaskState.Started);
        // Unwilling, it agrees to nothing new.
        Authorization memory a = _authorization(p, 0);
        a.nonce = 8;
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, address(wallet), _digestOf(a)));
        _submit(a, bank);
        // An empty signature of a willing contract is no transaction of its own, and still counts as its word.
        wallet.setWilling(true);
        consents.revoke(authorizations[0], bank.id, "");
        yes("revoked", consents.isRevoked(authorizations[0], bank.id));
    }

    function test_attack_reentrancy() public {
        ReentrantWallet wallet = new ReentrantWallet(consents);
        _changeWallet(bank, address(wallet));
        Authorization memory inner = _authorization(_proposal(), 0);
        Authorization memory outer = _authorization(_proposal(), 0);
        outer.nonce = 8;
        wallet.prepare(abi.encodeCall(Consents.submit, (inner, bank.id, "")));
        bytes32 digest = _digestOf(outer);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, address(wallet), digest));
        consents.submit(outer, bank.id, "");
        eq("inner", uint8(consents.get(_digestOf(inner)).status), uint8(AuthorizationStatus.None));
        eq("outer", uint8(consents.get(digest).status), uint8(AuthorizationStatus.None));
    }

    function test_attack_aWalletThatBurnsGas() public {
        BurningWallet wallet = new BurningWallet();
        _changeWallet(bank, address(wallet));
        Authorization memory a = _authorization(_proposal(), 0);
        bytes32 digest = _digestOf(a);
        uint256 before = gasleft();
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, address(wallet), digest));
        consents.submit(a, bank.id, "");
        yes("bounded", before - gasleft() < 700_000);
    }
}

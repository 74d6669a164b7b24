// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    BadSignature,
    NoWalletChange,
    PartyNotActive,
    UnknownParty,
    WalletIsNodeSigner,
    WalletTaken,
    WrongOrdinal
} from "../../src/Errors.sol";
import {SCHEDULER} from "../../src/Types.sol";
import {IPartyRegistry} from "../../src/interfaces/IPartyRegistry.sol";
import {Fixture} from "../support/Fixture.sol";
import {RegistrationHashing} from "../support/RegistrationHashing.sol";
import {vm} from "../support/Vm.sol";
import {OwnedWallet} from "../support/Wallets.sol";

contract ChangeWalletTest is Fixture {
    function test_namingChangesNothingYet() public {
        vm.expectEmit(address(registry));
        emit IPartyRegistry.WalletChangeNamed(bank.id, stranger.wallet, 1);
        _name(stranger.wallet, 1);
        (address newWallet, uint64 change) = registry.pendingWallet(bank.id);
        eq("pending", newWallet, stranger.wallet);
        eq("change", change, 1);
        eq("wallet", registry.get(bank.id).wallet, bank.wallet);
        eq("party of the old", registry.partyOf(bank.wallet), bank.id);
        eq("party of the new", registry.partyOf(stranger.wallet), 0);
        // The old wallet still decides.
        _propose(_proposal());
    }

    function test_theNamedWalletTakesOver() public {
        _name(stranger.wallet, 1);
        vm.expectEmit(address(registry));
        emit IPartyRegistry.WalletChanged(bank.id, bank.wallet, stranger.wallet);
        vm.prank(stranger.wallet);
        registry.acceptWallet(bank.id, "");
        eq("wallet", registry.get(bank.id).wallet, stranger.wallet);
        eq("new", registry.partyOf(stranger.wallet), bank.id);
        eq("old", registry.partyOf(bank.wallet), 0);
        (address newWallet, uint64 change) = registry.pendingWallet(bank.id);
        eq("pending", newWallet, address(0));
        eq("change", change, 1);
        // The old wallet is nobody now, and may become a wallet again.
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, stranger.wallet, _change(bank.wallet, 2)));
        _name(bank.wallet, 2);
        _changeWallet(bank, bank.wallet);
    }

    function test_bothMayBeRelayed() public {
        registry.changeWallet(bank.id, stranger.wallet, 1, _sign(bank.walletKey, _change(stranger.wallet, 1)));
        registry.acceptWallet(bank.id, _sign(stranger.walletKey, _change(stranger.wallet, 1)));
        eq("wallet", registry.get(bank.id).wallet, stranger.wallet);
    }

    function test_aContractWalletAccepts() public {
        address wallet = address(new OwnedWallet(stranger.wallet));
        _name(wallet, 1);
        registry.acceptWallet(bank.id, _sign(stranger.walletKey, _change(wallet, 1)));
        eq("wallet", registry.get(bank.id).wallet, wallet);
    }

    function test_onlyTheNamedWalletAccepts() public {
        _name(stranger.wallet, 1);
        bytes32 digest = _change(stranger.wallet, 1);
        vm.prank(bank.wallet);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, stranger.wallet, digest));
        registry.acceptWallet(bank.id, "");
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, stranger.wallet, digest));
        registry.acceptWallet(bank.id, _sign(bank.walletKey, digest));
        vm.expectRevert(abi.encodeWithSelector(NoWalletChange.selector, hospital.id));
        registry.acceptWallet(hospital.id, "");
        vm.expectRevert(abi.encodeWithSelector(UnknownParty.selector, stranger.id));
        registry.acceptWallet(stranger.id, "");
    }

    function test_onlyTheWalletNames() public {
        bytes32 digest = _change(stranger.wallet, 1);
        address[3] memory others = [bank.node, hospital.wallet, stranger.wallet];
        for (uint256 i = 0; i < others.length; i++) {
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, digest));
            registry.changeWallet(bank.id, stranger.wallet, 1, "");
        }
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, digest));
        registry.changeWallet(bank.id, stranger.wallet, 1, _sign(bank.nodeKey, digest));
        vm.expectRevert(abi.encodeWithSelector(UnknownParty.selector, stranger.id));
        registry.changeWallet(stranger.id, stranger.wallet, 1, "");
    }

    function test_replaceAndCancel() public {
        _name(stranger.wallet, 1);
        _name(vm.addr(77), 2);
        (address newWallet,) = registry.pendingWallet(bank.id);
        eq("replaced", newWallet, vm.addr(77));
        vm.expectEmit(address(registry));
        emit IPartyRegistry.WalletChangeNamed(bank.id, address(0), 3);
        _name(address(0), 3);
        vm.prank(vm.addr(77));
        vm.expectRevert(abi.encodeWithSelector(NoWalletChange.selector, bank.id));
        registry.acceptWallet(bank.id, "");
    }

    /// @dev What the old wallet or the named one signed is for one naming: cancelled, it never comes back.
    function test_attack_replayOfACancelledChange() public {
        bytes memory byOld = _sign(bank.walletKey, _change(stranger.wallet, 1));
        bytes memory byNew = _sign(stranger.walletKey, _change(stranger.wallet, 1));
        registry.changeWallet(bank.id, stranger.wallet, 1, byOld);
        _name(address(0), 2);
        vm.expectRevert(abi.encodeWithSelector(WrongOrdinal.selector, bank.id, 1, 3));
        registry.changeWallet(bank.id, stranger.wallet, 1, byOld);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, _change(stranger.wallet, 3)));
        registry.changeWallet(bank.id, stranger.wallet, 3, byOld);
        // Named once more, the acceptance of the first time is worth nothing.
        _name(stranger.wallet, 3);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, stranger.wallet, _change(stranger.wallet, 3)));
        registry.acceptWallet(bank.id, byNew);
    }

    /// @dev Signed and not yet relayed: cancelling ends it, though there is nothing pending.
    function test_cancellingUsesUpTheNumber() public {
        bytes memory outstanding = _sign(bank.walletKey, _change(stranger.wallet, 1));
        _name(address(0), 1);
        vm.expectRevert(abi.encodeWithSelector(WrongOrdinal.selector, bank.id, 1, 2));
        registry.changeWallet(bank.id, stranger.wallet, 1, outstanding);
    }

    /// @dev Both sign the same words; as the party's wallet later, the new one has named nobody by them.
    function test_attack_theAcceptanceIsNoNaming() public {
        bytes memory acceptance = _sign(stranger.walletKey, _change(stranger.wallet, 1));
        _name(stranger.wallet, 1);
        registry.acceptWallet(bank.id, acceptance);
        vm.expectRevert(abi.encodeWithSelector(WalletTaken.selector, stranger.wallet, bank.id));
        registry.changeWallet(bank.id, stranger.wallet, 1, acceptance);
    }

    function test_onlyWhileActive() public {
        _name(stranger.wallet, 1);
        _suspend(bank);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, bank.id));
        _name(vm.addr(77), 2);
        vm.prank(stranger.wallet);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, bank.id));
        registry.acceptWallet(bank.id, "");
        // Taking back gives nobody anything.
        _name(address(0), 2);
        (address newWallet,) = registry.pendingWallet(bank.id);
        eq("pending", newWallet, address(0));
    }

    function test_refusedWallets() public {
        vm.expectRevert(abi.encodeWithSelector(WalletIsNodeSigner.selector, bank.node));
        _name(bank.node, 1);
        vm.expectRevert(abi.encodeWithSelector(WalletTaken.selector, hospital.wallet, hospital.id));
        _name(hospital.wallet, 1);
        vm.expectRevert(abi.encodeWithSelector(WalletTaken.selector, bank.wallet, bank.id));
        _name(bank.wallet, 1);
    }

    /// @dev Between naming and acceptance the named wallet became another party's.
    function test_takenInTheMeantime() public {
        _name(stranger.wallet, 1);
        _admit(stranger, SCHEDULER, "operator");
        vm.prank(stranger.wallet);
        vm.expectRevert(abi.encodeWithSelector(WalletTaken.selector, stranger.wallet, stranger.id));
        registry.acceptWallet(bank.id, "");
    }

    function _name(address newWallet, uint64 change) private {
        vm.prank(bank.wallet);
        registry.changeWallet(bank.id, newWallet, change, "");
    }

    function _change(address newWallet, uint64 change) private view returns (bytes32) {
        return _digest(address(registry), RegistrationHashing.walletChange(bank.id, newWallet, change));
    }
}

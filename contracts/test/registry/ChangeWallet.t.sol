// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {NotAllowed, PartyNotActive, WalletIsNodeSigner, WalletTaken, ZeroValue} from "../../src/Errors.sol";
import {IPartyRegistry} from "../../src/interfaces/IPartyRegistry.sol";
import {Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";

contract ChangeWalletTest is Fixture {
    function test_theNewWalletTakesOver() public {
        vm.expectEmit(address(registry));
        emit IPartyRegistry.WalletChanged(bank.id, bank.wallet, stranger.wallet);
        _change(bank.wallet, stranger.wallet);
        eq("wallet", registry.get(bank.id).wallet, stranger.wallet);
        eq("new", registry.partyOf(stranger.wallet), bank.id);
        eq("old", registry.partyOf(bank.wallet), 0);
        vm.expectRevert(abi.encodeWithSelector(NotAllowed.selector, bank.wallet, bank.id));
        _change(bank.wallet, bank.wallet);
        _change(stranger.wallet, bank.wallet);
    }

    function test_onlyWhileActive() public {
        _suspend(bank);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, bank.id));
        _change(bank.wallet, stranger.wallet);
    }

    function test_refusedWallets() public {
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("wallet")));
        _change(bank.wallet, address(0));
        vm.expectRevert(abi.encodeWithSelector(WalletIsNodeSigner.selector, bank.node));
        _change(bank.wallet, bank.node);
        vm.expectRevert(abi.encodeWithSelector(WalletTaken.selector, hospital.wallet, hospital.id));
        _change(bank.wallet, hospital.wallet);
    }

    function _change(address caller, address newWallet) private {
        vm.prank(caller);
        registry.changeWallet(bank.id, newWallet);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {NotAllowed, OwnAttestation, PartyNotActive, UnknownVersion} from "../../src/Errors.sol";
import {IDataSets} from "../../src/interfaces/IDataSets.sol";
import {Actor, Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";

contract AttestDataSetTest is Fixture {
    function test_aThirdPartyAttests() public {
        vm.expectEmit(address(dataSets));
        emit IDataSets.DataSetAttested(cards, 1, regulator.id, "from its source");
        _attestSource(regulator.wallet, 1, regulator);
    }

    function test_refusals() public {
        vm.expectRevert(abi.encodeWithSelector(OwnAttestation.selector, cards, bank.id));
        _attestSource(bank.wallet, 1, bank);
        vm.expectRevert(abi.encodeWithSelector(UnknownVersion.selector, cards, 2));
        _attestSource(regulator.wallet, 2, regulator);
        vm.expectRevert(abi.encodeWithSelector(NotAllowed.selector, bank.wallet, regulator.id));
        _attestSource(bank.wallet, 1, regulator);
        _suspend(regulator);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, regulator.id));
        _attestSource(regulator.wallet, 1, regulator);
    }

    function _attestSource(address caller, uint32 version, Actor memory party) private {
        vm.prank(caller);
        dataSets.attest(cards, version, party.id, "from its source");
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AlreadyStated, BadSignature, OwnAttestation, PartyNotActive, UnknownVersion} from "../../src/Errors.sol";
import {DataSetAttestation} from "../../src/Types.sol";
import {IDataSets} from "../../src/interfaces/IDataSets.sol";
import {Actor, Fixture} from "../support/Fixture.sol";
import {RegistrationHashing} from "../support/RegistrationHashing.sol";
import {vm} from "../support/Vm.sol";

contract AttestDataSetTest is Fixture {
    using RegistrationHashing for DataSetAttestation;

    function test_aThirdPartyAttests() public {
        vm.expectEmit(address(dataSets));
        emit IDataSets.DataSetAttested(cards, 1, regulator.id, "from its source");
        _attestSource(regulator.wallet, 1, regulator);
    }

    function test_anyoneRelaysAndOnce() public {
        DataSetAttestation memory a = _statement(1, regulator);
        bytes memory signature = _sign(regulator.walletKey, _digest(address(dataSets), a.hash()));
        dataSets.attest(a, signature);
        vm.expectRevert(abi.encodeWithSelector(AlreadyStated.selector, cards, 1, regulator.id, a.statement));
        dataSets.attest(a, signature);
        // Another statement is another one.
        a.statement = "still from its source";
        vm.prank(regulator.wallet);
        dataSets.attest(a, "");
    }

    function test_refusals() public {
        vm.expectRevert(abi.encodeWithSelector(OwnAttestation.selector, cards, bank.id));
        _attestSource(bank.wallet, 1, bank);
        vm.expectRevert(abi.encodeWithSelector(UnknownVersion.selector, cards, 2));
        _attestSource(regulator.wallet, 2, regulator);
        bytes32 digest = _digest(address(dataSets), _statement(1, regulator).hash());
        bytes memory refusal = abi.encodeWithSelector(BadSignature.selector, regulator.wallet, digest);
        vm.expectRevert(refusal);
        _attestSource(bank.wallet, 1, regulator);
        vm.expectRevert(refusal);
        _attestSource(regulator.node, 1, regulator);
        _suspend(regulator);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, regulator.id));
        _attestSource(regulator.wallet, 1, regulator);
    }

    function _statement(uint32 version, Actor memory party) private view returns (DataSetAttestation memory) {
        return DataSetAttestation(cards, version, party.id, "from its source");
    }

    function _attestSource(address caller, uint32 version, Actor memory party) private {
        vm.prank(caller);
        dataSets.attest(_statement(version, party), "");
    }
}

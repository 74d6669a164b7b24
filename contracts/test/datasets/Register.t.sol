// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    MissingRole,
    NotAllowed,
    NotOwner,
    OutOfRange,
    PartyNotActive,
    WrongVersion,
    ZeroValue
} from "../../src/Errors.sol";
import {DATA_PROVIDER, DataSetVersion, VersionStatus} from "../../src/Types.sol";
import {IDataSets} from "../../src/interfaces/IDataSets.sol";
import {Actor, Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";

contract RegisterTest is Fixture {
    bytes32 private constant FRESH = "fresh";

    function test_registerRecordsAndEmitsEverything() public {
        vm.expectEmit(address(dataSets));
        emit IDataSets.DataSetRegistered(FRESH, 1, bank.id, "schema", "root", 5, 2, "basis");
        _call(bank.wallet, FRESH, bank, 1);
        DataSetVersion memory v = dataSets.get(FRESH, 1);
        eq("owner", v.owner, bank.id);
        eq("schema", v.schemaHash, "schema");
        eq("root", v.inputRoot, "root");
        eq("rows", v.rows, 5);
        eq("level", v.dataLevel, 2);
        eq("basis", v.legalBasis, "basis");
        eq("status", uint8(v.status), uint8(VersionStatus.Active));
        eq("latest", dataSets.latest(FRESH), 1);
    }

    function test_versionsCountUpAndStay() public {
        _call(bank.node, cards, bank, 2);
        eq("latest", dataSets.latest(cards), 2);
        eq("old root", dataSets.get(cards, 1).inputRoot, _root(cards));
        eq("new root", dataSets.get(cards, 2).inputRoot, "root");
    }

    function test_noVersionIsSkippedOrWrittenTwice() public {
        vm.expectRevert(abi.encodeWithSelector(WrongVersion.selector, cards, 1, 2));
        _call(bank.node, cards, bank, 1);
        vm.expectRevert(abi.encodeWithSelector(WrongVersion.selector, cards, 3, 2));
        _call(bank.node, cards, bank, 3);
        vm.expectRevert(abi.encodeWithSelector(WrongVersion.selector, FRESH, 0, 1));
        _call(bank.node, FRESH, bank, 0);
    }

    function test_anotherPartysDataSetIsNotContinued() public {
        vm.expectRevert(abi.encodeWithSelector(NotOwner.selector, cards, hospital.id));
        _call(hospital.node, cards, hospital, 2);
    }

    function test_onlyTheOwnerCalls() public {
        vm.expectRevert(abi.encodeWithSelector(NotAllowed.selector, hospital.wallet, bank.id));
        _call(hospital.wallet, FRESH, bank, 1);
    }

    function test_onlyAnActiveDataProvider() public {
        vm.expectRevert(abi.encodeWithSelector(MissingRole.selector, exchange.id, DATA_PROVIDER));
        _call(exchange.wallet, FRESH, exchange, 1);
        _suspend(bank);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, bank.id));
        _call(bank.wallet, FRESH, bank, 1);
    }

    function test_requiredValues() public {
        _zero("dataSet", 0, "schema", "root");
        _zero("schemaHash", FRESH, 0, "root");
        _zero("inputRoot", FRESH, "schema", 0);
    }

    function test_dataLevelsAreOneToFive() public {
        for (uint8 level = 1; level <= 5; level++) {
            vm.prank(bank.wallet);
            dataSets.register(FRESH, bank.id, level, "schema", "root", 5, level, "basis");
        }
        for (uint8 level = 0; level <= 6; level += 6) {
            vm.prank(bank.wallet);
            vm.expectRevert(abi.encodeWithSelector(OutOfRange.selector, bytes32("dataLevel"), level, 1, 5));
            dataSets.register(FRESH, bank.id, 6, "schema", "root", 5, level, "basis");
        }
    }

    function _call(address caller, bytes32 dataSet, Actor memory owner, uint32 version) private {
        vm.prank(caller);
        dataSets.register(dataSet, owner.id, version, "schema", "root", 5, 2, "basis");
    }

    function _zero(bytes32 field, bytes32 dataSet, bytes32 schemaHash, bytes32 inputRoot) private {
        vm.prank(bank.wallet);
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, field));
        dataSets.register(dataSet, bank.id, 1, schemaHash, inputRoot, 5, 2, "basis");
    }
}

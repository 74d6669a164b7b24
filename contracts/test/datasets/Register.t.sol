// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    BadSignature,
    MissingRole,
    NotOwner,
    OutOfRange,
    PartyNotActive,
    WrongVersion,
    ZeroValue
} from "../../src/Errors.sol";
import {DATA_PROVIDER, DataSetRegistration, DataSetVersion, VersionStatus} from "../../src/Types.sol";
import {IDataSets} from "../../src/interfaces/IDataSets.sol";
import {Actor, Fixture} from "../support/Fixture.sol";
import {RegistrationHashing} from "../support/RegistrationHashing.sol";
import {vm} from "../support/Vm.sol";
import {OwnedWallet} from "../support/Wallets.sol";

contract RegisterTest is Fixture {
    using RegistrationHashing for DataSetRegistration;

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
        _call(bank.wallet, cards, bank, 2);
        eq("latest", dataSets.latest(cards), 2);
        eq("old root", dataSets.get(cards, 1).inputRoot, _root(cards));
        eq("new root", dataSets.get(cards, 2).inputRoot, "root");
    }

    function test_anyoneRelays() public {
        DataSetRegistration memory r = _of(FRESH, bank, 1);
        dataSets.register(r, _sign(bank.walletKey, _digest(address(dataSets), r.hash())));
        eq("owner", dataSets.get(FRESH, 1).owner, bank.id);
    }

    function test_anOrganisationsWalletRegisters() public {
        _changeWallet(bank, address(new OwnedWallet(bank.wallet)));
        DataSetRegistration memory r = _of(FRESH, bank, 1);
        dataSets.register(r, _sign(bank.walletKey, _digest(address(dataSets), r.hash())));
        eq("owner", dataSets.get(FRESH, 1).owner, bank.id);
    }

    function test_noVersionIsSkippedOrWrittenTwice() public {
        vm.expectRevert(abi.encodeWithSelector(WrongVersion.selector, cards, 1, 2));
        _call(bank.wallet, cards, bank, 1);
        vm.expectRevert(abi.encodeWithSelector(WrongVersion.selector, cards, 3, 2));
        _call(bank.wallet, cards, bank, 3);
        vm.expectRevert(abi.encodeWithSelector(WrongVersion.selector, FRESH, 0, 1));
        _call(bank.wallet, FRESH, bank, 0);
    }

    /// @dev The same registration again, or the signature under another version.
    function test_attack_replayOfARegistration() public {
        DataSetRegistration memory r = _of(FRESH, bank, 1);
        bytes memory signature = _sign(bank.walletKey, _digest(address(dataSets), r.hash()));
        dataSets.register(r, signature);
        vm.expectRevert(abi.encodeWithSelector(WrongVersion.selector, FRESH, 1, 2));
        dataSets.register(r, signature);
        r.version = 2;
        vm.expectRevert(
            abi.encodeWithSelector(BadSignature.selector, bank.wallet, _digest(address(dataSets), r.hash()))
        );
        dataSets.register(r, signature);
    }

    function test_anotherPartysDataSetIsNotContinued() public {
        vm.expectRevert(abi.encodeWithSelector(NotOwner.selector, cards, hospital.id));
        _call(hospital.wallet, cards, hospital, 2);
    }

    /// @dev A stolen node signer registers nothing, as caller or by signature; nor does another party's wallet.
    function test_attack_aStolenNodeSignerRegisters() public {
        DataSetRegistration memory r = _of(FRESH, bank, 1);
        bytes32 digest = _digest(address(dataSets), r.hash());
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, digest));
        _call(bank.node, FRESH, bank, 1);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, digest));
        dataSets.register(r, _sign(bank.nodeKey, digest));
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, digest));
        _call(hospital.wallet, FRESH, bank, 1);
        eq("latest", dataSets.latest(FRESH), 0);
    }

    function test_onlyAnActiveDataProvider() public {
        vm.expectRevert(abi.encodeWithSelector(MissingRole.selector, exchange.id, DATA_PROVIDER));
        _call(exchange.wallet, FRESH, exchange, 1);
        _suspend(bank);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, bank.id));
        _call(bank.wallet, FRESH, bank, 1);
    }

    function test_requiredValues() public {
        DataSetRegistration memory r = _of(0, bank, 1);
        _refused(r, abi.encodeWithSelector(ZeroValue.selector, bytes32("dataSet")));
        r = _of(FRESH, bank, 1);
        r.schemaHash = 0;
        _refused(r, abi.encodeWithSelector(ZeroValue.selector, bytes32("schemaHash")));
        r = _of(FRESH, bank, 1);
        r.inputRoot = 0;
        _refused(r, abi.encodeWithSelector(ZeroValue.selector, bytes32("inputRoot")));
    }

    function test_dataLevelsAreOneToFive() public {
        for (uint8 level = 1; level <= 5; level++) {
            DataSetRegistration memory r = _of(FRESH, bank, level);
            r.dataLevel = level;
            vm.prank(bank.wallet);
            dataSets.register(r, "");
        }
        for (uint8 level = 0; level <= 6; level += 6) {
            DataSetRegistration memory r = _of(FRESH, bank, 6);
            r.dataLevel = level;
            _refused(r, abi.encodeWithSelector(OutOfRange.selector, bytes32("dataLevel"), level, 1, 5));
        }
    }

    function _of(bytes32 dataSet, Actor memory owner, uint32 version)
        private
        pure
        returns (DataSetRegistration memory)
    {
        return DataSetRegistration(dataSet, owner.id, version, "schema", "root", 5, 2, "basis");
    }

    function _call(address caller, bytes32 dataSet, Actor memory owner, uint32 version) private {
        vm.prank(caller);
        dataSets.register(_of(dataSet, owner, version), "");
    }

    function _refused(DataSetRegistration memory r, bytes memory why) private {
        vm.prank(bank.wallet);
        vm.expectRevert(why);
        dataSets.register(r, "");
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {NotAllowed, UnknownVersion, VersionRetired} from "../../src/Errors.sol";
import {VersionStatus} from "../../src/Types.sol";
import {IDataSets} from "../../src/interfaces/IDataSets.sol";
import {Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";

contract RetireDataSetTest is Fixture {
    function test_retireStopsOneVersion() public {
        _register(bank, cards);
        vm.expectEmit(address(dataSets));
        emit IDataSets.DataSetRetired(cards, 1);
        _retire(bank.node, 1);
        eq("first", uint8(dataSets.get(cards, 1).status), uint8(VersionStatus.Retired));
        eq("second", uint8(dataSets.get(cards, 2).status), uint8(VersionStatus.Active));
    }

    function test_aSuspendedOwnerMayRetire() public {
        _suspend(bank);
        _retire(bank.wallet, 1);
        eq("status", uint8(dataSets.get(cards, 1).status), uint8(VersionStatus.Retired));
    }

    function test_refusals() public {
        vm.expectRevert(abi.encodeWithSelector(NotAllowed.selector, hospital.wallet, bank.id));
        _retire(hospital.wallet, 1);
        vm.expectRevert(abi.encodeWithSelector(UnknownVersion.selector, cards, 2));
        _retire(bank.wallet, 2);
        _retire(bank.wallet, 1);
        vm.expectRevert(abi.encodeWithSelector(VersionRetired.selector, cards, 1));
        _retire(bank.wallet, 1);
    }

    function _retire(address caller, uint32 version) private {
        vm.prank(caller);
        dataSets.retire(cards, version);
    }
}

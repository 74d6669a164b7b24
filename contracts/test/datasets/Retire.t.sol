// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BadSignature, UnknownVersion, VersionRetired} from "../../src/Errors.sol";
import {VersionStatus} from "../../src/Types.sol";
import {IDataSets} from "../../src/interfaces/IDataSets.sol";
import {Fixture} from "../support/Fixture.sol";
import {RegistrationHashing} from "../support/RegistrationHashing.sol";
import {vm} from "../support/Vm.sol";

contract RetireDataSetTest is Fixture {
    function test_retireStopsOneVersion() public {
        _register(bank, cards);
        vm.expectEmit(address(dataSets));
        emit IDataSets.DataSetRetired(cards, 1);
        _retire(bank.wallet, 1);
        eq("first", uint8(dataSets.get(cards, 1).status), uint8(VersionStatus.Retired));
        eq("second", uint8(dataSets.get(cards, 2).status), uint8(VersionStatus.Active));
    }

    function test_anyoneRelays() public {
        dataSets.retire(cards, 1, _sign(bank.walletKey, _retirement(1)));
        eq("status", uint8(dataSets.get(cards, 1).status), uint8(VersionStatus.Retired));
    }

    function test_aSuspendedOwnerMayRetire() public {
        _suspend(bank);
        _retire(bank.wallet, 1);
        eq("status", uint8(dataSets.get(cards, 1).status), uint8(VersionStatus.Retired));
    }

    /// @dev Retiring is for ever: a stolen node signer must not have it, as caller or by signature.
    function test_attack_aStolenNodeSignerRetires() public {
        bytes memory refusal = abi.encodeWithSelector(BadSignature.selector, bank.wallet, _retirement(1));
        vm.expectRevert(refusal);
        _retire(bank.node, 1);
        bytes memory signature = _sign(bank.nodeKey, _retirement(1));
        vm.expectRevert(refusal);
        dataSets.retire(cards, 1, signature);
        vm.expectRevert(refusal);
        _retire(hospital.wallet, 1);
    }

    /// @dev Words for one version end that version only.
    function test_attack_replayOnAnotherVersion() public {
        _register(bank, cards);
        bytes memory signature = _sign(bank.walletKey, _retirement(1));
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, _retirement(2)));
        dataSets.retire(cards, 2, signature);
    }

    function test_refusals() public {
        vm.expectRevert(abi.encodeWithSelector(UnknownVersion.selector, cards, 2));
        _retire(bank.wallet, 2);
        _retire(bank.wallet, 1);
        vm.expectRevert(abi.encodeWithSelector(VersionRetired.selector, cards, 1));
        _retire(bank.wallet, 1);
    }

    function _retire(address caller, uint32 version) private {
        vm.prank(caller);
        dataSets.retire(cards, version, "");
    }

    function _retirement(uint32 version) private view returns (bytes32) {
        return _digest(address(dataSets), RegistrationHashing.dataSetRetirement(cards, version));
    }
}

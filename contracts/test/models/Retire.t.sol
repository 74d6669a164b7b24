// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    BadLength,
    BadSignature,
    RetiredLicence,
    RetiredModel,
    UnknownLicence,
    UnknownModel
} from "../../src/Errors.sol";
import {LicenceGrant, LicenceKind, VersionStatus} from "../../src/Types.sol";
import {IModels} from "../../src/interfaces/IModels.sol";
import {LicensingFixture} from "../support/LicensingFixture.sol";
import {RegistrationHashing} from "../support/RegistrationHashing.sol";
import {vm} from "../support/Vm.sol";

/// @dev Ending a model or a licence.
contract RetireModelTest is LicensingFixture {
    using RegistrationHashing for LicenceGrant;

    function setUp() public override {
        super.setUp();
        _registered();
        _grant(_terms(LicenceKind.Ordinary));
    }

    function test_aRetiredModelIsUsedByNobody() public {
        bytes[] memory signatures = _byOwners(RegistrationHashing.modelRetirement(MODEL));
        vm.expectEmit(address(models));
        emit IModels.ModelRetired(MODEL);
        models.retire(MODEL, signatures);
        eq("status", uint8(models.get(MODEL).status), uint8(VersionStatus.Retired));
        bytes memory refusal = abi.encodeWithSelector(RetiredModel.selector, MODEL);
        vm.expectRevert(refusal);
        models.retire(MODEL, signatures);
        _usesAreRefused(refusal);
        LicenceGrant memory g = _terms(LicenceKind.Ordinary, OTHER, NOW, NOW);
        signatures = _byOwners(g.hash());
        vm.expectRevert(refusal);
        models.grant(g, signatures);
    }

    function test_suspendedOwnersMayEndBoth() public {
        _suspend(hospital);
        _retireLicence(LICENCE);
        _retireModel();
        eq("licence", uint8(models.licenceOf(MODEL, LICENCE).status), uint8(VersionStatus.Retired));
        eq("model", uint8(models.get(MODEL).status), uint8(VersionStatus.Retired));
    }

    /// @dev One owner alone ends nothing, nor does the licensee end the model.
    function test_attack_oneOwnerEndsWhatAllOwn() public {
        bytes32 digest = _digest(address(models), RegistrationHashing.modelRetirement(MODEL));
        bytes[] memory one = new bytes[](1);
        vm.prank(bank.wallet);
        vm.expectRevert(abi.encodeWithSelector(BadLength.selector, bytes32("signatures"), 1, 2, 2));
        models.retire(MODEL, one);
        bytes[] memory two = new bytes[](2);
        vm.prank(bank.wallet);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, hospital.wallet, digest));
        models.retire(MODEL, two);
        digest = _digest(address(models), RegistrationHashing.licenceRetirement(MODEL, LICENCE));
        vm.prank(laboratory.wallet);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, digest));
        models.retireLicence(MODEL, LICENCE, two);
        // What was signed to end the licence does not end the model.
        two = _byOwners(RegistrationHashing.licenceRetirement(MODEL, LICENCE));
        digest = _digest(address(models), RegistrationHashing.modelRetirement(MODEL));
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, digest));
        models.retire(MODEL, two);
    }

    function test_theOwnersEndALicence() public {
        bytes[] memory signatures = _byOwners(RegistrationHashing.licenceRetirement(MODEL, LICENCE));
        vm.expectEmit(address(models));
        emit IModels.LicenceRetired(MODEL, LICENCE, false);
        models.retireLicence(MODEL, LICENCE, signatures);
        eq("standing", models.standing(MODEL).length, 0);
        bytes memory refusal = abi.encodeWithSelector(RetiredLicence.selector, MODEL, LICENCE);
        vm.expectRevert(refusal);
        _use(laboratory, LICENCE, 1);
        vm.expectRevert(refusal);
        models.retireLicence(MODEL, LICENCE, signatures);
        _useAsOwner(bank);
    }

    function test_theLicenseeGivesUp() public {
        _grant(_terms(LicenceKind.Ordinary, OTHER, NOW, NOW + 1 days));
        bytes32 digest = _digest(address(models), RegistrationHashing.licenceRetirement(MODEL, LICENCE));
        _suspend(laboratory);
        vm.expectEmit(address(models));
        emit IModels.LicenceRetired(MODEL, LICENCE, true);
        models.giveUpLicence(MODEL, LICENCE, _sign(laboratory.walletKey, digest));
        // The other one stands.
        eq("standing", keccak256(abi.encode(models.standing(MODEL))), keccak256(abi.encode(_list(OTHER))));
        vm.prank(laboratory.wallet);
        models.giveUpLicence(MODEL, OTHER, "");
        vm.expectRevert(abi.encodeWithSelector(RetiredLicence.selector, MODEL, OTHER));
        models.giveUpLicence(MODEL, OTHER, "");
    }

    function test_attack_anotherGivesUp() public {
        bytes32 digest = _digest(address(models), RegistrationHashing.licenceRetirement(MODEL, LICENCE));
        bytes memory refusal = abi.encodeWithSelector(BadSignature.selector, laboratory.wallet, digest);
        vm.prank(bank.wallet);
        vm.expectRevert(refusal);
        models.giveUpLicence(MODEL, LICENCE, "");
        vm.prank(laboratory.node);
        vm.expectRevert(refusal);
        models.giveUpLicence(MODEL, LICENCE, "");
    }

    /// @dev One that is over has left the list already, and can still be ended for the record.
    function test_endingWhatIsOver() public {
        _grant(_terms(LicenceKind.Ordinary, OTHER, NOW, NOW));
        vm.warp(NOW + 1);
        _grant(_terms(LicenceKind.Ordinary, "third", NOW, NOW + 1 days));
        _retireLicence(OTHER);
        eq("standing", models.standing(MODEL).length, 2);
    }

    function test_unknownOnes() public {
        bytes[] memory signatures = new bytes[](2);
        vm.expectRevert(abi.encodeWithSelector(UnknownModel.selector, bytes32("unknown")));
        models.retire("unknown", signatures);
        vm.expectRevert(abi.encodeWithSelector(UnknownLicence.selector, MODEL, OTHER));
        models.retireLicence(MODEL, OTHER, signatures);
        vm.expectRevert(abi.encodeWithSelector(UnknownLicence.selector, MODEL, OTHER));
        models.giveUpLicence(MODEL, OTHER, "");
    }

    function _usesAreRefused(bytes memory refusal) private {
        vm.expectRevert(refusal);
        _use(laboratory, LICENCE, 1);
        vm.expectRevert(refusal);
        _useAsOwner(bank);
    }
}

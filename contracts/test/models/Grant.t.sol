// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    BadLength,
    BadSignature,
    LicenceConflict,
    LicenceExists,
    LicenceNoLongerValid,
    OutOfRange,
    PartyNotActive,
    TooManyLicences,
    UnknownKind,
    UnknownModel,
    UnknownParty,
    ZeroValue
} from "../../src/Errors.sol";
import {LicenceGrant, LicenceKind, LicenceRecord, NOBODY, VersionStatus} from "../../src/Types.sol";
import {IModels} from "../../src/interfaces/IModels.sol";
import {LicensingFixture} from "../support/LicensingFixture.sol";
import {RegistrationHashing} from "../support/RegistrationHashing.sol";
import {vm} from "../support/Vm.sol";

contract GrantTest is LicensingFixture {
    using RegistrationHashing for LicenceGrant;

    function setUp() public override {
        super.setUp();
        _registered();
    }

    function test_grantRecordsAndEmitsEverything() public {
        LicenceGrant memory g = _terms(LicenceKind.Sole);
        bytes[] memory signatures = _byOwners(g.hash());
        vm.expectEmit(address(models));
        emit IModels.LicenceGranted(MODEL, LICENCE, laboratory.id, LicenceKind.Sole, 10, NOW, NOW + 1 days);
        models.grant(g, signatures);
        LicenceRecord memory r = models.licenceOf(MODEL, LICENCE);
        eq("licensee", r.licensee, laboratory.id);
        eq("kind", uint8(r.kind), uint8(LicenceKind.Sole));
        eq("status", uint8(r.status), uint8(VersionStatus.Active));
        eq("uses", r.maxUses, 10);
        eq("left", r.usesLeft, 10);
        eq("from", r.notBefore, NOW);
        eq("to", r.notAfter, NOW + 1 days);
        eq("standing", keccak256(abi.encode(models.standing(MODEL))), keccak256(abi.encode(_list(LICENCE))));
    }

    /// @dev One owner alone, the same one twice, or all but one: nothing is granted.
    function test_attack_aGrantWithoutAllOwners() public {
        LicenceGrant memory g = _terms(LicenceKind.Ordinary);
        bytes32 digest = _digest(address(models), g.hash());
        bytes[] memory one = new bytes[](1);
        one[0] = _sign(bank.walletKey, digest);
        vm.expectRevert(abi.encodeWithSelector(BadLength.selector, bytes32("signatures"), 1, 2, 2));
        models.grant(g, one);
        bytes[] memory twice = new bytes[](2);
        (twice[0], twice[1]) = (one[0], one[0]);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, hospital.wallet, digest));
        models.grant(g, twice);
        twice[1] = _sign(hospital.nodeKey, digest);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, hospital.wallet, digest));
        models.grant(g, twice);
        twice[1] = "";
        vm.prank(laboratory.wallet);
        vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, hospital.wallet, digest));
        models.grant(g, twice);
    }

    function test_attack_termsAreChangedOnTheWay() public {
        bytes[] memory signatures = _byOwners(_terms(LicenceKind.Ordinary).hash());
        for (uint256 field = 0; field < 6; field++) {
            LicenceGrant memory g = _terms(LicenceKind.Ordinary);
            if (field == 0) g.licence = OTHER;
            if (field == 1) g.kind = _word(LicenceKind.Exclusive);
            if (field == 2) g.licensee = clinic.id;
            if (field == 3) g.maxUses = 11;
            if (field == 4) g.notBefore = NOW - 1;
            if (field == 5) g.notAfter = NOW + 2 days;
            bytes32 digest = _digest(address(models), g.hash());
            vm.expectRevert(abi.encodeWithSelector(BadSignature.selector, bank.wallet, digest));
            models.grant(g, signatures);
        }
    }

    /// @dev A licence is granted once, also after it was retired: its uses do not come back.
    function test_attack_replayOfAGrant() public {
        LicenceGrant memory g = _terms(LicenceKind.Ordinary);
        _grant(g);
        _refused(g, abi.encodeWithSelector(LicenceExists.selector, MODEL, LICENCE));
        _retireLicence(LICENCE);
        _refused(g, abi.encodeWithSelector(LicenceExists.selector, MODEL, LICENCE));
    }

    /// @dev Beside every kind, every kind: only ordinary ones overlap.
    function test_conflicts() public {
        for (uint8 first = 1; first <= 3; first++) {
            for (uint8 second = 1; second <= 3; second++) {
                bytes32 one = keccak256(abi.encode(first, second, "one"));
                bytes32 other = keccak256(abi.encode(first, second, "other"));
                _grant(_terms(LicenceKind(first), one, NOW, NOW + 10));
                LicenceGrant memory g = _terms(LicenceKind(second), other, NOW + 10, NOW + 20);
                if (first == 3 && second == 3) {
                    _grant(g);
                    _retireLicence(other);
                } else {
                    _refused(g, abi.encodeWithSelector(LicenceConflict.selector, MODEL, other, one));
                }
                _retireLicence(one);
            }
        }
    }

    /// @dev Both ends belong to the window, so neighbours share no second.
    function test_neighboursDoNotOverlap() public {
        _grant(_terms(LicenceKind.Exclusive, "first", NOW + 10, NOW + 20));
        _grant(_terms(LicenceKind.Exclusive, "before", NOW, NOW + 9));
        _grant(_terms(LicenceKind.Exclusive, "after", NOW + 21, NOW + 30));
        LicenceGrant memory g = _terms(LicenceKind.Ordinary, "around", NOW + 20, NOW + 20);
        _refused(g, abi.encodeWithSelector(LicenceConflict.selector, MODEL, bytes32("around"), bytes32("first")));
    }

    /// @dev An exclusive licence keeps its window when its uses are gone: that was promised.
    function test_aUsedUpLicenceStillStands() public {
        _grant(_terms(LicenceKind.Exclusive));
        _use(laboratory, LICENCE, 10);
        LicenceGrant memory g = _terms(LicenceKind.Ordinary, OTHER, NOW, NOW + 1 days);
        _refused(g, abi.encodeWithSelector(LicenceConflict.selector, MODEL, OTHER, LICENCE));
    }

    /// @dev What is over or retired stands in nobody's way and takes no room.
    function test_whatIsOverMakesRoom() public {
        _grant(_terms(LicenceKind.Exclusive, "first", NOW, NOW + 10));
        _grant(_terms(LicenceKind.Exclusive, "second", NOW + 11, NOW + 20));
        vm.warp(NOW + 11);
        _retireLicence("second");
        eq("standing", models.standing(MODEL).length, 1);
        _grant(_terms(LicenceKind.Exclusive, "third", NOW, NOW + 30));
        eq("standing", keccak256(abi.encode(models.standing(MODEL))), keccak256(abi.encode(_list("third"))));
    }

    function test_boundedWhatStands() public {
        for (uint256 i = 0; i < 64; i++) {
            _grant(_terms(LicenceKind.Ordinary, bytes32(i + 1), NOW, NOW + 10));
        }
        LicenceGrant memory g = _terms(LicenceKind.Ordinary, "one more", NOW, NOW + 30);
        _refused(g, abi.encodeWithSelector(TooManyLicences.selector, MODEL, 64));
        vm.warp(NOW + 11);
        _grant(g);
        eq("standing", models.standing(MODEL).length, 1);
    }

    function test_terms() public {
        LicenceGrant memory g = _terms(LicenceKind.None);
        _refused(g, abi.encodeWithSelector(UnknownKind.selector, keccak256("")));
        g = _terms(LicenceKind.Ordinary);
        g.maxUses = 0;
        _refused(g, abi.encodeWithSelector(ZeroValue.selector, bytes32("maxUses")));
        g = _terms(LicenceKind.Ordinary, 0, NOW, NOW);
        _refused(g, abi.encodeWithSelector(ZeroValue.selector, bytes32("licence")));
        // The owners' own word for their use is no licence.
        g = _terms(LicenceKind.Ordinary, NOBODY, NOW, NOW);
        _refused(g, abi.encodeWithSelector(ZeroValue.selector, bytes32("licence")));
        g = _terms(LicenceKind.Ordinary, LICENCE, NOW + 1, NOW);
        _refused(g, abi.encodeWithSelector(OutOfRange.selector, bytes32("notBefore"), NOW + 1, 0, NOW));
        g = _terms(LicenceKind.Ordinary, LICENCE, 0, NOW - 1);
        _refused(g, abi.encodeWithSelector(LicenceNoLongerValid.selector, MODEL, LICENCE, NOW - 1, NOW));
        g = _terms(LicenceKind.Ordinary);
        g.licensee = stranger.id;
        _refused(g, abi.encodeWithSelector(UnknownParty.selector, stranger.id));
        g = _terms(LicenceKind.Ordinary);
        g.model = "unknown";
        _refused(g, abi.encodeWithSelector(UnknownModel.selector, bytes32("unknown")));
        _grant(_terms(LicenceKind.Ordinary, LICENCE, 0, NOW));
    }

    function test_onlyActiveParties() public {
        LicenceGrant memory g = _terms(LicenceKind.Ordinary);
        _suspend(laboratory);
        _refused(g, abi.encodeWithSelector(PartyNotActive.selector, laboratory.id));
        _reinstate(laboratory);
        _suspend(hospital);
        _refused(g, abi.encodeWithSelector(PartyNotActive.selector, hospital.id));
    }

    /// @dev Any two windows: refused exactly when they share a second that is yet to come.
    function testFuzz_exclusiveWindowsNeverOverlap(uint8 from, uint8 length, uint8 otherFrom, uint8 otherLength)
        public
    {
        LicenceGrant memory one = _terms(LicenceKind.Exclusive, LICENCE, NOW + from, NOW + from + length);
        LicenceGrant memory other = _terms(LicenceKind.Exclusive, OTHER, NOW + otherFrom, NOW + otherFrom + otherLength);
        _grant(one);
        bool shared = false;
        for (uint256 t = one.notBefore; t <= one.notAfter; t++) {
            if (t >= other.notBefore && t <= other.notAfter) shared = true;
        }
        if (shared) _refused(other, abi.encodeWithSelector(LicenceConflict.selector, MODEL, OTHER, LICENCE));
        else _grant(other);
    }

    function _refused(LicenceGrant memory g, bytes memory why) private {
        bytes[] memory signatures = _byOwners(g.hash());
        vm.expectRevert(why);
        models.grant(g, signatures);
    }
}

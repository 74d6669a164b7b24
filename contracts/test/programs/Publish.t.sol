// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    MissingRole,
    NotAllowed,
    OutOfRange,
    PartyNotActive,
    ReleaseExists,
    UnknownRelease,
    WrongKind,
    ZeroValue
} from "../../src/Errors.sol";
import {Programs} from "../../src/Programs.sol";
import {ALGORITHM_PROVIDER, CommitteeKind, Release, ReleaseKind, VersionStatus} from "../../src/Types.sol";
import {IPrograms} from "../../src/interfaces/IPrograms.sol";
import {Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";

contract PublishTest is Fixture {
    bytes32 private constant FRESH = "fresh";

    function test_anAlgorithmProviderPublishes() public {
        vm.expectEmit(address(programs));
        emit IPrograms.ProgramPublished(FRESH, developer.id, "code", CommitteeKind.Three, 5, 2, 3, 7, 9, 5);
        _call(developer.wallet, FRESH, "code", 5, 2, 3, 7);
        Release memory p = programs.get(FRESH);
        eq("publisher", p.publisher, developer.id);
        eq("code", p.codeDigest, "code");
        eq("kind", uint8(p.kind), uint8(ReleaseKind.Program));
        eq("committee", uint8(p.committee), uint8(CommitteeKind.Three));
        eq("serial", p.serial, 5);
        eq("level", p.protectionLevel, 5);
        eq("model", p.securityModel, 2);
        eq("min", p.minParties, 3);
        eq("max", p.maxParties, 7);
        eq("output", p.outputKind, 9);
        eq("approvals", p.approvals, 0);
        eq("status", uint8(p.status), uint8(VersionStatus.Active));
        no("approved", programs.isApproved(FRESH));
    }

    function test_thePublisherRolePublishesWithoutAParty() public {
        _call(admin, FRESH, "code", 4, 1, 3, 3);
        eq("publisher", programs.get(FRESH).publisher, 0);
    }

    function test_othersDoNotPublish() public {
        vm.expectRevert(abi.encodeWithSelector(NotAllowed.selector, stranger.wallet, bytes32(0)));
        _call(stranger.wallet, FRESH, "code", 4, 1, 3, 3);
        vm.expectRevert(abi.encodeWithSelector(NotAllowed.selector, developer.node, bytes32(0)));
        _call(developer.node, FRESH, "code", 4, 1, 3, 3);
        vm.expectRevert(abi.encodeWithSelector(MissingRole.selector, bank.id, ALGORITHM_PROVIDER));
        _call(bank.wallet, FRESH, "code", 4, 1, 3, 3);
        _suspend(developer);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, developer.id));
        _call(developer.wallet, FRESH, "code", 4, 1, 3, 3);
    }

    function test_whatIsPublishedNeverChanges() public {
        vm.expectRevert(abi.encodeWithSelector(ReleaseExists.selector, GLM));
        _call(developer.wallet, GLM, "other code", 4, 1, 3, 3);
        vm.prank(developer.wallet);
        programs.retire(GLM);
        vm.expectRevert(abi.encodeWithSelector(ReleaseExists.selector, GLM));
        _call(developer.wallet, GLM, "other code", 4, 1, 3, 3);
    }

    function test_ranges() public {
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("release")));
        _call(developer.wallet, 0, "code", 4, 1, 3, 3);
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("codeDigest")));
        _call(developer.wallet, FRESH, 0, 4, 1, 3, 3);
        _outOfRange("securityModel", 0, 1, 2, 4, 0, 3, 3);
        _outOfRange("securityModel", 3, 1, 2, 4, 3, 3, 3);
        _outOfRange("protectionLevel", 0, 1, 4, 0, 1, 3, 3);
        _outOfRange("protectionLevel", 6, 1, 5, 6, 2, 3, 3);
        _outOfRange("maxParties", 33, 1, 32, 4, 1, 3, 33);
        _outOfRange("minParties", 2, 3, 3, 4, 1, 2, 3);
        _outOfRange("minParties", 4, 3, 3, 4, 1, 4, 3);
    }

    function test_everyKindOfCommitteeHasItsFewest() public {
        CommitteeKind[3] memory kinds = [CommitteeKind.Three, CommitteeKind.Owners, CommitteeKind.None];
        uint8[3] memory fewest = [3, 2, 1];
        for (uint256 i = 0; i < 3; i++) {
            vm.startPrank(developer.wallet);
            vm.expectRevert(
                abi.encodeWithSelector(OutOfRange.selector, bytes32("minParties"), fewest[i] - 1, fewest[i], 3)
            );
            programs.publish(FRESH, "code", kinds[i], 4, 1, fewest[i] - 1, 3, 9);
            programs.publish(bytes32(i + 1), "code", kinds[i], 4, 1, fewest[i], 3, 9);
            vm.stopPrank();
            eq("kind", uint8(programs.get(bytes32(i + 1)).committee), uint8(kinds[i]));
        }
    }

    function test_engines() public {
        vm.expectEmit(address(programs));
        emit IPrograms.EnginePublished(FRESH, developer.id, "code", 5);
        vm.prank(developer.wallet);
        programs.publishEngine(FRESH, "code");
        Release memory e = programs.get(FRESH);
        eq("kind", uint8(e.kind), uint8(ReleaseKind.Engine));
        eq("publisher", e.publisher, developer.id);
        eq("code", e.codeDigest, "code");
        eq("status", uint8(e.status), uint8(VersionStatus.Active));
        vm.prank(stranger.wallet);
        vm.expectRevert(abi.encodeWithSelector(NotAllowed.selector, stranger.wallet, bytes32(0)));
        programs.publishEngine("other", "code");
        vm.prank(developer.wallet);
        vm.expectRevert(abi.encodeWithSelector(ReleaseExists.selector, GLM));
        programs.publishEngine(GLM, "code");
    }

    /// @dev What an authorization names: the programs' own code, in its order.
    function test_digestOfPrograms() public {
        _call(developer.wallet, FRESH, "code", 4, 1, 3, 3);
        eq("both", programs.digestOf(_list(GLM, FRESH)), keccak256(abi.encodePacked(CODE, bytes32("code"))));
        eq("order", programs.digestOf(_list(FRESH, GLM)), keccak256(abi.encodePacked(bytes32("code"), CODE)));
        vm.expectRevert(abi.encodeWithSelector(UnknownRelease.selector, bytes32("nowhere")));
        programs.digestOf(_list(GLM, "nowhere"));
        vm.expectRevert(abi.encodeWithSelector(WrongKind.selector, ENGINE, ReleaseKind.Engine));
        programs.digestOf(_list(ENGINE));
    }

    function test_levelFiveNeedsMaliciousSecurity() public {
        _outOfRange("protectionLevel", 5, 1, 4, 5, 1, 3, 3);
        _call(developer.wallet, FRESH, "code", 5, 2, 3, 32);
    }

    function test_aCatalogueNeedsAnAdminAndAtLeastOneApproval() public {
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("admin")));
        new Programs(registry, address(0), 1);
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("requiredApprovals")));
        new Programs(registry, admin, 0);
    }

    function _call(address caller, bytes32 program, bytes32 code, uint8 level, uint8 model, uint8 min, uint8 max)
        private
    {
        vm.prank(caller);
        programs.publish(program, code, CommitteeKind.Three, level, model, min, max, 9);
    }

    function _outOfRange(
        bytes32 field,
        uint256 value,
        uint256 low,
        uint256 high,
        uint8 level,
        uint8 model,
        uint8 min,
        uint8 max
    ) private {
        vm.prank(developer.wallet);
        vm.expectRevert(abi.encodeWithSelector(OutOfRange.selector, field, value, low, high));
        programs.publish(FRESH, "code", CommitteeKind.Three, level, model, min, max, 9);
    }
}

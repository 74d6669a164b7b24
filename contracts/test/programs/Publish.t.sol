// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MissingRole, NotAllowed, OutOfRange, PartyNotActive, ProgramExists, ZeroValue} from "../../src/Errors.sol";
import {Programs} from "../../src/Programs.sol";
import {ALGORITHM_PROVIDER, Program, VersionStatus} from "../../src/Types.sol";
import {IPrograms} from "../../src/interfaces/IPrograms.sol";
import {Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";

contract PublishTest is Fixture {
    bytes32 private constant FRESH = "fresh";

    function test_anAlgorithmProviderPublishes() public {
        vm.expectEmit(address(programs));
        emit IPrograms.ProgramPublished(FRESH, developer.id, "code", 5, 2, 3, 7, 9);
        _call(developer.wallet, FRESH, "code", 5, 2, 3, 7);
        Program memory p = programs.get(FRESH);
        eq("publisher", p.publisher, developer.id);
        eq("code", p.codeDigest, "code");
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
        vm.expectRevert(abi.encodeWithSelector(ProgramExists.selector, GLM));
        _call(developer.wallet, GLM, "other code", 4, 1, 3, 3);
        vm.prank(developer.wallet);
        programs.retire(GLM);
        vm.expectRevert(abi.encodeWithSelector(ProgramExists.selector, GLM));
        _call(developer.wallet, GLM, "other code", 4, 1, 3, 3);
    }

    function test_ranges() public {
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("program")));
        _call(developer.wallet, 0, "code", 4, 1, 3, 3);
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("codeDigest")));
        _call(developer.wallet, FRESH, 0, 4, 1, 3, 3);
        _outOfRange("securityModel", 0, 1, 2, 4, 0, 3, 3);
        _outOfRange("securityModel", 3, 1, 2, 4, 3, 3, 3);
        _outOfRange("protectionLevel", 0, 1, 4, 0, 1, 3, 3);
        _outOfRange("protectionLevel", 6, 1, 5, 6, 2, 3, 3);
        _outOfRange("maxParties", 33, 2, 32, 4, 1, 3, 33);
        _outOfRange("minParties", 1, 2, 3, 4, 1, 1, 3);
        _outOfRange("minParties", 4, 2, 3, 4, 1, 4, 3);
    }

    function test_levelFiveNeedsMaliciousSecurity() public {
        _outOfRange("protectionLevel", 5, 1, 4, 5, 1, 3, 3);
        _call(developer.wallet, FRESH, "code", 5, 2, 2, 32);
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
        programs.publish(program, code, level, model, min, max, 9);
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
        programs.publish(FRESH, "code", level, model, min, max, 9);
    }
}

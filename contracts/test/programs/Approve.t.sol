// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AlreadyApproved,
    CommitteeSize,
    LevelNotReached,
    MissingRole,
    NotAllowed,
    NotEnoughApprovals,
    OwnApproval,
    PartyNotActive,
    RetiredRelease,
    UnknownRelease,
    WrongKind
} from "../../src/Errors.sol";
import {Programs} from "../../src/Programs.sol";
import {ALGORITHM_PROVIDER, CERTIFIER, CommitteeKind, ReleaseKind} from "../../src/Types.sol";
import {IPrograms} from "../../src/interfaces/IPrograms.sol";
import {Actor, Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";

contract ApproveTest is Fixture {
    Programs private strict;
    Actor private second;

    function setUp() public override {
        super.setUp();
        second = _admit("second certifier", CERTIFIER | ALGORITHM_PROVIDER);
        strict = new Programs(registry, admin, 2);
        vm.prank(developer.wallet);
        strict.publish(GLM, CODE, CommitteeKind.Three, 4, 1, 3, 5, 1);
    }

    function test_aProgramRunsWithEnoughApprovals() public {
        vm.expectRevert(abi.encodeWithSelector(NotEnoughApprovals.selector, GLM, 0, 2));
        strict.requireRunnable(GLM, 4, 3);
        vm.expectEmit(address(strict));
        emit IPrograms.ReleaseApproved(GLM, certifier.id, 1);
        _approve(certifier.wallet, certifier, GLM);
        no("approved", strict.isApproved(GLM));
        _approve(second.wallet, second, GLM);
        yes("approved", strict.isApproved(GLM));
        eq("code", strict.requireRunnable(GLM, 4, 3), CODE);
    }

    function test_oneCertifierCountsOnce() public {
        _approve(certifier.wallet, certifier, GLM);
        vm.expectRevert(abi.encodeWithSelector(AlreadyApproved.selector, GLM, certifier.id));
        _approve(certifier.wallet, certifier, GLM);
    }

    function test_onlyAnActiveCertifiersWallet() public {
        vm.expectRevert(abi.encodeWithSelector(NotAllowed.selector, certifier.node, certifier.id));
        _approve(certifier.node, certifier, GLM);
        vm.expectRevert(abi.encodeWithSelector(MissingRole.selector, bank.id, CERTIFIER));
        _approve(bank.wallet, bank, GLM);
        _suspend(certifier);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, certifier.id));
        _approve(certifier.wallet, certifier, GLM);
    }

    /// @dev Two certifiers of one operator are one.
    function test_attack_twoApprovalsOfOneOperator() public {
        Actor memory twin = _actor("certifier under another name");
        _admit(twin, CERTIFIER, keccak256(abi.encode("certifier", "operator")));
        _approve(certifier.wallet, certifier, GLM);
        vm.expectRevert(abi.encodeWithSelector(AlreadyApproved.selector, GLM, twin.id));
        _approve(twin.wallet, twin, GLM);
    }

    /// @dev A certifier of its own, under another name.
    function test_attack_theOperatorApprovesItself() public {
        Actor memory friend = _actor("the developer's certifier");
        _admit(friend, CERTIFIER, keccak256(abi.encode("developer", "operator")));
        vm.expectRevert(abi.encodeWithSelector(OwnApproval.selector, GLM, friend.id));
        _approve(friend.wallet, friend, GLM);
    }

    function test_nobodyApprovesItsOwnProgram() public {
        vm.prank(second.wallet);
        strict.publish("own", CODE, CommitteeKind.Three, 4, 1, 3, 5, 1);
        vm.expectRevert(abi.encodeWithSelector(OwnApproval.selector, bytes32("own"), second.id));
        _approve(second.wallet, second, "own");
    }

    function test_onlyWhatIsThere() public {
        vm.expectRevert(abi.encodeWithSelector(UnknownRelease.selector, bytes32("other")));
        _approve(certifier.wallet, certifier, "other");
        vm.prank(admin);
        strict.retire(GLM);
        vm.expectRevert(abi.encodeWithSelector(RetiredRelease.selector, GLM));
        _approve(certifier.wallet, certifier, GLM);
    }

    function test_enginesAreApprovedLikewise() public {
        vm.prank(developer.wallet);
        strict.publishEngine(ENGINE, CODE);
        _approve(certifier.wallet, certifier, ENGINE);
        vm.expectRevert(abi.encodeWithSelector(NotEnoughApprovals.selector, ENGINE, 1, 2));
        strict.requireRunnableEngine(ENGINE);
        _approve(second.wallet, second, ENGINE);
        strict.requireRunnableEngine(ENGINE);
    }

    function test_aProgramIsNoEngine() public {
        vm.expectRevert(abi.encodeWithSelector(WrongKind.selector, GLM, ReleaseKind.Program));
        programs.requireRunnableEngine(GLM);
        vm.expectRevert(abi.encodeWithSelector(WrongKind.selector, ENGINE, ReleaseKind.Engine));
        programs.requireRunnable(ENGINE, 1, 3);
    }

    function test_levelAndCommitteeSizeAreTheProgramsOwn() public {
        eq("lower level", programs.requireRunnable(GLM, 3, 5), CODE);
        vm.expectRevert(abi.encodeWithSelector(LevelNotReached.selector, GLM, 4, 5));
        programs.requireRunnable(GLM, 5, 3);
        vm.expectRevert(abi.encodeWithSelector(CommitteeSize.selector, GLM, 2, 3, 5));
        programs.requireRunnable(GLM, 4, 2);
        vm.expectRevert(abi.encodeWithSelector(CommitteeSize.selector, GLM, 6, 3, 5));
        programs.requireRunnable(GLM, 4, 6);
    }

    function _approve(address caller, Actor memory by, bytes32 program) private {
        vm.prank(caller);
        strict.approve(program, by.id);
    }
}

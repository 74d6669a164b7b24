// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AlreadyApproved,
    AlreadySucceeded,
    MissingRole,
    NoSuccessor,
    NotAllowed,
    OwnApproval,
    PartyNotActive,
    RetiredRelease,
    SuccessionNotDeclared,
    UnknownRelease
} from "../../src/Errors.sol";
import {Programs} from "../../src/Programs.sol";
import {ALGORITHM_PROVIDER, CERTIFIER, CommitteeKind, MAX_SUCCESSIONS, Succession} from "../../src/Types.sol";
import {IPrograms} from "../../src/interfaces/IPrograms.sol";
import {Actor, Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

contract SucceedTest is Fixture {
    Actor private second;

    function setUp() public override {
        super.setUp();
        second = _admit("second certifier", CERTIFIER);
        for (uint256 i = 1; i <= 4; i++) {
            _publish(_version(i), CODE, 4, 1, 3, 5);
        }
    }

    // --- declaring ---

    function test_thePublisherDeclares() public {
        vm.expectEmit(address(programs));
        emit IPrograms.SuccessorDeclared(GLM, _version(1));
        _declare(GLM, _version(1));
        Succession memory s = programs.successorOf(GLM);
        eq("newer", s.newer, _version(1));
        eq("approvals", s.approvals, 0);
        no("declared is not approved", programs.isSuccessor(GLM, _version(1)));
    }

    function test_enginesSucceedEngines() public {
        _publishEngine("engine 2", "its code");
        _succeed(ENGINE, "engine 2");
        yes("succeeds", programs.isSuccessor(ENGINE, "engine 2"));
    }

    function test_onlyThePublishersWallet() public {
        address[3] memory callers = [stranger.wallet, developer.node, certifier.wallet];
        for (uint256 i = 0; i < 3; i++) {
            vm.prank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(NotAllowed.selector, callers[i], developer.id));
            programs.declareSuccessor(GLM, _version(1));
        }
        // Not even the role that may retire it.
        vm.prank(admin);
        vm.expectRevert(abi.encodeWithSelector(NotAllowed.selector, admin, developer.id));
        programs.declareSuccessor(GLM, _version(1));
        _suspend(developer);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, developer.id));
        _declare(GLM, _version(1));
    }

    function test_thePublisherRoleDeclaresItsOwn() public {
        vm.prank(admin);
        programs.publishEngine("bare 1", CODE);
        vm.prank(admin);
        programs.publishEngine("bare 2", CODE);
        bytes memory refusal = abi.encodeWithSelector(
            IAccessControl.AccessControlUnauthorizedAccount.selector, developer.wallet, programs.PUBLISHER_ROLE()
        );
        vm.expectRevert(refusal);
        _declare("bare 1", "bare 2");
        vm.prank(admin);
        programs.declareSuccessor("bare 1", "bare 2");
        eq("newer", programs.successorOf("bare 1").newer, "bare 2");
    }

    function test_attack_anotherPublishersRelease() public {
        Actor memory other = _admit("another developer", ALGORITHM_PROVIDER);
        vm.prank(other.wallet);
        programs.publish("foreign", CODE, CommitteeKind.Three, 4, 1, 3, 5, 1);
        _refusedPair(GLM, "foreign", "publisher");
    }

    function test_attack_aReleaseThatPromisesLess() public {
        _publishEngine("engine 2", "its code");
        _refusedPair(GLM, "engine 2", "kind");
        _publish("owners", CODE, CommitteeKind.Owners, 4, 1, 2, 5);
        _refusedPair(GLM, "owners", "committee");
        vm.prank(developer.wallet);
        programs.publish("output", CODE, CommitteeKind.Three, 4, 1, 3, 5, 2);
        _refusedPair(GLM, "output", "outputKind");
        _publish("level", CODE, 3, 1, 3, 5);
        _refusedPair(GLM, "level", "protectionLevel");
        _publish("strong", CODE, 4, 2, 3, 5);
        _publish("model", CODE, 4, 1, 3, 5);
        _refusedPair("strong", "model", "securityModel");
        _declare(GLM, "strong");
    }

    /// @dev No way leads back, so none is walked in a circle.
    function test_attack_downgrade() public {
        _refusedPair(_version(1), GLM, "serial");
        _refusedPair(GLM, GLM, "serial");
    }

    function test_onlyWhatIsThere() public {
        vm.expectRevert(abi.encodeWithSelector(UnknownRelease.selector, bytes32("nowhere")));
        _declare("nowhere", GLM);
        vm.expectRevert(abi.encodeWithSelector(UnknownRelease.selector, bytes32("nowhere")));
        _declare(GLM, "nowhere");
        _retire(_version(1));
        vm.expectRevert(abi.encodeWithSelector(RetiredRelease.selector, _version(1)));
        _declare(GLM, _version(1));
    }

    // --- approving ---

    function test_anApprovedSuccessionStandsForEver() public {
        _declare(GLM, _version(1));
        vm.expectEmit(address(programs));
        emit IPrograms.SuccessorApproved(GLM, _version(1), certifier.id, 1);
        _approveSuccessor(programs, GLM, _version(1), certifier);
        yes("succeeds", programs.isSuccessor(GLM, _version(1)));
        eq("approvals", programs.successorOf(GLM).approvals, 1);
        vm.expectRevert(abi.encodeWithSelector(AlreadySucceeded.selector, GLM, _version(1)));
        _declare(GLM, _version(2));
        vm.expectRevert(abi.encodeWithSelector(AlreadySucceeded.selector, GLM, _version(1)));
        _declare(GLM, _version(1));
    }

    function test_asManyApprovalsAsAReleaseNeeds() public {
        Programs strict = new Programs(registry, admin, 2);
        vm.prank(developer.wallet);
        strict.publishEngine("1", CODE);
        vm.prank(developer.wallet);
        strict.publishEngine("2", CODE);
        vm.prank(developer.wallet);
        strict.declareSuccessor("1", "2");
        _approveSuccessor(strict, "1", "2", certifier);
        no("one of two", strict.isSuccessor("1", "2"));
        _approveSuccessor(strict, "1", "2", second);
        yes("two of two", strict.isSuccessor("1", "2"));
    }

    function test_aDeclarationIsReplacedUntilItIsApproved() public {
        _declare(GLM, _version(1));
        _declare(GLM, _version(2));
        vm.expectRevert(abi.encodeWithSelector(SuccessionNotDeclared.selector, GLM, _version(1)));
        _approveSuccessor(programs, GLM, _version(1), certifier);
        _approveSuccessor(programs, GLM, _version(2), certifier);
        no("the first", programs.isSuccessor(GLM, _version(1)));
        yes("the second", programs.isSuccessor(GLM, _version(2)));
    }

    /// @dev What certifiers said of a pair stays said of it when it is declared again.
    function test_approvalsBelongToThePair() public {
        Programs strict = new Programs(registry, admin, 2);
        for (uint256 i = 1; i <= 3; i++) {
            vm.prank(developer.wallet);
            strict.publishEngine(_version(i), CODE);
        }
        bytes32[3] memory newer = [_version(2), _version(3), _version(2)];
        for (uint256 i = 0; i < 3; i++) {
            vm.prank(developer.wallet);
            strict.declareSuccessor(_version(1), newer[i]);
            if (i == 0) _approveSuccessor(strict, _version(1), newer[i], certifier);
        }
        eq("kept", strict.successorOf(_version(1)).approvals, 1);
        vm.expectRevert(abi.encodeWithSelector(AlreadyApproved.selector, _version(2), certifier.id));
        _approveSuccessor(strict, _version(1), _version(2), certifier);
        _approveSuccessor(strict, _version(1), _version(2), second);
        yes("with the other's", strict.isSuccessor(_version(1), _version(2)));
    }

    function test_onlyIndependentCertifiers() public {
        _declare(GLM, _version(1));
        vm.expectRevert(abi.encodeWithSelector(MissingRole.selector, bank.id, CERTIFIER));
        _approveSuccessor(programs, GLM, _version(1), bank);
        vm.prank(certifier.node);
        vm.expectRevert(abi.encodeWithSelector(NotAllowed.selector, certifier.node, certifier.id));
        programs.approveSuccessor(GLM, _version(1), certifier.id);
        Actor memory friend = _actor("the developer's certifier");
        _admit(friend, CERTIFIER, keccak256(abi.encode("developer", "operator")));
        vm.expectRevert(abi.encodeWithSelector(OwnApproval.selector, _version(1), friend.id));
        _approveSuccessor(programs, GLM, _version(1), friend);
        _suspend(certifier);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, certifier.id));
        _approveSuccessor(programs, GLM, _version(1), certifier);
    }

    function test_nothingIsApprovedOfARetiredRelease() public {
        _declare(GLM, _version(1));
        _retire(_version(1));
        vm.expectRevert(abi.encodeWithSelector(RetiredRelease.selector, _version(1)));
        _approveSuccessor(programs, GLM, _version(1), certifier);
        vm.expectRevert(abi.encodeWithSelector(SuccessionNotDeclared.selector, _version(2), _version(3)));
        _approveSuccessor(programs, _version(2), _version(3), certifier);
    }

    // --- the way from one to another ---

    function test_waysAreFollowedOneWay() public {
        _succeed(GLM, _version(1));
        _succeed(_version(1), _version(2));
        _succeed(_version(2), _version(3));
        yes("far", programs.isSuccessor(GLM, _version(3)));
        yes("between", programs.isSuccessor(_version(1), _version(3)));
        no("back", programs.isSuccessor(_version(3), GLM));
        no("itself", programs.isSuccessor(GLM, GLM));
        no("elsewhere", programs.isSuccessor(GLM, _version(4)));
        no("nothing", programs.isSuccessor(GLM, 0));
        no("from nothing", programs.isSuccessor(0, 0));
    }

    /// @dev A release is retired because it has a successor: its own authorizations go on to it.
    function test_aRetiredReleaseHasItsSuccessor() public {
        _succeed(GLM, _version(1));
        _retire(GLM);
        yes("succeeds", programs.isSuccessor(GLM, _version(1)));
        // And it may be given one after it was retired.
        _retire(_version(2));
        _succeed(_version(2), _version(3));
        yes("succeeds", programs.isSuccessor(_version(2), _version(3)));
    }

    /// @dev Retiring withdraws a wrong step, with all that hangs behind it, until a way around it is approved.
    function test_aRetiredReleaseEndsTheWayThroughIt() public {
        _succeed(GLM, _version(1));
        _succeed(_version(1), _version(2));
        _retire(_version(1));
        no("it", programs.isSuccessor(GLM, _version(1)));
        no("behind it", programs.isSuccessor(GLM, _version(2)));
        yes("from it", programs.isSuccessor(_version(1), _version(2)));
        _succeed(GLM, _version(2));
        yes("around it", programs.isSuccessor(GLM, _version(2)));
    }

    function test_aWayEndsAfterItsLongest() public {
        bytes32 last = GLM;
        for (uint256 i = 1; i <= MAX_SUCCESSIONS + 1; i++) {
            bytes32 next = _version(100 + i);
            _publish(next, CODE, 4, 1, 3, 5);
            _succeed(last, next);
            yes("within", programs.isSuccessor(GLM, next) == (i <= MAX_SUCCESSIONS));
            last = next;
        }
        yes("from the second on", programs.isSuccessor(_version(101), last));
    }

    /// @dev Whichever of five are retired: a way stands when everything after its start does.
    function testFuzz_retiredOnesOnTheWay(uint8 retired) public {
        bytes32[5] memory line = [GLM, _version(1), _version(2), _version(3), _version(4)];
        for (uint256 i = 0; i < 4; i++) {
            _succeed(line[i], line[i + 1]);
        }
        for (uint256 i = 0; i < 5; i++) {
            if (retired & (1 << i) != 0) _retire(line[i]);
        }
        for (uint256 i = 0; i < 5; i++) {
            bool open = true;
            for (uint256 j = i + 1; j < 5; j++) {
                open = open && retired & (1 << j) == 0;
                yes("way", programs.isSuccessor(line[i], line[j]) == open);
            }
        }
    }

    function _version(uint256 number) private pure returns (bytes32) {
        return keccak256(abi.encode("glm.logistic, version", number));
    }

    function _declare(bytes32 older, bytes32 newer) private {
        vm.prank(developer.wallet);
        programs.declareSuccessor(older, newer);
    }

    function _retire(bytes32 release) private {
        vm.prank(developer.wallet);
        programs.retire(release);
    }

    function _approveSuccessor(Programs catalogue, bytes32 older, bytes32 newer, Actor memory by) private {
        vm.prank(by.wallet);
        catalogue.approveSuccessor(older, newer, by.id);
    }

    function _refusedPair(bytes32 older, bytes32 newer, bytes32 field) private {
        vm.expectRevert(abi.encodeWithSelector(NoSuccessor.selector, older, newer, field));
        _declare(older, newer);
    }
}

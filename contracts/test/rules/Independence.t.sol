// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SameOperator, UnknownParty} from "../../src/Errors.sol";
import {
    ALGORITHM_PROVIDER,
    COMPUTE_PROVIDER,
    CommitteeKind,
    DATA_PROVIDER,
    NOBODY,
    Proposal,
    REGULATOR,
    RESULT_USER
} from "../../src/Types.sol";
import {Actor, Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";

/// @dev Who checks is run by others than those it checks. Every pair of roles is tried, for auditor and reviewer, with a
/// party of its own name and with the very same party.
contract IndependenceTest is Fixture {
    // Roles of the one that is checked, in the order of `_withChecked`.
    uint256 private constant COMMITS = 0;
    uint256 private constant OWNS = 1;
    uint256 private constant PROPOSES = 2;
    uint256 private constant PROGRAMS = 3;
    uint256 private constant ENGINES = 4;
    uint256 private constant READS = 5;
    uint256 private constant SCHEDULES = 6;
    uint256 private constant ROLES = 7;

    uint32 private constant ALL_ROLES = DATA_PROVIDER | COMPUTE_PROVIDER | ALGORITHM_PROVIDER | RESULT_USER;

    Actor private checked;
    Actor private twin;
    bytes32 private operator = keccak256("one operator");

    function setUp() public override {
        super.setUp();
        checked = _actor("checked");
        twin = _actor("checked under another name");
        _admit(checked, ALL_ROLES, operator);
        _admit(twin, REGULATOR, operator);
        _register(checked, "its data");
        vm.prank(checked.wallet);
        programs.publish("its program", CODE, CommitteeKind.Three, 4, 1, 3, 5, 1);
        vm.prank(checked.wallet);
        programs.publishEngine("its engine", CODE);
    }

    function test_attack_anAuditorOfItself() public {
        bool[ROLES] memory refused = [true, true, true, true, true, false, false];
        for (uint256 role = 0; role < ROLES; role++) {
            Proposal memory p = _withChecked(role);
            p.auditors = _list(regulator.id, twin.id);
            _is(p, twin.id, refused[role]);
            p.auditors = _list(checked.id);
            _is(p, checked.id, refused[role]);
        }
    }

    function test_attack_aReviewerOfItself() public {
        bool[ROLES] memory refused = [true, false, true, true, true, true, false];
        for (uint256 role = 0; role < ROLES; role++) {
            Proposal memory p = _withChecked(role);
            p.reviewBy = DEADLINE;
            p.reviewer = twin.id;
            _is(p, twin.id, refused[role]);
            p.reviewer = checked.id;
            _is(p, checked.id, refused[role]);
        }
    }

    /// @dev An owner that commits nothing may review, and must not where it commits.
    function test_anOwnerReviewsOnlyWhatOthersCompute() public {
        Proposal memory p = _withChecked(OWNS);
        p.reviewer = checked.id;
        p.reviewBy = DEADLINE;
        rules.check(p, NOW, MAX_LIFETIME);
        p.programs = _list(LOOKUP);
        p.computeParties = new bytes32[](0);
        _is(p, checked.id, true);
    }

    /// @dev What the publisher role published is nobody's, so nobody depends on it.
    function test_aReleaseWithoutAPublisher() public {
        vm.prank(admin);
        programs.publish("bare", CODE, CommitteeKind.Three, 4, 1, 3, 5, 1);
        Proposal memory p = _proposal();
        p.programs = _list("bare");
        p.auditors = _list(twin.id);
        rules.check(p, NOW, MAX_LIFETIME);
    }

    function test_checkersMustBeKnown() public {
        Proposal memory p = _proposal();
        p.auditors = _list(stranger.id);
        _unknown(p, stranger.id);
        p = _reviewed();
        p.reviewer = stranger.id;
        _unknown(p, stranger.id);
        // Zero is not "nobody": that is the hash of the empty name.
        p.reviewer = 0;
        _unknown(p, 0);
        eq("nobody", NOBODY, keccak256(bytes("")));
    }

    function test_nobodyChecks() public view {
        Proposal memory p = _withChecked(COMMITS);
        p.auditors = new bytes32[](0);
        rules.check(p, NOW, MAX_LIFETIME);
    }

    /// @dev The usual task, with the one that is checked in one role of it.
    function _withChecked(uint256 role) private view returns (Proposal memory p) {
        p = _proposal();
        p.auditors = new bytes32[](0);
        if (role == COMMITS) p.computeParties[1] = checked.id;
        if (role == OWNS) p.dataSets[0] = "its data";
        if (role == PROPOSES) p.proposer = checked.id;
        if (role == PROGRAMS) p.programs = _list(GLM, "its program");
        if (role == ENGINES) p.engine = "its engine";
        if (role == READS) p.resultUsers = _list(laboratory.id, checked.id);
        if (role == SCHEDULES) p.scheduler = checked.id;
    }

    function _is(Proposal memory p, bytes32 checker, bool refused) private {
        if (refused) vm.expectRevert(abi.encodeWithSelector(SameOperator.selector, checked.id, checker, operator));
        rules.check(p, NOW, MAX_LIFETIME);
    }

    function _unknown(Proposal memory p, bytes32 party) private {
        vm.expectRevert(abi.encodeWithSelector(UnknownParty.selector, party));
        rules.check(p, NOW, MAX_LIFETIME);
    }
}

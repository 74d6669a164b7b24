// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AlreadyReviewed, NotInTask, NotReleased, ReviewNotOver, ReviewOver, WrongState} from "../../src/Errors.sol";
import {NOBODY, Review, TaskState} from "../../src/Types.sol";
import {ITasks} from "../../src/interfaces/ITasks.sol";
import {Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";

contract ExpireReviewTest is Fixture {
    uint64 private constant REVIEW_BY = DEADLINE + 1 days;
    bytes32 private id;

    function setUp() public override {
        super.setUp();
        id = _completed(_reviewed());
    }

    function test_anyoneEndsAReviewThatNobodyMade() public {
        vm.warp(REVIEW_BY + 1);
        vm.expectEmit(address(tasks));
        emit ITasks.ReviewExpired(id, regulator.id, REVIEW_BY);
        vm.prank(stranger.wallet);
        tasks.expireReview(id);
        eq("review", uint8(tasks.get(id).review), uint8(Review.Expired));
        _stateIs(id, TaskState.Completed);
    }

    /// @dev The output is never released then, not even by a late yes.
    function test_attack_aLateYes() public {
        vm.warp(REVIEW_BY + 1);
        vm.prank(regulator.wallet);
        vm.expectRevert(abi.encodeWithSelector(ReviewOver.selector, id, REVIEW_BY, REVIEW_BY + 1));
        tasks.review(id, true, "late");
        tasks.expireReview(id);
        vm.prank(regulator.wallet);
        vm.expectRevert(abi.encodeWithSelector(AlreadyReviewed.selector, id));
        tasks.review(id, true, "later");
        no("released", tasks.isReleasable(id));
        vm.expectRevert(abi.encodeWithSelector(NotReleased.selector, id));
        _attest(_attestation(id, laboratory), laboratory.walletKey);
    }

    /// @dev Ending a review in its last second, to spoil a yes that is on its way.
    function test_attack_griefingExpiry() public {
        vm.warp(REVIEW_BY);
        vm.expectRevert(abi.encodeWithSelector(ReviewNotOver.selector, id, REVIEW_BY, REVIEW_BY));
        tasks.expireReview(id);
        vm.prank(regulator.wallet);
        tasks.review(id, true, "in time");
        yes("released", tasks.isReleasable(id));
        vm.warp(REVIEW_BY + 1);
        vm.expectRevert(abi.encodeWithSelector(AlreadyReviewed.selector, id));
        tasks.expireReview(id);
        yes("still released", tasks.isReleasable(id));
    }

    function test_onlyOnce() public {
        vm.warp(REVIEW_BY + 1);
        tasks.expireReview(id);
        vm.expectRevert(abi.encodeWithSelector(AlreadyReviewed.selector, id));
        tasks.expireReview(id);
    }

    function test_onlyCompletedTasksWithAReviewer() public {
        vm.warp(REVIEW_BY + 1);
        vm.expectRevert(abi.encodeWithSelector(WrongState.selector, bytes32("none"), TaskState.None));
        tasks.expireReview("none");
        super.setUp();
        id = _completed(_proposal());
        vm.warp(REVIEW_BY + 1);
        vm.expectRevert(abi.encodeWithSelector(NotInTask.selector, id, NOBODY));
        tasks.expireReview(id);
    }

    function test_pauseNeverBlocksIt() public {
        vm.prank(admin);
        tasks.pause();
        vm.warp(REVIEW_BY + 1);
        tasks.expireReview(id);
        eq("review", uint8(tasks.get(id).review), uint8(Review.Expired));
    }

    /// @dev At any second exactly one of review and expireReview is open.
    function testFuzz_theTwoNeverRace(uint64 time) public {
        time = uint64(bound(time, NOW, REVIEW_BY + 1 days));
        vm.warp(time);
        if (time <= REVIEW_BY) {
            vm.expectRevert(abi.encodeWithSelector(ReviewNotOver.selector, id, REVIEW_BY, time));
            tasks.expireReview(id);
            vm.prank(regulator.wallet);
            tasks.review(id, true, "in time");
        } else {
            vm.prank(regulator.wallet);
            vm.expectRevert(abi.encodeWithSelector(ReviewOver.selector, id, REVIEW_BY, time));
            tasks.review(id, true, "late");
            tasks.expireReview(id);
        }
        yes("released in time only", tasks.isReleasable(id) == (time <= REVIEW_BY));
    }
}

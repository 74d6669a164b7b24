// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AlreadyReviewed, NotAllowed, NotInTask, PartyNotActive, WrongState} from "../../src/Errors.sol";
import {NOBODY, Proposal, Review, TaskState} from "../../src/Types.sol";
import {ITasks} from "../../src/interfaces/ITasks.sol";
import {Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";

contract ReviewTest is Fixture {
    bytes32 private id;

    function setUp() public override {
        super.setUp();
        id = _completed(_reviewed());
    }

    function test_aYesReleases() public {
        no("before", tasks.isReleasable(id));
        vm.expectEmit(address(tasks));
        emit ITasks.OutputReviewed(id, regulator.id, true, "looks fine");
        _review(regulator.wallet, true);
        yes("after", tasks.isReleasable(id));
        eq("review", uint8(tasks.get(id).review), uint8(Review.Approved));
    }

    function test_aNoDoesNot() public {
        _review(regulator.wallet, false);
        no("after", tasks.isReleasable(id));
        eq("review", uint8(tasks.get(id).review), uint8(Review.Rejected));
    }

    function test_oneWordOnly() public {
        _review(regulator.wallet, false);
        vm.expectRevert(abi.encodeWithSelector(AlreadyReviewed.selector, id));
        _review(regulator.wallet, true);
    }

    function test_onlyTheActiveReviewersWallet() public {
        vm.expectRevert(abi.encodeWithSelector(NotAllowed.selector, regulator.node, regulator.id));
        _review(regulator.node, true);
        vm.expectRevert(abi.encodeWithSelector(NotAllowed.selector, bank.wallet, regulator.id));
        _review(bank.wallet, true);
        _suspend(regulator);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, regulator.id));
        _review(regulator.wallet, true);
    }

    function test_withoutAReviewerThereIsNothingToReview() public {
        Proposal memory p = _proposal();
        p.nonce = 2;
        p.contractDigest = "second";
        id = _propose(p);
        vm.expectRevert(abi.encodeWithSelector(WrongState.selector, id, TaskState.Proposed));
        _review(regulator.wallet, true);
        no("proposed", tasks.isReleasable(id));
    }

    function test_nobodyCannotReview() public {
        _deployAgain();
        id = _completed(_proposal());
        yes("released at once", tasks.isReleasable(id));
        vm.expectRevert(abi.encodeWithSelector(NotInTask.selector, id, NOBODY));
        _review(regulator.wallet, true);
    }

    function _deployAgain() private {
        super.setUp();
    }

    function _review(address caller, bool approved) private {
        vm.prank(caller);
        tasks.review(id, approved, "looks fine");
    }
}

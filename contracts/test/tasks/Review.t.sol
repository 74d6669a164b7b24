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
        Proposal memory p = _proposal();
        p.reviewer = hospital.id;
        id = _completed(p);
    }

    function test_aYesReleases() public {
        no("before", tasks.isReleasable(id));
        vm.expectEmit(address(tasks));
        emit ITasks.OutputReviewed(id, hospital.id, true, "looks fine");
        _review(hospital.wallet, true);
        yes("after", tasks.isReleasable(id));
        eq("review", uint8(tasks.get(id).review), uint8(Review.Approved));
    }

    function test_aNoDoesNot() public {
        _review(hospital.wallet, false);
        no("after", tasks.isReleasable(id));
        eq("review", uint8(tasks.get(id).review), uint8(Review.Rejected));
    }

    function test_oneWordOnly() public {
        _review(hospital.wallet, false);
        vm.expectRevert(abi.encodeWithSelector(AlreadyReviewed.selector, id));
        _review(hospital.wallet, true);
    }

    function test_onlyTheActiveReviewersWallet() public {
        vm.expectRevert(abi.encodeWithSelector(NotAllowed.selector, hospital.node, hospital.id));
        _review(hospital.node, true);
        vm.expectRevert(abi.encodeWithSelector(NotAllowed.selector, bank.wallet, hospital.id));
        _review(bank.wallet, true);
        _suspend(hospital);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, hospital.id));
        _review(hospital.wallet, true);
    }

    function test_withoutAReviewerThereIsNothingToReview() public {
        Proposal memory p = _proposal();
        p.nonce = 2;
        p.contractDigest = "second";
        id = _propose(p);
        vm.expectRevert(abi.encodeWithSelector(WrongState.selector, id, TaskState.Proposed));
        _review(hospital.wallet, true);
        no("proposed", tasks.isReleasable(id));
    }

    function test_nobodyCannotReview() public {
        _deployAgain();
        id = _completed(_proposal());
        yes("released at once", tasks.isReleasable(id));
        vm.expectRevert(abi.encodeWithSelector(NotInTask.selector, id, NOBODY));
        _review(hospital.wallet, true);
    }

    function _deployAgain() private {
        super.setUp();
    }

    function _review(address caller, bool approved) private {
        vm.prank(caller);
        tasks.review(id, approved, "looks fine");
    }
}

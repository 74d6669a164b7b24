// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Anchors} from "../../src/Anchors.sol";
import {Consents} from "../../src/Consents.sol";
import {Tasks} from "../../src/Tasks.sol";
import {AuthorizationRecord, Review, Task, TaskState} from "../../src/Types.sol";
import {Trees} from "../support/Trees.sol";
import {Check} from "../support/Vm.sol";
import {Handler} from "./Handler.sol";

contract AccountingInvariants is Check {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Handler private handler;
    Consents private consents;
    Tasks private tasks;
    Anchors private anchors;

    function setUp() public {
        handler = new Handler();
        handler.setUp();
        (address consents_, address tasks_, address anchors_) = handler.system();
        (consents, tasks, anchors) = (Consents(consents_), Tasks(tasks_), Anchors(anchors_));
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @dev Starts and commitments twice over: they are the rarest to be lawful.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](23);
        selectors[0] = Handler.propose.selector;
        selectors[1] = Handler.consent.selector;
        selectors[2] = Handler.submitAgain.selector;
        selectors[3] = Handler.start.selector;
        selectors[4] = Handler.start.selector;
        selectors[5] = Handler.commit.selector;
        selectors[6] = Handler.commit.selector;
        selectors[7] = Handler.commit.selector;
        selectors[8] = Handler.abort.selector;
        selectors[9] = Handler.expire.selector;
        selectors[10] = Handler.revoke.selector;
        selectors[11] = Handler.returnUse.selector;
        selectors[12] = Handler.anchor.selector;
        selectors[13] = Handler.wait.selector;
        selectors[14] = Handler.reserve.selector;
        selectors[15] = Handler.reserve.selector;
        selectors[16] = Handler.revokeAll.selector;
        selectors[17] = Handler.succeed.selector;
        selectors[18] = Handler.retire.selector;
        selectors[19] = Handler.removeCondition.selector;
        selectors[20] = Handler.review.selector;
        selectors[21] = Handler.expireReview.selector;
        selectors[22] = Handler.withdraw.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), selectors);
    }

    /// @dev I3: every use is counted, and never more of them than were given.
    function invariant_usesNeverExceed() external view {
        (, uint256 count) = handler.count();
        for (uint256 i = 0; i < count; i++) {
            bytes32 digest = handler.authorizations(i);
            (uint256 consumed, uint256 returned,,) = handler.ghosts(digest);
            AuthorizationRecord memory r = consents.get(digest);
            uint32 max = handler.maxUses(digest);
            yes("no more than given", consumed - returned <= max);
            eq("uses left", r.usesLeft, max - (consumed - returned));
        }
    }

    /// @dev Each task's account of what it took, and a return gives back all of it and nothing else.
    function invariant_everyTaskAccountsForItsUses() external view {
        (uint256 count,) = handler.count();
        for (uint256 i = 0; i < count; i++) {
            bytes32 id = handler.ids(i);
            bytes32[] memory used = handler.usedBy(id);
            for (uint256 j = 0; j < used.length; j++) {
                eq("uses", consents.useOf(id, used[j]).uses, handler.taken(id, used[j]));
            }
            (, uint256 blocks,,) = handler.taskGhosts(id);
            eq("reserves", tasks.get(id).reserves, blocks == 0 ? 0 : blocks - 1);
        }
    }

    /// @dev A condition is asked for every block of uses while it is in force for the task, and never otherwise.
    function invariant_conditionsAreAskedForEveryBlock() external view {
        (uint256 count,) = handler.count();
        for (uint256 i = 0; i < count; i++) {
            bytes32 id = handler.ids(i);
            (,, uint256 asked,) = handler.taskGhosts(id);
            eq("asked", handler.ledger().asked(id), asked);
        }
    }

    /// @dev Nothing leaves before completion, nor before a reviewer's yes, nor after a review that came too late.
    function invariant_releasedOnlyWithAYes() external view {
        (uint256 count,) = handler.count();
        for (uint256 i = 0; i < count; i++) {
            bytes32 id = handler.ids(i);
            (,,, Review review) = handler.taskGhosts(id);
            bool yes_ = !handler.isReviewed(id) || review == Review.Approved;
            bool expected = tasks.stateOf(id) == TaskState.Completed && yes_;
            yes("released", tasks.isReleasable(id) == expected);
            eq("review", uint8(tasks.get(id).review), uint8(review));
        }
    }

    /// @dev Every step was one of the table's, and lawful by rules kept apart from the contracts.
    function invariant_noRuleBroken() external view {
        eq("broken rule", handler.broken(), 0);
    }

    /// @dev I7's ground: a task completes only when the whole committee has committed.
    function invariant_completionNeedsEveryCommitment() external view {
        (uint256 count,) = handler.count();
        for (uint256 i = 0; i < count; i++) {
            bytes32 id = handler.ids(i);
            Task memory t = tasks.get(id);
            eq("commitments", t.commitments, handler.committed(id));
            bool settled = t.state == TaskState.Completed || t.state == TaskState.Disputed;
            yes("settled with all", settled == (t.commitments == 3));
            yes("run id", (t.state == TaskState.Completed) == (t.runId != 0));
        }
    }

    /// @dev I6: the anchored log is the honest one at the last size, and only grows.
    function invariant_anchorsOnlyGrow() external view {
        bytes32[] memory members = handler.memberIds();
        for (uint256 i = 0; i < members.length; i++) {
            (, uint64 size, bytes32 root) = anchors.head(members[i]);
            eq("size", size, handler.lastSize(members[i]));
            if (size != 0) eq("root", root, Trees.root(0, size));
        }
    }
}

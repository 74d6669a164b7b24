// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    ABORT,
    AnchorUpdate,
    Authorization,
    LogHead,
    Proposal,
    REFUSAL,
    Review,
    RunCommitment,
    TaskState,
    UseState,
    WITHDRAWAL
} from "../../src/Types.sol";
import {Ledger} from "../support/Conditions.sol";
import {Actor, Fixture} from "../support/Fixture.sol";
import {Hashing} from "../support/Hashing.sol";
import {Trees} from "../support/Trees.sol";
import {vm} from "../support/Vm.sol";

/// @dev Many parties doing everything in any order. What must succeed is called plainly (a revert fails the run); what
/// must fail is tried, and its success recorded as a broken rule.
contract Handler is Fixture {
    /// @dev What should be of an authorization, kept without looking at the contracts.
    struct Ghost {
        uint256 consumed;
        uint256 returned;
        uint256 sequence;
        bool revoked;
    }

    /// @dev What should be of a task.
    struct TaskGhost {
        uint64 proposedAt;
        // Blocks of uses, and how many of them the condition should have been asked for.
        uint256 blocks;
        uint256 asked;
        Review review;
    }

    bytes32 private constant GLM2 = keccak256("glm.logistic@1.1.0");

    /// @dev Rules seen broken by an action; empty while all is well.
    bytes32 public broken;

    bytes32[] public ids;
    bytes32[] public authorizations;
    mapping(bytes32 id => TaskState) public lastState;
    mapping(bytes32 id => uint256) public committed;
    mapping(bytes32 authorization => Ghost) public ghosts;
    mapping(bytes32 id => TaskGhost) public taskGhosts;
    mapping(bytes32 id => mapping(bytes32 authorization => uint256)) public taken;
    Ledger public ledger;
    mapping(bytes32 party => uint64) public lastSize;
    mapping(bytes32 party => uint64) public logSize;

    mapping(bytes32 id => Proposal) private _proposals;
    mapping(bytes32 id => bytes32[]) private _used;
    mapping(bytes32 authorization => Authorization) private _signed;
    mapping(bytes32 id => mapping(bytes32 party => bool)) private _hasCommitted;
    mapping(bytes32 owner => uint256) private _submitted;
    mapping(bytes32 owner => uint256) private _revokedThrough;
    bool private _succeeded;
    bool private _retired;
    uint256 private _removedFrom;
    uint256 private _nonces;

    /// @dev Every action ends by looking at every task's state: one step, and one the table allows.
    modifier observed() {
        _;
        for (uint256 i = 0; i < ids.length; i++) {
            TaskState now_ = _state(ids[i]);
            TaskState before = lastState[ids[i]];
            if (now_ != before && !_allowed(before, now_)) broken = "a state was skipped";
            lastState[ids[i]] = now_;
        }
    }

    function setUp() public override {
        super.setUp();
        _publish(GLM2, CODE, 4, 1, 3, 5);
        _consentAnew(0, 3, false);
        _consentAnew(1, 2, false);
    }

    function _firstConditions() internal override returns (address[] memory given) {
        given = new address[](1);
        given[0] = address(ledger = new Ledger(vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1)));
    }

    function _offset() internal pure override returns (uint64) {
        return 7;
    }

    function _conditionDelay() internal pure override returns (uint64) {
        return 3 hours;
    }

    function count() external view returns (uint256 tasks_, uint256 authorizations_) {
        return (ids.length, authorizations.length);
    }

    // --- actions ---

    function propose(uint32 deadline, uint8 shape) external observed {
        if (ids.length == 12) return;
        Proposal memory p = shape % 2 == 0 ? _proposal() : _reviewed();
        p.nonce = ++_nonces;
        p.deadline = uint64(block.timestamp + bound(deadline, 0, 6 hours));
        if (shape % 2 == 1) p.reviewBy = p.deadline + 1 hours;
        p.uses = 1 + (shape >> 1) % 2;
        p.maxReserves = (shape >> 2) % 4;
        if (shape & 32 != 0) p.programs = _list(GLM2);
        bytes32 id = _propose(p);
        lastState[id] = TaskState.Proposed;
        taskGhosts[id].proposedAt = uint64(block.timestamp);
        _proposals[id] = p;
        ids.push(id);
    }

    function consent(uint256 which, uint32 uses, bool successors) external {
        if (authorizations.length < 10) _consentAnew(which % 2, uint32(bound(uses, 1, 6)), successors);
    }

    function submitAgain(uint256 which) external {
        bytes32 digest = _any(authorizations, which);
        bytes32 owner = _ownerOf(digest).id;
        try consents.submit(_signed[digest], owner, "") {
            if (_isRevoked(digest)) broken = "revoked and submitted again";
        } catch {
            if (!_isRevoked(digest)) broken = "an idle submission refused";
        }
    }

    function start(uint256 which, uint256 first, uint256 second) external observed {
        if (ids.length == 0) return;
        bytes32 id = _any(ids, which);
        bytes32[] memory used = _list(_any(authorizations, first), _any(authorizations, second));
        bool expected = lastState[id] == TaskState.Proposed && _mayTake(id, used);
        vm.prank(platform.node);
        try tasks.start(_proposals[id], used) {
            if (!expected) broken = "an unlawful start";
            _took(id, used);
        } catch {
            if (expected) broken = "a lawful start refused";
        }
    }

    function reserve(uint256 which, uint256 first, uint256 second) external observed {
        if (ids.length == 0) return;
        bytes32 id = _any(ids, which);
        bytes32[] memory used = _list(_any(authorizations, first), _any(authorizations, second));
        bool expected = lastState[id] == TaskState.Started && taskGhosts[id].blocks <= _proposals[id].maxReserves
            && _mayTake(id, used);
        vm.prank(bank.wallet);
        try tasks.reserve(_proposals[id], used) {
            if (!expected) broken = "an unlawful reserve";
            _took(id, used);
        } catch {
            if (expected) broken = "a lawful reserve refused";
        }
    }

    function commit(uint256 which, uint256 member, uint8 lies) external observed {
        if (ids.length == 0) return;
        bytes32 id = _any(ids, which);
        Actor memory by = _member(member);
        bool expected = _open(id) && lastState[id] == TaskState.Started && !_hasCommitted[id][by.id]
            && anchors.noted(by.id).length < anchors.MAX_NOTED();
        RunCommitment memory c = _commitment(id, by);
        c.logSize = ++logSize[by.id];
        c.logRoot = Trees.root(0, c.logSize);
        if (lies % 16 == 0) c.links[0] = "lie";
        try tasks.commit(c, _sign(by.nodeKey, _digest(address(tasks), Hashing.hash(c)))) {
            if (!expected) broken = "an unlawful commitment";
            _hasCommitted[id][by.id] = true;
            committed[id]++;
        } catch {
            if (expected) broken = "a lawful commitment refused";
        }
    }

    function abort(uint256 which, uint256 member, bool refuses, uint8 rarely) external observed {
        if (ids.length == 0 || rarely % 4 != 0) return;
        bytes32 id = _any(ids, which);
        Actor memory by = _member(member);
        bool expected = _open(id) && !_hasCommitted[id][by.id]
            && (lastState[id] == TaskState.Proposed || lastState[id] == TaskState.Started);
        bytes32 digest = _digest(address(tasks), Hashing.hash(_abortOf(id, by, refuses ? REFUSAL : ABORT)));
        try tasks.abort(_abortOf(id, by, refuses ? REFUSAL : ABORT), _sign(by.nodeKey, digest)) {
            if (!expected) broken = "an unlawful abort";
        } catch {
            if (expected) broken = "a lawful abort refused";
        }
    }

    /// @dev The bank proposes everything here.
    function withdraw(uint256 which, uint256 member, bool byNode, uint8 rarely) external observed {
        if (ids.length == 0 || rarely % 4 != 0) return;
        bytes32 id = _any(ids, which);
        Actor memory by = _member(member);
        bool expected = _open(id) && lastState[id] == TaskState.Proposed && by.id == bank.id && !byNode;
        bytes32 digest = _digest(address(tasks), Hashing.hash(_abortOf(id, by, WITHDRAWAL)));
        bytes memory signature = _sign(byNode ? by.nodeKey : by.walletKey, digest);
        try tasks.abort(_abortOf(id, by, WITHDRAWAL), signature) {
            if (!expected) broken = "an unlawful withdrawal";
        } catch {
            if (expected) broken = "a lawful withdrawal refused";
        }
    }

    function expire(uint256 which) external observed {
        if (ids.length == 0) return;
        bytes32 id = _any(ids, which);
        bool expected = !_open(id) && (lastState[id] == TaskState.Proposed || lastState[id] == TaskState.Started);
        try tasks.expire(id) {
            if (!expected) broken = "an unlawful expiry";
        } catch {
            if (expected) broken = "a lawful expiry refused";
        }
    }

    function revoke(uint256 which) external {
        // Rarely, or nothing would ever start.
        if (which % 4 != 0) return;
        bytes32 digest = _any(authorizations, which / 4);
        Actor memory owner = _ownerOf(digest);
        vm.prank(owner.wallet);
        consents.revoke(digest, owner.id, "");
        ghosts[digest].revoked = true;
    }

    function revokeAll(uint256 side, uint256 through) external {
        // Rarely too.
        if (through % 8 != 0) return;
        Actor memory owner = side % 2 == 0 ? bank : hospital;
        uint256 named = (through / 8) % (_submitted[owner.id] + 1);
        vm.prank(owner.wallet);
        consents.revokeAll(owner.id, uint32(named), "");
        if (named > _revokedThrough[owner.id]) _revokedThrough[owner.id] = named;
    }

    function succeed() external {
        if (_succeeded || _retired) return;
        _succeed(GLM, GLM2);
        _succeeded = true;
    }

    function retire(uint256 rarely) external {
        if (_retired || rarely % 16 != 0) return;
        vm.prank(developer.wallet);
        programs.retire(GLM2);
        _retired = true;
    }

    function removeCondition(uint256 rarely) external {
        if (_removedFrom != 0 || rarely % 4 != 0) return;
        vm.prank(admin);
        tasks.scheduleConditionRemoval(address(ledger));
        _removedFrom = block.timestamp + _conditionDelay();
    }

    function review(uint256 which, bool approved) external observed {
        if (ids.length == 0) return;
        bytes32 id = _any(ids, which);
        bool expected = _awaitsReview(id) && block.timestamp <= _proposals[id].reviewBy;
        vm.prank(regulator.wallet);
        try tasks.review(id, approved, "word") {
            if (!expected) broken = "an unlawful review";
            taskGhosts[id].review = approved ? Review.Approved : Review.Rejected;
        } catch {
            if (expected) broken = "a lawful review refused";
        }
    }

    function expireReview(uint256 which) external observed {
        if (ids.length == 0) return;
        bytes32 id = _any(ids, which);
        bool expected = _awaitsReview(id) && block.timestamp > _proposals[id].reviewBy;
        try tasks.expireReview(id) {
            if (!expected) broken = "a review ended unlawfully";
            taskGhosts[id].review = Review.Expired;
        } catch {
            if (expected) broken = "a late review not ended";
        }
    }

    function returnUse(uint256 which, uint256 side) external {
        if (ids.length == 0) return;
        bytes32 id = _any(ids, which);
        if (_used[id].length == 0) return;
        bytes32 digest = _any(_used[id], side);
        bool expected = lastState[id] > TaskState.Completed && consents.useOf(id, digest).state == UseState.Consumed;
        bytes memory signature =
            _sign(_ownerOf(digest).walletKey, _digest(address(consents), Hashing.noInputSent(id, digest)));
        try consents.returnUse(id, digest, signature) {
            if (!expected) broken = "an unlawful return";
            ghosts[digest].returned += taken[id][digest];
        } catch {
            if (expected) broken = "a lawful return refused";
        }
    }

    function anchor(uint256 member, uint8 more, bool forks) external {
        Actor memory by = _member(member);
        (, uint64 from,) = anchors.head(by.id);
        LogHead[] memory noted = anchors.noted(by.id);
        uint64 size = logSize[by.id] + more % 4;
        if (size == 0) return;
        logSize[by.id] = size;
        bytes32[][] memory proofs = new bytes32[][](noted.length);
        for (uint256 i = 0; i < noted.length; i++) {
            proofs[i] = Trees.proof(noted[i].size, size);
        }
        AnchorUpdate memory u = AnchorUpdate({party: by.id, epoch: 0, size: size, root: Trees.root(0, size)});
        bytes32[] memory fromLast = Trees.proof(from, size);
        if (forks && (from != 0 || noted.length != 0)) {
            u.root = "forked";
            bytes memory signature = _sign(by.nodeKey, _digest(address(anchors), Hashing.hash(u)));
            try anchors.anchor(u, signature, fromLast, proofs) {
                broken = "a forked log was anchored";
            } catch {}
            return;
        }
        _anchor(u, by.nodeKey, fromLast, proofs);
        if (size < lastSize[by.id]) broken = "a log shrank";
        lastSize[by.id] = size;
    }

    function wait(uint32 time) external {
        vm.warp(block.timestamp + bound(time, 0, 30 minutes));
    }

    // --- what should be ---

    function _consentAnew(uint256 which, uint32 uses, bool successors) private {
        Authorization memory a = _standing(_proposal(), which, uses);
        a.nonce = ++_nonces;
        a.approvedSuccessors = successors;
        Actor memory owner = which == 0 ? bank : hospital;
        bytes32 digest = _submit(a, owner);
        _signed[digest] = a;
        ghosts[digest].sequence = ++_submitted[owner.id];
        authorizations.push(digest);
    }

    function _mayTake(bytes32 id, bytes32[] memory used) private view returns (bool) {
        Proposal storage p = _proposals[id];
        bool newer = p.programs[0] == GLM2;
        return _open(id) && !(newer && _retired) && _covers(used[0], cards, p.uses, newer)
            && _covers(used[1], diagnoses, p.uses, newer);
    }

    function _covers(bytes32 digest, bytes32 dataSet, uint32 uses, bool newer) private view returns (bool) {
        Authorization storage a = _signed[digest];
        bool named = !newer || (a.approvedSuccessors && _succeeded);
        Ghost storage ghost = ghosts[digest];
        return
            a.dataSet == dataSet && named && !_isRevoked(digest) && ghost.consumed - ghost.returned + uses <= a.maxUses;
    }

    function _isRevoked(bytes32 digest) private view returns (bool) {
        return ghosts[digest].revoked || ghosts[digest].sequence <= _revokedThrough[_ownerOf(digest).id];
    }

    function _took(bytes32 id, bytes32[] memory used) private {
        uint32 uses = _proposals[id].uses;
        for (uint256 i = 0; i < 2; i++) {
            ghosts[used[i]].consumed += uses;
            if (taken[id][used[i]] == 0) _used[id].push(used[i]);
            taken[id][used[i]] += uses;
        }
        TaskGhost storage ghost = taskGhosts[id];
        ghost.blocks++;
        if (_removedFrom == 0 || ghost.proposedAt < _removedFrom) ghost.asked++;
    }

    function _awaitsReview(bytes32 id) private view returns (bool) {
        return
            lastState[id] == TaskState.Completed && _proposals[id].reviewBy != 0 && taskGhosts[id].review == Review.None;
    }

    function _allowed(TaskState from, TaskState to) private pure returns (bool) {
        if (from == TaskState.Proposed) {
            return
                to == TaskState.Started || to == TaskState.Aborted || to == TaskState.Refused || to == TaskState.Expired;
        }
        return from == TaskState.Started
            && (to == TaskState.Completed
                || to == TaskState.Disputed
                || to == TaskState.Aborted
                || to == TaskState.Refused
                || to == TaskState.Expired);
    }

    function _open(bytes32 id) private view returns (bool) {
        return block.timestamp <= _proposals[id].deadline;
    }

    function usedBy(bytes32 id) external view returns (bytes32[] memory) {
        return _used[id];
    }

    function isReviewed(bytes32 id) external view returns (bool) {
        return _proposals[id].reviewBy != 0;
    }

    function maxUses(bytes32 digest) external view returns (uint32) {
        return _signed[digest].maxUses;
    }

    function _member(uint256 which) private view returns (Actor memory) {
        if (which % 3 == 0) return bank;
        return which % 3 == 1 ? exchange : hospital;
    }

    function memberIds() external view returns (bytes32[] memory) {
        return _list(bank.id, exchange.id, hospital.id);
    }

    function _ownerOf(bytes32 digest) private view returns (Actor memory) {
        return _signed[digest].dataSet == cards ? bank : hospital;
    }

    function _any(bytes32[] storage items, uint256 which) private view returns (bytes32) {
        return items[which % items.length];
    }

    function system() external view returns (address consents_, address tasks_, address anchors_) {
        return (address(consents), address(tasks), address(anchors));
    }
}

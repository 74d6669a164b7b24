// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    ABORT,
    AnchorUpdate,
    Authorization,
    LogHead,
    Proposal,
    REFUSAL,
    RunCommitment,
    TaskState,
    UseState
} from "../../src/Types.sol";
import {Actor, Fixture} from "../support/Fixture.sol";
import {Hashing} from "../support/Hashing.sol";
import {Trees} from "../support/Trees.sol";
import {vm} from "../support/Vm.sol";

/// @dev Many parties doing everything in any order. What must succeed is called plainly (a revert fails the run); what
/// must fail is tried, and its success recorded as a broken rule.
contract Handler is Fixture {
    /// @dev What should be, kept without looking at the contracts.
    struct Ghost {
        uint256 consumed;
        uint256 returned;
        bool revoked;
    }

    /// @dev Rules seen broken by an action; empty while all is well.
    bytes32 public broken;

    bytes32[] public ids;
    bytes32[] public authorizations;
    mapping(bytes32 id => TaskState) public lastState;
    mapping(bytes32 id => uint256) public committed;
    mapping(bytes32 authorization => Ghost) public ghosts;
    mapping(bytes32 party => uint64) public lastSize;
    mapping(bytes32 party => uint64) public logSize;

    mapping(bytes32 id => Proposal) private _proposals;
    mapping(bytes32 id => bytes32[]) private _used;
    mapping(bytes32 authorization => Authorization) private _signed;
    mapping(bytes32 id => mapping(bytes32 party => bool)) private _hasCommitted;
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
        _consentAnew(0, 3);
        _consentAnew(1, 2);
    }

    function count() external view returns (uint256 tasks_, uint256 authorizations_) {
        return (ids.length, authorizations.length);
    }

    // --- actions ---

    function propose(uint32 deadline) external observed {
        if (ids.length == 12) return;
        Proposal memory p = _proposal();
        p.nonce = ++_nonces;
        p.deadline = uint64(block.timestamp + bound(deadline, 0, 6 hours));
        bytes32 id = _propose(p);
        lastState[id] = TaskState.Proposed;
        _proposals[id] = p;
        ids.push(id);
    }

    function consent(uint256 which, uint32 uses) external {
        if (authorizations.length < 8) _consentAnew(which % 2, uint32(bound(uses, 1, 4)));
    }

    function submitAgain(uint256 which) external {
        bytes32 digest = _any(authorizations, which);
        if (ghosts[digest].revoked) return;
        consents.submit(_signed[digest], _ownerOf(digest).id, "");
    }

    function start(uint256 which, uint256 first, uint256 second) external observed {
        if (ids.length == 0) return;
        bytes32 id = _any(ids, which);
        bytes32 one = _any(authorizations, first);
        bytes32 other = _any(authorizations, second);
        bool expected = lastState[id] == TaskState.Proposed && block.timestamp <= _proposals[id].deadline
            && _covers(one, cards) && _covers(other, diagnoses);
        vm.prank(platform.node);
        try tasks.start(_proposals[id], _list(one, other)) {
            if (!expected) broken = "an unlawful start";
            ghosts[one].consumed++;
            ghosts[other].consumed++;
            _used[id] = _list(one, other);
        } catch {
            if (expected) broken = "a lawful start refused";
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

    function returnUse(uint256 which, uint256 side) external {
        if (ids.length == 0) return;
        bytes32 id = _any(ids, which);
        if (_used[id].length == 0) return;
        bytes32 digest = _used[id][side % 2];
        bool expected = lastState[id] > TaskState.Completed && consents.useOf(id, digest) == UseState.Consumed;
        bytes memory signature =
            _sign(_ownerOf(digest).walletKey, _digest(address(consents), Hashing.noInputSent(id, digest)));
        try consents.returnUse(id, digest, signature) {
            if (!expected) broken = "an unlawful return";
            ghosts[digest].returned++;
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

    function _consentAnew(uint256 which, uint32 uses) private {
        Authorization memory a = _standing(_proposal(), which, uses);
        a.nonce = ++_nonces;
        a.notAfter = NOW + 3650 days;
        bytes32 digest = _submit(a, which == 0 ? bank : hospital);
        _signed[digest] = a;
        authorizations.push(digest);
    }

    function _covers(bytes32 digest, bytes32 dataSet) private view returns (bool) {
        Ghost memory ghost = ghosts[digest];
        Authorization memory a = _signed[digest];
        return a.dataSet == dataSet && !ghost.revoked && ghost.consumed - ghost.returned < a.maxUses;
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

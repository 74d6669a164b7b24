// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Anchors} from "../../src/Anchors.sol";
import {
    BadLength,
    BadSignature,
    ForkedLog,
    NotAllowed,
    OnlyTasks,
    PartyNotActive,
    TooManyNoted,
    UnknownParty,
    WrongEpoch,
    ZeroValue
} from "../../src/Errors.sol";
import {AnchorUpdate} from "../../src/Types.sol";
import {IAnchors} from "../../src/interfaces/IAnchors.sol";
import {Actor, Fixture} from "../support/Fixture.sol";
import {Hashing} from "../support/Hashing.sol";
import {Trees} from "../support/Trees.sol";
import {vm} from "../support/Vm.sol";

/// @dev Anchors with this test in the place of Tasks, so that it can note what it likes.
contract AnchorTest is Fixture {
    using Hashing for AnchorUpdate;

    bytes32[][] private none;

    function setUp() public override {
        super.setUp();
        anchors = new Anchors(DEPLOYMENT, registry, address(this));
    }

    function test_theFirstAnchorNeedsNoProof() public {
        vm.expectEmit(address(anchors));
        emit IAnchors.Anchored(bank.id, 0, 0, 5, Trees.root(0, 5), 1);
        _grow(0, 5);
        (uint64 epoch, uint64 size, bytes32 root) = anchors.head(bank.id);
        eq("epoch", epoch, 0);
        eq("size", size, 5);
        eq("root", root, Trees.root(0, 5));
        eq("history", _rootAt(0, 5), Trees.root(0, 5));
    }

    function test_theLogGrows() public {
        _grow(0, 5);
        vm.expectEmit(address(anchors));
        emit IAnchors.Anchored(bank.id, 0, 5, 8, Trees.root(0, 8), 1);
        _grow(5, 8);
        eq("history", _rootAt(0, 5), Trees.root(0, 5));
        eq("history", _rootAt(0, 8), Trees.root(0, 8));
        eq("history", _rootAt(0, 7), 0);
    }

    function test_anyoneRelays() public {
        AnchorUpdate memory u = _update(5);
        bytes memory signature = _sign(bank.nodeKey, _digest(address(anchors), u.hash()));
        vm.prank(stranger.wallet);
        anchors.anchor(u, signature, new bytes32[](0), none);
        eq("history", _rootAt(0, 5), u.root);
    }

    function test_attack_forkOfTheLog() public {
        _grow(0, 5);
        AnchorUpdate memory u = _update(8);
        u.root = "another history";
        _forked(u, 5, Trees.proof(5, 8));
        // The same size with another root.
        u.size = 5;
        _forked(u, 5, new bytes32[](0));
    }

    function test_attack_shrinkingLog() public {
        _grow(0, 5);
        _forked(_update(4), 5, new bytes32[](0));
        _forked(_update(4), 5, Trees.proof(4, 5));
    }

    function test_attack_replayOfAnOldAnchor() public {
        _grow(0, 5);
        _grow(5, 8);
        _forked(_update(5), 8, new bytes32[](0));
    }

    function test_attack_proofOneHashTooLong() public {
        _grow(0, 5);
        bytes32[] memory proof = Trees.proof(5, 8);
        bytes32[] memory longer = new bytes32[](proof.length + 1);
        for (uint256 i = 0; i < proof.length; i++) {
            longer[i] = proof[i];
        }
        _forked(_update(8), 5, longer);
        // From nothing, and to the same size, no hash at all.
        _forked(_update(5), 5, _list("hash"));
        anchors = new Anchors(DEPLOYMENT, registry, address(this));
        _forked(_update(5), 0, _list("hash"));
    }

    function test_theSameHeadAgainChangesNothing() public {
        _grow(0, 5);
        vm.recordLogs();
        _anchor(_update(5), bank.nodeKey, new bytes32[](0), none);
        eq("no event", vm.getRecordedLogs().length, 0);
    }

    function test_anEmptyLogIsNotAnchored() public {
        AnchorUpdate memory u = _update(0);
        _refused(abi.encodeWithSelector(ZeroValue.selector, bytes32("size")), u, bank.nodeKey, new bytes32[](0), none);
    }

    function test_onlyTheActivePartysNodeSigns() public {
        AnchorUpdate memory u = _update(5);
        bytes32 digest = _digest(address(anchors), u.hash());
        _refused(
            abi.encodeWithSelector(BadSignature.selector, bank.node, digest),
            u,
            hospital.nodeKey,
            new bytes32[](0),
            none
        );
        _refused(
            abi.encodeWithSelector(BadSignature.selector, bank.node, digest), u, bank.walletKey, new bytes32[](0), none
        );
        u.party = stranger.id;
        _refused(
            abi.encodeWithSelector(UnknownParty.selector, stranger.id), u, stranger.nodeKey, new bytes32[](0), none
        );
        _suspend(bank);
        _refused(
            abi.encodeWithSelector(PartyNotActive.selector, bank.id), _update(5), bank.nodeKey, Trees.proof(0, 5), none
        );
    }

    // --- noted commitments ---

    function test_theNextAnchorExtendsEveryNotedHead() public {
        _grow(0, 3);
        anchors.note(bank.id, 0, 4, Trees.root(0, 4));
        anchors.note(bank.id, 0, 6, Trees.root(0, 6));
        eq("noted", anchors.noted(bank.id).length, 2);
        bytes32[][] memory proofs = new bytes32[][](2);
        (proofs[0], proofs[1]) = (Trees.proof(4, 7), Trees.proof(6, 7));
        _anchor(_update(7), bank.nodeKey, Trees.proof(3, 7), proofs);
        eq("noted", anchors.noted(bank.id).length, 0);
        eq("history", _rootAt(0, 7), Trees.root(0, 7));
    }

    function test_attack_committingToOneLogAndAnchoringAnother() public {
        anchors.note(bank.id, 0, 4, "a log shown to the others");
        bytes32[][] memory proofs = new bytes32[][](1);
        proofs[0] = Trees.proof(4, 7);
        _refused(
            abi.encodeWithSelector(ForkedLog.selector, bank.id, 4, 7),
            _update(7),
            bank.nodeKey,
            new bytes32[](0),
            proofs
        );
    }

    function test_anAnchorBehindANotedHeadIsRefused() public {
        anchors.note(bank.id, 0, 4, Trees.root(0, 4));
        _refused(
            abi.encodeWithSelector(ForkedLog.selector, bank.id, 4, 3),
            _update(3),
            bank.nodeKey,
            new bytes32[](0),
            new bytes32[][](1)
        );
    }

    function test_anchoringExactlyANotedHeadClearsIt() public {
        _grow(0, 4);
        anchors.note(bank.id, 0, 4, Trees.root(0, 4));
        _anchor(_update(4), bank.nodeKey, new bytes32[](0), new bytes32[][](1));
        eq("noted", anchors.noted(bank.id).length, 0);
    }

    function test_oneProofPerNotedHead() public {
        anchors.note(bank.id, 0, 4, Trees.root(0, 4));
        _refused(
            abi.encodeWithSelector(BadLength.selector, bytes32("fromNoted"), 0, 1, 1),
            _update(5),
            bank.nodeKey,
            Trees.proof(0, 5),
            none
        );
        _refused(
            abi.encodeWithSelector(BadLength.selector, bytes32("fromNoted"), 2, 1, 1),
            _update(5),
            bank.nodeKey,
            new bytes32[](0),
            new bytes32[][](2)
        );
    }

    function test_notedHeadsMustFit() public {
        _grow(0, 4);
        _refusedNote(abi.encodeWithSelector(ForkedLog.selector, bank.id, 4, 3), bank.id, 0, 3, Trees.root(0, 3));
        _refusedNote(abi.encodeWithSelector(ForkedLog.selector, bank.id, 4, 4), bank.id, 0, 4, "other");
        anchors.note(bank.id, 0, 4, Trees.root(0, 4));
        anchors.note(bank.id, 0, 9, "nine");
        _refusedNote(abi.encodeWithSelector(ForkedLog.selector, bank.id, 9, 9), bank.id, 0, 9, "another nine");
        // Two tasks that end at one size of the log are one entry.
        anchors.note(bank.id, 0, 9, "nine");
        eq("noted", anchors.noted(bank.id).length, 2);
        _refusedNote(abi.encodeWithSelector(ZeroValue.selector, bytes32("size")), hospital.id, 0, 0, "empty");
        _refusedNote(abi.encodeWithSelector(WrongEpoch.selector, bank.id, 1, 0), bank.id, 1, 10, "ten");
    }

    function test_attack_longListOfNotedHeads() public {
        for (uint64 size = 1; size <= 32; size++) {
            anchors.note(bank.id, 0, size, Trees.root(0, size));
        }
        _refusedNote(abi.encodeWithSelector(TooManyNoted.selector, bank.id, 32), bank.id, 0, 33, Trees.root(0, 33));
        bytes32[][] memory proofs = new bytes32[][](32);
        for (uint64 size = 1; size <= 32; size++) {
            proofs[size - 1] = Trees.proof(size, 33);
        }
        _anchor(_update(33), bank.nodeKey, new bytes32[](0), proofs);
        anchors.note(bank.id, 0, 34, "room again");
    }

    function test_onlyTasksNote() public {
        vm.prank(bank.node);
        vm.expectRevert(abi.encodeWithSelector(OnlyTasks.selector, bank.node));
        anchors.note(bank.id, 0, 4, "root");
    }

    // --- epochs and keys ---

    function test_anEpochClosesTheOneBefore() public {
        _grow(0, 5);
        anchors.note(bank.id, 0, 7, "lost with the disk");
        vm.expectEmit(address(anchors));
        emit IAnchors.EpochOpened(bank.id, 1);
        _open(bank.wallet, 1);
        (uint64 epoch, uint64 size,) = anchors.head(bank.id);
        eq("epoch", epoch, 1);
        eq("size", size, 0);
        eq("noted", anchors.noted(bank.id).length, 0);
        eq("history stays", _rootAt(0, 5), Trees.root(0, 5));
        _refused(
            abi.encodeWithSelector(WrongEpoch.selector, bank.id, 0, 1),
            _update(8),
            bank.nodeKey,
            Trees.proof(5, 8),
            none
        );
        AnchorUpdate memory u = _update(2);
        u.epoch = 1;
        _anchor(u, bank.nodeKey, new bytes32[](0), none);
        eq("new log", _rootAt(1, 2), u.root);
    }

    function test_epochsCountUpByTheWallet() public {
        vm.expectRevert(abi.encodeWithSelector(WrongEpoch.selector, bank.id, 2, 1));
        _open(bank.wallet, 2);
        vm.expectRevert(abi.encodeWithSelector(WrongEpoch.selector, bank.id, 0, 1));
        _open(bank.wallet, 0);
        vm.expectRevert(abi.encodeWithSelector(NotAllowed.selector, bank.node, bank.id));
        _open(bank.node, 1);
        _suspend(bank);
        vm.expectRevert(abi.encodeWithSelector(PartyNotActive.selector, bank.id));
        _open(bank.wallet, 1);
    }

    /// @dev The chain says in its own order which key signed, also when keys change within one block.
    function test_anAnchorNamesTheKeysThatSigned() public {
        _grow(0, 5);
        Actor memory renewed = _actor("the bank's new node");
        Actor memory again = _actor("the bank's newest node");
        _rotateKeys(bank, renewed);
        _rotateKeys(bank, again);
        bytes32[] memory proof = Trees.proof(5, 8);
        AnchorUpdate memory u = _update(8);
        vm.expectEmit(address(anchors));
        emit IAnchors.Anchored(bank.id, 0, 5, 8, u.root, 3);
        _anchor(u, again.nodeKey, proof, none);
        eq("first", anchors.rootAt(bank.id, 0, 5).keyPeriod, 1);
        eq("third", anchors.rootAt(bank.id, 0, 8).keyPeriod, 3);
    }

    /// @dev Anchored again for what was noted since, by newer keys: the size keeps the keys that signed for it first.
    function test_aSizeKeepsItsFirstSignature() public {
        _grow(0, 5);
        anchors.note(bank.id, 0, 5, Trees.root(0, 5));
        Actor memory renewed = _actor("the bank's new node");
        _rotateKeys(bank, renewed);
        AnchorUpdate memory u = _update(5);
        vm.expectEmit(address(anchors));
        emit IAnchors.Anchored(bank.id, 0, 5, 5, u.root, 2);
        _anchor(u, renewed.nodeKey, new bytes32[](0), new bytes32[][](1));
        eq("first", anchors.rootAt(bank.id, 0, 5).keyPeriod, 1);
        eq("nothing left", anchors.noted(bank.id).length, 0);
    }

    /// @dev Any growing log is taken, whatever the steps.
    function testFuzz_everyHonestLogIsTaken(uint8[6] calldata steps) public {
        uint64 size = 0;
        for (uint256 i = 0; i < steps.length; i++) {
            uint64 next = size + steps[i] % 40 + 1;
            _grow(size, next);
            size = next;
        }
    }

    function _rootAt(uint64 epoch, uint64 size) private view returns (bytes32) {
        return anchors.rootAt(bank.id, epoch, size).root;
    }

    function _update(uint64 size) private view returns (AnchorUpdate memory) {
        return AnchorUpdate({party: bank.id, epoch: 0, size: size, root: Trees.root(0, size)});
    }

    function _grow(uint64 from, uint64 to) private {
        _anchor(_update(to), bank.nodeKey, Trees.proof(from, to), none);
    }

    function _forked(AnchorUpdate memory u, uint64 from, bytes32[] memory proof) private {
        _refused(abi.encodeWithSelector(ForkedLog.selector, bank.id, from, u.size), u, bank.nodeKey, proof, none);
    }

    /// @dev SHA-256 is a call, so every root and proof is there before the call that must revert.
    function _refused(
        bytes memory refusal,
        AnchorUpdate memory u,
        uint256 key,
        bytes32[] memory fromLast,
        bytes32[][] memory fromNoted
    ) private {
        vm.expectRevert(refusal);
        _anchor(u, key, fromLast, fromNoted);
    }

    function _refusedNote(bytes memory refusal, bytes32 party, uint64 epoch, uint64 size, bytes32 root) private {
        vm.expectRevert(refusal);
        anchors.note(party, epoch, size, root);
    }

    function _open(address caller, uint64 epoch) private {
        vm.prank(caller);
        anchors.openEpoch(bank.id, epoch);
    }
}

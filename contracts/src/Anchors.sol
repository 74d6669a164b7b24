// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BadLength, ForkedLog, OnlyTasks, TooManyNoted, WrongEpoch, ZeroValue} from "./Errors.sol";
import {AnchorUpdate, AnchoredRoot, LogHead, PartyRecord} from "./Types.sol";
import {Domain} from "./base/Domain.sol";
import {IAnchors} from "./interfaces/IAnchors.sol";
import {IPartyRegistry} from "./interfaces/IPartyRegistry.sol";
import {MerkleConsistency} from "./libraries/MerkleConsistency.sol";
import {Parties} from "./libraries/Parties.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {TypedData} from "./libraries/TypedData.sol";

/// @title Anchors
/// @notice See IAnchors.
contract Anchors is IAnchors, Domain {
    using Parties for IPartyRegistry;
    using Parties for PartyRecord;
    using TypedData for AnchorUpdate;

    /// @notice Commitments that may wait for the next anchor of one log.
    uint256 public constant MAX_NOTED = 32;

    struct Log {
        LogHead last;
        LogHead[] noted;
        mapping(uint64 size => AnchoredRoot) roots;
    }

    IPartyRegistry public immutable registry;
    /// @inheritdoc IAnchors
    address public immutable tasks;

    mapping(bytes32 party => uint64) private _epochs;
    // slither-disable-next-line uninitialized-state - written through the reference of _openLog
    mapping(bytes32 party => mapping(uint64 epoch => Log)) private _logs;

    /// @param tasks_ Address that Tasks will have; its constructor checks that it is the one.
    constructor(bytes32 deploymentId_, IPartyRegistry registry_, address tasks_) Domain(deploymentId_) {
        if (tasks_ == address(0)) revert ZeroValue("tasks");
        registry = registry_;
        tasks = tasks_;
    }

    /// @inheritdoc IAnchors
    function anchor(
        AnchorUpdate calldata u,
        bytes calldata signature,
        bytes32[] calldata fromLast,
        bytes32[][] calldata fromNoted
    ) external {
        PartyRecord memory party = registry.requireActive(u.party);
        Signatures.requireKey(party.nodeSigner, _digest(u.hash()), signature);
        Log storage log = _openLog(u.party, u.epoch);
        if (u.size == 0) revert ZeroValue("size");
        LogHead memory last = log.last;
        _requireExtends(u, last, fromLast);
        uint256 count = log.noted.length;
        if (fromNoted.length != count) revert BadLength("fromNoted", fromNoted.length, count, count);
        for (uint256 i = 0; i < count; i++) {
            _requireExtends(u, log.noted[i], fromNoted[i]);
        }
        // The same head again, with nothing to prove: relayed twice.
        if (u.size == last.size && count == 0) return;
        delete log.noted;
        _record(log, u, last.size);
    }

    /// @inheritdoc IAnchors
    function note(bytes32 party, uint64 epoch, uint64 size, bytes32 root) external {
        if (msg.sender != tasks) revert OnlyTasks(msg.sender);
        Log storage log = _openLog(party, epoch);
        if (size == 0) revert ZeroValue("size");
        LogHead memory last = log.last;
        if (size < last.size || (size == last.size && root != last.root)) revert ForkedLog(party, last.size, size);
        uint256 count = log.noted.length;
        for (uint256 i = 0; i < count; i++) {
            LogHead memory other = log.noted[i];
            if (other.size != size) continue;
            if (other.root != root) revert ForkedLog(party, other.size, size);
            return;
        }
        if (count == MAX_NOTED) revert TooManyNoted(party, MAX_NOTED);
        log.noted.push(LogHead(size, root));
    }

    /// @inheritdoc IAnchors
    function openEpoch(bytes32 party, uint64 newEpoch) external {
        registry.requireActive(party).requireWalletCaller(party);
        uint64 next = _epochs[party] + 1;
        if (newEpoch != next) revert WrongEpoch(party, newEpoch, next);
        _epochs[party] = newEpoch;
        emit EpochOpened(party, newEpoch);
    }

    /// @inheritdoc IAnchors
    function head(bytes32 party) external view returns (uint64 epoch, uint64 size, bytes32 root) {
        epoch = _epochs[party];
        LogHead storage last = _logs[party][epoch].last;
        return (epoch, last.size, last.root);
    }

    /// @inheritdoc IAnchors
    function rootAt(bytes32 party, uint64 epoch, uint64 size) external view returns (AnchoredRoot memory) {
        return _logs[party][epoch].roots[size];
    }

    /// @inheritdoc IAnchors
    function noted(bytes32 party) external view returns (LogHead[] memory) {
        return _logs[party][_epochs[party]].noted;
    }

    function _record(Log storage log, AnchorUpdate calldata u, uint64 oldSize) private {
        uint64 keyPeriod = registry.keyPeriod(u.party);
        log.last = LogHead(u.size, u.root);
        // A size that was anchored before keeps the period of its first signature.
        if (u.size != oldSize) log.roots[u.size] = AnchoredRoot(u.root, keyPeriod);
        emit Anchored(u.party, u.epoch, oldSize, u.size, u.root, keyPeriod);
    }

    function _openLog(bytes32 party, uint64 epoch) private view returns (Log storage) {
        if (epoch != _epochs[party]) revert WrongEpoch(party, epoch, _epochs[party]);
        return _logs[party][epoch];
    }

    function _requireExtends(AnchorUpdate calldata u, LogHead memory from, bytes32[] calldata proof) private pure {
        if (!MerkleConsistency.verify(from.size, from.root, u.size, u.root, proof)) {
            revert ForkedLog(u.party, from.size, u.size);
        }
    }
}

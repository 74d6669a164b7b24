// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorUpdate, AnchoredRoot, LogHead} from "../Types.sol";

/// @title Anchors of the parties' evidence logs
/// @notice Per party and epoch the last (size, root) of an append-only log (RFC 9162, SHA-256). The chain itself checks
/// that each root extends the one before, so a forked log is refused, not merely found out. Epochs count from 0, which is
/// open from the start.
interface IAnchors {
    /// @param keyPeriod Period of the party's keys whose node signer signed, as the registry counts them.
    event Anchored(
        bytes32 indexed party, uint64 indexed epoch, uint64 oldSize, uint64 size, bytes32 root, uint64 keyPeriod
    );
    event EpochOpened(bytes32 indexed party, uint64 indexed epoch);

    /// @notice Anchors a new size and root, signed by the party's node. Anyone relays it.
    /// @param fromLast Consistency proof from the last anchor; empty from size 0 and for an equal size.
    /// @param fromNoted One consistency proof for each entry of `noted`, in its order.
    /// Warning: a commitment mined in between adds an entry; ask for the missing proof and send again.
    function anchor(
        AnchorUpdate calldata u,
        bytes calldata signature,
        bytes32[] calldata fromLast,
        bytes32[][] calldata fromNoted
    ) external;

    /// @notice Remembers a commitment's (size, root): the next anchor must extend it. Only Tasks.
    /// @dev The list is bounded: a node with many tasks anchors now and then, or its commitment reverts.
    function note(bytes32 party, uint64 epoch, uint64 size, bytes32 root) external;

    /// @notice Opens the next epoch and closes the current one for ever. Only the party's wallet.
    /// Warning: meant for a lost disk; what the closed epoch had noted and not anchored stays unproven.
    function openEpoch(bytes32 party, uint64 newEpoch) external;

    /// @notice The party's open epoch and its last anchor.
    function head(bytes32 party) external view returns (uint64 epoch, uint64 size, bytes32 root);

    /// @notice Root anchored in an epoch at exactly this size, and the period of the keys that signed for it first; or
    /// zeros.
    function rootAt(bytes32 party, uint64 epoch, uint64 size) external view returns (AnchoredRoot memory);

    /// @notice What the next anchor must extend, besides the last one.
    function noted(bytes32 party) external view returns (LogHead[] memory);

    /// @notice The contract that may note.
    function tasks() external view returns (address);
}

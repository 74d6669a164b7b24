// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Authorization, AuthorizationRecord, TaskFacts, Use} from "../Types.sol";

/// @title Data owners' authorizations and the uses left of each
/// @notice An authorization is known by its EIP-712 digest. Anyone may relay what an owner's wallet signed; nothing here
/// depends on who sends it.
interface IConsents {
    /// @param wallet Whose signature was checked.
    /// @param sequence Its number among the owner's submissions, from 1.
    event AuthorizationSubmitted(
        bytes32 indexed authorization,
        bytes32 indexed owner,
        address indexed wallet,
        uint32 sequence,
        Authorization signed
    );
    event AuthorizationRevoked(bytes32 indexed authorization, bytes32 indexed owner);
    /// @param through Every authorization of this owner with this sequence or a lower one is revoked.
    event AllRevoked(bytes32 indexed owner, uint32 through);
    event UseConsumed(bytes32 indexed authorization, bytes32 indexed task, uint32 uses, uint32 usesLeft);
    event UseReturned(bytes32 indexed authorization, bytes32 indexed task, uint32 uses, uint32 usesLeft);

    /// @notice Records an authorization signed by the wallet of the party that owns the data set.
    /// @dev Idempotent: once it is there, the same authorization changes nothing and reverts nothing, so whoever relays it
    /// first spoils nobody's transaction. Reverts when the owner revoked it, before or after. Programs and engine must be
    /// published and have the digests that were signed: their ids stand for them from then on.
    /// Warning: a wallet contract is asked once, here; changing its owners later revokes nothing.
    function submit(Authorization calldata a, bytes32 owner, bytes calldata signature) external;

    /// @notice Revokes an authorization, also one never submitted, for every task not yet started. Never paused, and open
    /// to suspended owners. The owner's wallet calls with an empty signature, or anyone relays its `Revocation`.
    /// @dev Idempotent. A digest not yet submitted is revoked for this owner only: others cannot block it by revoking it.
    function revoke(bytes32 authorization, bytes32 owner, bytes calldata signature) external;

    /// @notice Revokes every authorization that the owner submitted up to a number, at once: for a new wallet, say. Never
    /// paused, and open to suspended owners. The owner's wallet calls with an empty signature, or anyone relays its
    /// `RevocationOfAll`.
    /// @dev Idempotent, and never reaches ahead: what is submitted later is not revoked by an old signature.
    /// Warning: what the same wallet signed and nobody submitted yet can still be submitted; revoke it by its digest.
    function revokeAll(bytes32 owner, uint32 through, bytes calldata signature) external;

    /// @notice Checks that the authorization covers the facts and takes the uses. Only Tasks, in `start` and `reserve`.
    function consume(bytes32 authorization, TaskFacts calldata facts) external;

    /// @notice Gives back all uses that a task took: the owner's wallet signed `NoInputSent`, and the task ended without a
    /// result.
    /// Warning: the statement may be false; nodes' logs say whether input was sent.
    function returnUse(bytes32 task, bytes32 authorization, bytes calldata signature) external;

    /// @notice The authorization; status None when it was never submitted.
    function get(bytes32 authorization) external view returns (AuthorizationRecord memory);

    /// @notice Whether this owner revoked the digest by itself. See `revokedThrough` for all at once.
    function isRevoked(bytes32 authorization, bytes32 owner) external view returns (bool);

    /// @notice How many authorizations this owner has submitted: the last one's sequence.
    function submissions(bytes32 owner) external view returns (uint32);

    /// @notice The owner's authorizations up to this sequence are revoked.
    function revokedThrough(bytes32 owner) external view returns (uint32);

    /// @notice What a task took, and whether it was returned.
    function useOf(bytes32 task, bytes32 authorization) external view returns (Use memory);

    /// @notice The digest that the owner's wallet signs.
    function digestOf(Authorization calldata a) external view returns (bytes32);

    /// @notice The contract that may consume.
    function tasks() external view returns (address);
}

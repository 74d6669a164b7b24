// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Authorization, AuthorizationRecord, TaskFacts, UseState} from "../Types.sol";

/// @title Data owners' authorizations and the uses left of each
/// @notice An authorization is known by its EIP-712 digest. Anyone may relay what an owner's wallet signed; nothing here
/// depends on who sends it.
interface IConsents {
    event AuthorizationSubmitted(
        bytes32 indexed authorization,
        bytes32 indexed owner,
        bytes32 dataSet,
        uint32 dataVersion,
        bytes32 inputRoot,
        bytes32[] programs,
        bytes32 programsDigest,
        bytes32 proposer,
        bytes32 purpose,
        bytes32[] resultUsers,
        bytes32[] computeParties,
        bytes32 policy,
        bytes32 task,
        uint32 maxUses,
        uint64 notBefore,
        uint64 notAfter,
        uint8 minProtectionLevel,
        uint64 epsilonMicros,
        bytes32 legalBasis,
        bytes32 impactAssessment,
        uint256 nonce
    );
    event AuthorizationRevoked(bytes32 indexed authorization, bytes32 indexed owner);
    event UseConsumed(bytes32 indexed authorization, bytes32 indexed task, uint32 usesLeft);
    event UseReturned(bytes32 indexed authorization, bytes32 indexed task, uint32 usesLeft);

    /// @notice Records an authorization signed by the wallet of the party that owns the data set.
    /// @dev Idempotent: once it is there, the same authorization changes nothing and reverts nothing, so whoever relays it
    /// first spoils nobody's transaction. Reverts when the owner revoked the digest, before or after.
    /// Warning: a wallet contract is asked once, here; changing its owners later revokes nothing.
    function submit(Authorization calldata a, bytes32 owner, bytes calldata signature) external;

    /// @notice Revokes an authorization, also one never submitted, for every task not yet started. Never paused, and open
    /// to suspended owners. The owner's wallet calls with an empty signature, or anyone relays its `Revocation`.
    /// @dev Idempotent. A digest not yet submitted is revoked for this owner only: others cannot block it by revoking it.
    function revoke(bytes32 authorization, bytes32 owner, bytes calldata signature) external;

    /// @notice Checks that the authorization covers the facts and takes one use. Only Tasks, in `start`.
    function consume(bytes32 authorization, TaskFacts calldata facts) external;

    /// @notice Gives a use back: the owner's wallet signed `NoInputSent`, and the task ended without a result.
    /// Warning: the statement may be false; nodes' logs say whether input was sent.
    function returnUse(bytes32 task, bytes32 authorization, bytes calldata signature) external;

    /// @notice The authorization; status None when it was never submitted.
    function get(bytes32 authorization) external view returns (AuthorizationRecord memory);

    /// @notice Whether this owner revoked the digest.
    function isRevoked(bytes32 authorization, bytes32 owner) external view returns (bool);

    /// @notice What became of the use that a task took.
    function useOf(bytes32 task, bytes32 authorization) external view returns (UseState);

    /// @notice The digest that the owner's wallet signs.
    function digestOf(Authorization calldata a) external view returns (bytes32);

    /// @notice The contract that may consume.
    function tasks() external view returns (address);
}

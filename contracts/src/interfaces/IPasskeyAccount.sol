// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Passkey} from "../Types.sol";

/// @title A wallet whose owners are passkeys
/// @notice A contract account (EIP-1271) that agrees to what enough of its passkeys sign: `threshold` of them, one unless
/// set otherwise. It holds no ether and needs none: anyone relays what was signed.
///
/// A signature is the ABI encoding of a list of `PasskeySignature`: each a passkey and its assertion over the digest that
/// the account gives (`digestOf`, `executionDigest`), in ascending order of the passkeys' ids. That digest is the
/// assertion's challenge, and holds chain, deployment and this account: what is signed for one account, or as a message, is
/// worth nothing for another account, or as a call.
///
/// Warning: the browser's origin, the site's id (rpId) and the signature counter are not checked here. The authenticator
/// gives a passkey to its own site only; who can run scripts on that site can ask for assertions.
/// Warning: user presence and user verification (PIN, fingerprint, face) are required, as the authenticator states them.
/// Nothing here proves what kind of authenticator holds the key, nor what it showed.
/// Warning: an assertion has no time. It is good until the nonce is used or the passkey is removed.
/// Warning: an account whose passkeys are lost is lost. Have two from the beginning, apart from each other.
interface IPasskeyAccount {
    event PasskeyAdded(bytes32 x, bytes32 y);
    event PasskeyRemoved(bytes32 x, bytes32 y);
    event ThresholdSet(uint256 threshold);
    event Executed(address indexed target, uint256 indexed nonce, bytes data);

    /// @notice Calls a contract as this account. Anyone relays what its passkeys signed.
    /// @param nonce_ The account's `nonce`.
    /// @return answer What the target returned; its refusal is passed on and leaves the nonce unused.
    /// Warning: a refused call may be relayed again and succeed later. Another call with the same nonce ends it.
    function execute(address target, bytes calldata data, uint256 nonce_, bytes calldata signature)
        external
        returns (bytes memory answer);

    /// @notice Adds a passkey. Only the account itself, by `execute`.
    function addPasskey(Passkey calldata passkey) external;

    /// @notice Removes a passkey, as long as the others reach the threshold: never the last one. Only the account itself.
    /// Warning: what a removed passkey signed and nobody relayed yet is worth nothing from now on.
    function removePasskey(Passkey calldata passkey) external;

    /// @notice How many passkeys must sign. Only the account itself; at least one, at most as many as there are, and at
    /// most `MAX_THRESHOLD`.
    function setThreshold(uint256 threshold_) external;

    /// @notice Whether the passkey is one of the account's.
    function isPasskey(Passkey calldata passkey) external view returns (bool);

    /// @notice How many passkeys the account has.
    function passkeys() external view returns (uint256);

    /// @notice How many of them must sign.
    function threshold() external view returns (uint256);

    /// @notice keccak256 of the passkey's coordinates: signatures are ordered by it.
    function idOf(Passkey calldata passkey) external pure returns (bytes32);

    /// @notice The challenge under which passkeys sign `digest` for this account (EIP-1271).
    function digestOf(bytes32 digest) external view returns (bytes32);

    /// @notice The challenge under which passkeys sign a call.
    function executionDigest(address target, bytes calldata data, uint256 nonce_) external view returns (bytes32);

    /// @notice Number of calls so far, which is the next call's nonce.
    function nonce() external view returns (uint256);

    /// @notice OpenZeppelin's ERC-7913 verifier of WebAuthn assertions.
    function verifier() external view returns (address);
}

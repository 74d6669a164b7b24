// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Passkey} from "../Types.sol";

/// @title Where passkey accounts are made
/// @notice An account's address follows from its first passkeys, threshold and salt (CREATE2), so it may be applied with
/// and named as a new wallet before anyone has made it.
interface IPasskeyAccounts {
    event AccountCreated(address indexed account, Passkey[] passkeys, uint256 threshold, bytes32 salt);

    /// @notice Makes the account, unless it is there. Anyone; whoever does it, the account is the same.
    /// @param salt Makes accounts of the same passkeys distinct.
    function create(Passkey[] calldata passkeys, uint256 threshold, bytes32 salt) external returns (address account);

    /// @notice The address that the account has or will have.
    /// Warning: an account answers no signature check before it is made.
    function addressOf(Passkey[] calldata passkeys, uint256 threshold, bytes32 salt) external view returns (address);

    /// @notice OpenZeppelin's ERC-7913 verifier of WebAuthn assertions, which all accounts use.
    function verifier() external view returns (address);
}

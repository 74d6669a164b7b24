// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ZeroValue} from "./Errors.sol";
import {ZeroValue} from "./Errors.sol";
import {PasskeyAccount} from "./PasskeyAccount.sol";
import {Passkey} from "./Types.sol";
import {IPasskeyAccounts} from "./interfaces/IPasskeyAccounts.sol";
import {Create2} from "@openzeppelin/contracts/utils/Create2.sol";
import {
    ERC7913WebAuthnVerifier
} from "@openzeppelin/contracts/utils/cryptography/verifiers/ERC7913WebAuthnVerifier.sol";

/// @title Passkey accounts
/// @notice See IPasskeyAccounts.
contract PasskeyAccounts is IPasskeyAccounts {
    /// @notice Random number of this deployment: the salt of its accounts' EIP-712 domains.
    bytes32 public immutable deploymentId;
    /// @inheritdoc IPasskeyAccounts
    address public immutable verifier;

    constructor(bytes32 deploymentId_) {
        if (deploymentId_ == 0) revert ZeroValue("deploymentId");
        deploymentId = deploymentId_;
        verifier = address(new ERC7913WebAuthnVerifier());
    }

    /// @inheritdoc IPasskeyAccounts
    function create(Passkey[] calldata passkeys, uint256 threshold, bytes32 salt) external returns (address account) {
        bytes memory initCode = _initCode(passkeys, threshold);
        account = Create2.computeAddress(salt, keccak256(initCode));
        if (account.code.length != 0) return account;
        emit AccountCreated(account, passkeys, threshold, salt);
        // slither-disable-next-line unused-return - the address is the computed one
        Create2.deploy(0, salt, initCode);
    }

    /// @inheritdoc IPasskeyAccounts
    function addressOf(Passkey[] calldata passkeys, uint256 threshold, bytes32 salt) external view returns (address) {
        return Create2.computeAddress(salt, keccak256(_initCode(passkeys, threshold)));
    }

    function _initCode(Passkey[] calldata passkeys, uint256 threshold) private view returns (bytes memory) {
        // slither-disable-next-line too-many-digits - there are none
        return
            abi.encodePacked(type(PasskeyAccount).creationCode, abi.encode(deploymentId, verifier, passkeys, threshold));
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BadSignature} from "../Errors.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title Signatures of wallets (an account, or a contract by EIP-1271) and of node keys
/// @notice One rule for every wallet: it is tried as a key first; where it has code it is then asked as a contract. So an
/// account that delegates to code (EIP-7702) signs with its key as before, and by its code's rule as well.
/// @dev As OpenZeppelin's SignatureChecker, with the key first and the wallet's gas bounded. A key's signature is 65 bytes
/// r ‖ s ‖ v with low s and v of 27 or 28: clients bring other forms to this one before they relay. The rule's vectors are
/// tests/vectors/signatures.json.
library Signatures {
    /// @dev Gas a wallet contract may use. Enough for a multi-signature wallet of thirty owners (about 8k each) or one
    /// P-256 check in plain Solidity (about 330k), and small beside a block, so that a hostile wallet cannot burn one.
    uint256 internal constant WALLET_GAS = 400_000;

    /// @notice Reverts unless `wallet` signed `digest`.
    /// Warning: a wallet contract may answer differently each time. Ask once, and store what follows from the answer.
    /// Warning: it is asked by staticcall, so it cannot re-enter with an effect; it may still read.
    /// Warning: delegating to code (EIP-7702) takes no power from the key, and gives that code the power to sign.
    function requireWallet(address wallet, bytes32 digest, bytes calldata signature) internal view {
        if (!isWallet(wallet, digest, signature)) revert BadSignature(wallet, digest);
    }

    /// @notice Reverts unless `wallet` decided this: it calls with an empty signature, or anyone relays what it signed.
    function requireDecision(address wallet, bytes32 digest, bytes calldata signature) internal view {
        if (signature.length == 0 && msg.sender == wallet) return;
        requireWallet(wallet, digest, signature);
    }

    /// @notice Reverts unless the secp256k1 key `signer` signed `digest`.
    function requireKey(address signer, bytes32 digest, bytes calldata signature) internal pure {
        if (!isKey(signer, digest, signature)) revert BadSignature(signer, digest);
    }

    function isWallet(address wallet, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        return isKey(wallet, digest, signature) || (wallet.code.length != 0 && _isContract(wallet, digest, signature));
    }

    function isKey(address signer, bytes32 digest, bytes calldata signature) internal pure returns (bool) {
        // slither-disable-next-line unused-return - the third value only explains the error
        (address recovered, ECDSA.RecoverError err,) = ECDSA.tryRecoverCalldata(digest, signature);
        return err == ECDSA.RecoverError.NoError && recovered == signer;
    }

    function _isContract(address wallet, bytes32 digest, bytes calldata signature) private view returns (bool) {
        bytes memory data = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        uint256 gasLimit = WALLET_GAS;
        bool success;
        uint256 answered;
        bytes32 answer;
        // Only one word is copied back, so a long answer costs the caller nothing.
        assembly ("memory-safe") {
            success := staticcall(gasLimit, wallet, add(data, 0x20), mload(data), 0x00, 0x20)
            answered := returndatasize()
            answer := mload(0x00)
        }
        return success && answered >= 32 && answer == bytes32(IERC1271.isValidSignature.selector);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    BadSignature,
    NotContract,
    NotOnCurve,
    OnlySelf,
    OutOfRange,
    PasskeyExists,
    UnknownPasskey,
    WrongNonce
} from "./Errors.sol";
import {Passkey, PasskeySignature} from "./Types.sol";
import {Domain} from "./base/Domain.sol";
import {IPasskeyAccount} from "./interfaces/IPasskeyAccount.sol";
import {Registrations} from "./libraries/Registrations.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC7913SignatureVerifier} from "@openzeppelin/contracts/interfaces/IERC7913.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";

/// @title Passkey account
/// @notice See IPasskeyAccount.
contract PasskeyAccount is IPasskeyAccount, IERC1271, Domain {
    /// @notice More signatures than this might not fit into the gas that other contracts give a wallet.
    uint256 public constant MAX_THRESHOLD = 5;

    /// @inheritdoc IPasskeyAccount
    address public immutable verifier;
    /// @inheritdoc IPasskeyAccount
    uint256 public nonce;
    /// @inheritdoc IPasskeyAccount
    uint256 public passkeys;
    /// @inheritdoc IPasskeyAccount
    uint256 public threshold;

    mapping(bytes32 id => bool) private _isPasskey;

    modifier onlySelf() {
        if (msg.sender != address(this)) revert OnlySelf(msg.sender);
        _;
    }

    constructor(bytes32 deploymentId_, address verifier_, Passkey[] memory first, uint256 threshold_)
        Domain(deploymentId_)
    {
        // slither-disable-next-line missing-zero-check - the factory gives the one that it made
        verifier = verifier_;
        for (uint256 i = 0; i < first.length; i++) {
            _add(first[i]);
        }
        _setThreshold(threshold_);
    }

    /// @inheritdoc IPasskeyAccount
    function execute(address target, bytes calldata data, uint256 nonce_, bytes calldata signature)
        external
        returns (bytes memory answer)
    {
        if (nonce_ != nonce) revert WrongNonce(nonce_, nonce);
        if (target.code.length == 0) revert NotContract(target);
        bytes32 digest = executionDigest(target, data, nonce_);
        if (!_isSigned(digest, signature)) revert BadSignature(address(this), digest);
        // Before the call, so that nothing it does finds the same nonce again.
        nonce = nonce_ + 1;
        emit Executed(target, nonce_, data);
        return Address.functionCall(target, data);
    }

    /// @inheritdoc IPasskeyAccount
    function addPasskey(Passkey calldata passkey) external onlySelf {
        _add(passkey);
    }

    /// @inheritdoc IPasskeyAccount
    function removePasskey(Passkey calldata passkey) external onlySelf {
        bytes32 id = idOf(passkey);
        if (!_isPasskey[id]) revert UnknownPasskey(id);
        delete _isPasskey[id];
        passkeys -= 1;
        // Never the last one, as a threshold is at least one.
        _requireReachable(threshold);
        emit PasskeyRemoved(passkey.x, passkey.y);
    }

    /// @inheritdoc IPasskeyAccount
    function setThreshold(uint256 threshold_) external onlySelf {
        _setThreshold(threshold_);
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        return _isSigned(digestOf(digest), signature) ? this.isValidSignature.selector : bytes4(0xffffffff);
    }

    /// @inheritdoc IPasskeyAccount
    function isPasskey(Passkey calldata passkey) external view returns (bool) {
        return _isPasskey[idOf(passkey)];
    }

    /// @inheritdoc IPasskeyAccount
    function idOf(Passkey memory passkey) public pure returns (bytes32) {
        return keccak256(abi.encode(passkey));
    }

    /// @inheritdoc IPasskeyAccount
    function digestOf(bytes32 digest) public view returns (bytes32) {
        return _digest(Registrations.hashAccountMessage(digest));
    }

    /// @inheritdoc IPasskeyAccount
    function executionDigest(address target, bytes calldata data, uint256 nonce_) public view returns (bytes32) {
        return _digest(Registrations.hashExecution(target, data, nonce_));
    }

    function _add(Passkey memory passkey) private {
        bytes32 id = idOf(passkey);
        // What is no point of the curve signs nothing, and would count as one that is left.
        if (!P256.isValidPublicKey(passkey.x, passkey.y)) revert NotOnCurve(passkey.x, passkey.y);
        if (_isPasskey[id]) revert PasskeyExists(id);
        _isPasskey[id] = true;
        // slither-disable-next-line costly-loop - a few, when an account is made
        passkeys += 1;
        emit PasskeyAdded(passkey.x, passkey.y);
    }

    function _setThreshold(uint256 threshold_) private {
        if (threshold_ == 0 || threshold_ > MAX_THRESHOLD) {
            revert OutOfRange("threshold", threshold_, 1, MAX_THRESHOLD);
        }
        _requireReachable(threshold_);
        threshold = threshold_;
        emit ThresholdSet(threshold_);
    }

    function _requireReachable(uint256 threshold_) private view {
        if (threshold_ > passkeys) revert OutOfRange("threshold", threshold_, 1, passkeys);
    }

    /// @dev Ascending ids make the passkeys distinct. A malformed list reverts.
    function _isSigned(bytes32 digest, bytes calldata signature) private view returns (bool) {
        PasskeySignature[] memory given = abi.decode(signature, (PasskeySignature[]));
        if (given.length < threshold) return false;
        bytes32 last = 0;
        for (uint256 i = 0; i < given.length; i++) {
            bytes32 id = idOf(given[i].passkey);
            if (id <= last || !_isPasskey[id]) return false;
            last = id;
            bytes memory key = abi.encode(given[i].passkey);
            bytes4 answer = IERC7913SignatureVerifier(verifier).verify(key, digest, given[i].assertion);
            if (answer != IERC7913SignatureVerifier.verify.selector) return false;
        }
        return true;
    }
}

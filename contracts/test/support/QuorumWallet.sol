// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @dev A wallet of several holders for tests, and for nothing else: what an organisation takes has guards and recovery that
/// this lacks. Its holders' yes comes as signatures of 65 bytes one after the other, each holder at most once and in the
/// holders' order; or, with no signature at all, from what they approved here before, as a Safe keeps its messages.
contract QuorumWallet {
    uint256 private immutable _threshold;
    address[] private _holders;
    mapping(bytes32 digest => mapping(address holder => bool)) private _approved;

    constructor(uint256 threshold, address[] memory holders) {
        _threshold = threshold;
        _holders = holders;
    }

    /// @dev By a holder; anybody else's counts for nothing.
    function approve(bytes32 digest) external {
        _approved[digest][msg.sender] = true;
    }

    // How a Safe says who holds it.

    function getThreshold() external view returns (uint256) {
        return _threshold;
    }

    function getOwners() external view returns (address[] memory) {
        return _holders;
    }

    function isValidSignature(bytes32 digest, bytes calldata signatures) external view returns (bytes4) {
        bool yes = signatures.length == 0 ? _approvals(digest) >= _threshold : _isSigned(digest, signatures);
        return yes ? this.isValidSignature.selector : bytes4(0);
    }

    function _approvals(bytes32 digest) private view returns (uint256 count) {
        for (uint256 i = 0; i < _holders.length; i++) {
            if (_approved[digest][_holders[i]]) count++;
        }
    }

    function _isSigned(bytes32 digest, bytes calldata signatures) private view returns (bool) {
        if (signatures.length != 65 * _threshold) return false;
        uint256 from = 0;
        for (uint256 i = 0; i < _threshold; i++) {
            address signer = ECDSA.recoverCalldata(digest, signatures[65 * i:65 * (i + 1)]);
            while (from < _holders.length && _holders[from] != signer) {
                from++;
            }
            if (from++ >= _holders.length) return false;
        }
        return true;
    }
}

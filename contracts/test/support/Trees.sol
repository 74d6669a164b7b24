// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev RFC 9162 trees and proofs by the recursive definitions of its section 2.1: slow, and nothing like the verifier.
/// Leaf number i is SHA-256(0x00 || i as a word).
library Trees {
    /// @notice MTH(D[from:to]).
    function root(uint256 from, uint256 to) internal pure returns (bytes32) {
        if (to == from) return sha256("");
        if (to == from + 1) return sha256(abi.encodePacked(bytes1(0), from));
        uint256 k = _split(to - from);
        return sha256(abi.encodePacked(bytes1(0x01), root(from, from + k), root(from + k, to)));
    }

    /// @notice PROOF(m, D_n).
    function proof(uint256 m, uint256 n) internal pure returns (bytes32[] memory) {
        if (m == 0 || m == n) return new bytes32[](0);
        return _subproof(m, 0, n, true);
    }

    function _subproof(uint256 m, uint256 from, uint256 to, bool whole) private pure returns (bytes32[] memory) {
        uint256 n = to - from;
        if (m == n) return whole ? new bytes32[](0) : _push(new bytes32[](0), root(from, to));
        uint256 k = _split(n);
        if (m <= k) return _push(_subproof(m, from, from + k, whole), root(from + k, to));
        return _push(_subproof(m - k, from + k, to, false), root(from, from + k));
    }

    /// @dev Largest power of two smaller than n.
    function _split(uint256 n) private pure returns (uint256 k) {
        k = 1;
        while (2 * k < n) k *= 2;
    }

    function _push(bytes32[] memory items, bytes32 item) private pure returns (bytes32[] memory more) {
        more = new bytes32[](items.length + 1);
        for (uint256 i = 0; i < items.length; i++) {
            more[i] = items[i];
        }
        more[items.length] = item;
    }
}

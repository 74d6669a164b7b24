// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Consistency proofs between two sizes of one append-only log
/// @notice RFC 9162 section 2.1.4.2 (the tree of RFC 6962: SHA-256, interior nodes prefixed with 0x01). SHA-256 is a
/// precompile, so a proof between sizes under 2^64 costs at most 2 * 64 short hashes.
library MerkleConsistency {
    /// @notice Whether the log with `newRoot` at `newSize` extends the log with `oldRoot` at `oldSize`.
    /// @dev Size 0 is extended by everything, and equal sizes by equal roots, both with an empty proof. A proof must have
    /// exactly the needed length.
    /// Warning: with `oldSize` 0 the old root is not looked at.
    function verify(uint64 oldSize, bytes32 oldRoot, uint64 newSize, bytes32 newRoot, bytes32[] calldata proof)
        internal
        pure
        returns (bool)
    {
        if (oldSize > newSize) return false;
        if (oldSize == newSize) return proof.length == 0 && oldRoot == newRoot;
        if (oldSize == 0) return proof.length == 0;
        return _verifyPath(oldSize, oldRoot, newSize, newRoot, proof);
    }

    /// @dev 0 < oldSize < newSize. Names `fn`, `sn`, `fr`, `sr` are the RFC's.
    function _verifyPath(uint64 oldSize, bytes32 oldRoot, uint64 newSize, bytes32 newRoot, bytes32[] calldata proof)
        private
        pure
        returns (bool)
    {
        if (proof.length == 0) return false;
        uint64 fn = oldSize - 1;
        uint64 sn = newSize - 1;
        while (fn & 1 == 1) {
            fn >>= 1;
            sn >>= 1;
        }
        // An old size that is a power of two is a whole subtree: its root is left out of the proof. Then, and only then,
        // the loop above has shifted fn down to zero.
        uint256 next = fn == 0 ? 0 : 1;
        bytes32 fr = next == 0 ? oldRoot : proof[0];
        bytes32 sr = fr;
        for (; next < proof.length; next++) {
            if (sn == 0) return false;
            bytes32 c = proof[next];
            if (fn & 1 == 1 || fn == sn) {
                fr = _node(c, fr);
                sr = _node(c, sr);
                while (fn & 1 == 0 && fn != 0) {
                    fn >>= 1;
                    sn >>= 1;
                }
            } else {
                sr = _node(sr, c);
            }
            fn >>= 1;
            sn >>= 1;
        }
        return sn == 0 && fr == oldRoot && sr == newRoot;
    }

    function _node(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }
}

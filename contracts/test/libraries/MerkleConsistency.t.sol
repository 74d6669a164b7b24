// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleConsistency} from "../../src/libraries/MerkleConsistency.sol";
import {Trees} from "../support/Trees.sol";
import {Check, vm} from "../support/Vm.sol";

contract MerkleConsistencyTest is Check {
    /// @dev A vector of tests/vectors/merkle.json, its fields named as there.
    struct MerkleVector {
        bytes32 new_root;
        uint64 new_size;
        string note;
        bytes32 old_root;
        uint64 old_size;
        bytes32[] proof;
        bool valid;
    }

    string private constant VECTOR =
        "MerkleVector(bytes32 new_root,uint64 new_size,string note,bytes32 old_root,uint64 old_size,bytes32[] proof,bool valid)";
    uint256 private constant SIZES = 40;

    /// @dev The vectors that the Python implementation is held to.
    function test_vectors() public view {
        string memory json = vm.readFile("../tests/vectors/merkle.json");
        MerkleVector[] memory vectors =
            abi.decode(vm.parseJsonTypeArray(json, ".consistency", VECTOR), (MerkleVector[]));
        yes("there are many", vectors.length > 300);
        for (uint256 i = 0; i < vectors.length; i++) {
            MerkleVector memory v = vectors[i];
            bool got = this.verify(v.old_size, v.old_root, v.new_size, v.new_root, v.proof);
            yes(bytes32(bytes(v.note)), got == v.valid);
        }
    }

    /// @dev Every pair of sizes, against trees built by the RFC's recursive definitions.
    function test_everyProofUpToForty() public view {
        for (uint64 n = 0; n <= SIZES; n++) {
            bytes32 newRoot = Trees.root(0, n);
            for (uint64 m = 0; m <= n; m++) {
                yes("proof", this.verify(m, Trees.root(0, m), n, newRoot, Trees.proof(m, n)));
            }
        }
    }

    function testFuzz_nothingElseIsProved(uint64 m, uint64 n, uint256 what, bytes32 other) public view {
        n = uint64(bound(n, 2, 64));
        m = uint64(bound(m, 1, n - 1));
        bytes32 oldRoot = Trees.root(0, m);
        bytes32 newRoot = Trees.root(0, n);
        bytes32[] memory proof = Trees.proof(m, n);
        vm.assume(other != oldRoot && other != newRoot && other != proof[uint256(other) % proof.length]);
        what = bound(what, 0, 4);
        if (what == 0) oldRoot = other;
        if (what == 1) newRoot = other;
        if (what == 2) proof[uint256(other) % proof.length] = other;
        if (what == 3) proof = _resized(proof, proof.length + 1, other);
        if (what == 4) proof = _resized(proof, proof.length - 1, other);
        no("proved", this.verify(m, oldRoot, n, newRoot, proof));
    }

    /// @dev Sizes near 2^64: no overflow, no endless loop, and never more hashes than the sizes have bits.
    function testFuzz_anySizesEnd(uint64 m, uint64 n, bytes32 oldRoot, bytes32 newRoot, bytes32[] memory proof)
        public
        view
    {
        if (m == n || m == 0) return;
        no("proved", this.verify(m, oldRoot, n, newRoot, proof));
    }

    function verify(uint64 m, bytes32 oldRoot, uint64 n, bytes32 newRoot, bytes32[] calldata proof)
        external
        pure
        returns (bool)
    {
        return MerkleConsistency.verify(m, oldRoot, n, newRoot, proof);
    }

    function _resized(bytes32[] memory items, uint256 length, bytes32 filler)
        private
        pure
        returns (bytes32[] memory resized)
    {
        resized = new bytes32[](length);
        for (uint256 i = 0; i < length; i++) {
            resized[i] = i < items.length ? items[i] : filler;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Abort, AnchorUpdate, Authorization, Proposal, ResultAttestation, RunCommitment} from "../../src/Types.sol";
import {Domain} from "../../src/base/Domain.sol";
import {Signatures} from "../../src/libraries/Signatures.sol";
import {TypedData} from "../../src/libraries/TypedData.sol";
import {Check, vm} from "../support/Vm.sol";

/// @dev The contracts' own hashing, laid open.
contract Hasher is Domain {
    constructor(bytes32 deploymentId_) Domain(deploymentId_) {}

    function hash(Authorization calldata a) external pure returns (bytes32) {
        return TypedData.hash(a);
    }

    function hash(Proposal calldata p) external pure returns (bytes32) {
        return TypedData.hash(p);
    }

    function hash(RunCommitment calldata c) external pure returns (bytes32) {
        return TypedData.hash(c);
    }

    function hash(Abort calldata a) external pure returns (bytes32) {
        return TypedData.hash(a);
    }

    function hash(ResultAttestation calldata r) external pure returns (bytes32) {
        return TypedData.hash(r);
    }

    function hash(AnchorUpdate calldata u) external pure returns (bytes32) {
        return TypedData.hash(u);
    }

    function digest(bytes32 structHash) external view returns (bytes32) {
        return _digest(structHash);
    }

    function isSigned(address signer, bytes32 signed, bytes calldata signature) external pure returns (bool) {
        return Signatures.isKey(signer, signed, signature);
    }
}

/// @dev Every vector of tests/vectors/eip712.json, which Python's eth_account wrote: same hash, same digest, and the
/// signature is taken.
contract TypedDataTest is Check {
    /// @dev Fields named as in the file.
    struct TypedVector {
        string primary_type;
        uint256 chain_id;
        bytes32 salt;
        address verifying_contract;
        bytes encoded;
        bytes32 struct_hash;
        bytes32 digest;
        address signer;
        bytes signature;
    }

    string private constant VECTOR =
        "TypedVector(string primary_type,uint256 chain_id,bytes32 salt,address verifying_contract,bytes encoded,bytes32 struct_hash,bytes32 digest,address signer,bytes signature)";
    address private constant DEPLOYER = address(0xA11CE);

    Hasher[] private hashers;

    function setUp() public {
        for (uint256 i = 0; i < 6; i++) {
            vm.prank(DEPLOYER);
            hashers.push(new Hasher(i < 3 ? keccak256("first deployment") : keccak256("second deployment")));
        }
    }

    function test_vectors() public {
        string memory json = vm.readFile("../tests/vectors/eip712.json");
        TypedVector[] memory vectors = abi.decode(vm.parseJsonTypeArray(json, ".vectors", VECTOR), (TypedVector[]));
        eq("types, notes, domains", vectors.length, 8 * 3 * 2);
        for (uint256 i = 0; i < vectors.length; i++) {
            TypedVector memory v = vectors[i];
            Hasher hasher = _home(v.verifying_contract);
            vm.chainId(v.chain_id);
            eq("salt", hasher.deploymentId(), v.salt);
            bytes32 structHash = _hash(hasher, keccak256(bytes(v.primary_type)), v.encoded);
            eq("struct hash", structHash, v.struct_hash);
            eq("digest", hasher.digest(structHash), v.digest);
            yes("signature", hasher.isSigned(v.signer, v.digest, v.signature));
        }
    }

    function _hash(Hasher hasher, bytes32 kind, bytes memory encoded) private pure returns (bytes32) {
        if (kind == keccak256("Authorization")) return hasher.hash(abi.decode(encoded, (Authorization)));
        if (kind == keccak256("Proposal")) return hasher.hash(abi.decode(encoded, (Proposal)));
        if (kind == keccak256("RunCommitment")) return hasher.hash(abi.decode(encoded, (RunCommitment)));
        if (kind == keccak256("Abort")) return hasher.hash(abi.decode(encoded, (Abort)));
        if (kind == keccak256("ResultAttestation")) return hasher.hash(abi.decode(encoded, (ResultAttestation)));
        if (kind == keccak256("AnchorUpdate")) return hasher.hash(abi.decode(encoded, (AnchorUpdate)));
        (bytes32 one, bytes32 other) = abi.decode(encoded, (bytes32, bytes32));
        if (kind == keccak256("Revocation")) return TypedData.hashRevocation(one, other);
        yes("a known type", kind == keccak256("NoInputSent"));
        return TypedData.hashNoInputSent(one, other);
    }

    function _home(address contractAddress) private view returns (Hasher) {
        for (uint256 i = 0; i < hashers.length; i++) {
            if (address(hashers[i]) == contractAddress) return hashers[i];
        }
        revert NotTrue("deployed");
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    Abort,
    Admission,
    AnchorUpdate,
    Authorization,
    BudgetChange,
    DataSetAttestation,
    DataSetRegistration,
    KeyRotation,
    LicenceGrant,
    ModelRegistration,
    Proposal,
    ResultAttestation,
    RunCommitment
} from "../../src/Types.sol";
import {Domain} from "../../src/base/Domain.sol";
import {Registrations} from "../../src/libraries/Registrations.sol";
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

    function hash(Admission calldata a) external pure returns (bytes32) {
        return Registrations.hash(a);
    }

    function hash(KeyRotation calldata r) external pure returns (bytes32) {
        return Registrations.hash(r);
    }

    function hash(DataSetRegistration calldata r) external pure returns (bytes32) {
        return Registrations.hash(r);
    }

    function hash(DataSetAttestation calldata a) external pure returns (bytes32) {
        return Registrations.hash(a);
    }

    function hash(ModelRegistration calldata m) external pure returns (bytes32) {
        return Registrations.hash(m);
    }

    function hash(LicenceGrant calldata g) external pure returns (bytes32) {
        return Registrations.hash(g);
    }

    function hash(BudgetChange calldata b) external pure returns (bytes32) {
        return Registrations.hash(b);
    }

    function hashExecution(address target, bytes calldata data, uint256 nonce) external pure returns (bytes32) {
        return Registrations.hashExecution(target, data, nonce);
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

    /// @dev What an account is to do; it takes the members one by one.
    struct Call {
        address target;
        bytes data;
        uint256 nonce;
    }

    string private constant VECTOR =
        "TypedVector(string primary_type,uint256 chain_id,bytes32 salt,address verifying_contract,bytes encoded,bytes32 struct_hash,bytes32 digest,address signer,bytes signature)";
    address private constant DEPLOYER = address(0xA11CE);

    Hasher[] private hashers;

    function setUp() public {
        for (uint256 i = 0; i < 16; i++) {
            vm.prank(DEPLOYER);
            hashers.push(new Hasher(i < 8 ? keccak256("first deployment") : keccak256("second deployment")));
        }
    }

    function test_vectors() public {
        string memory json = vm.readFile("../tests/vectors/eip712.json");
        TypedVector[] memory vectors = abi.decode(vm.parseJsonTypeArray(json, ".vectors", VECTOR), (TypedVector[]));
        eq("types, notes, domains", vectors.length, 22 * 3 * 2);
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
        if (kind == keccak256("RevocationOfAll")) {
            (bytes32 owner, uint32 through) = abi.decode(encoded, (bytes32, uint32));
            return TypedData.hashRevocationOfAll(owner, through);
        }
        (bool registered, bytes32 structHash) = _hashRegistration(hasher, kind, encoded);
        if (registered) return structHash;
        (bytes32 one, bytes32 other) = abi.decode(encoded, (bytes32, bytes32));
        if (kind == keccak256("Revocation")) return TypedData.hashRevocation(one, other);
        yes("a known type", kind == keccak256("NoInputSent"));
        return TypedData.hashNoInputSent(one, other);
    }

    function _hashRegistration(Hasher hasher, bytes32 kind, bytes memory encoded) private pure returns (bool, bytes32) {
        if (kind == keccak256("Admission")) return (true, hasher.hash(abi.decode(encoded, (Admission))));
        if (kind == keccak256("KeyRotation")) return (true, hasher.hash(abi.decode(encoded, (KeyRotation))));
        if (kind == keccak256("DataSetRegistration")) {
            return (true, hasher.hash(abi.decode(encoded, (DataSetRegistration))));
        }
        if (kind == keccak256("DataSetAttestation")) {
            return (true, hasher.hash(abi.decode(encoded, (DataSetAttestation))));
        }
        if (kind == keccak256("ModelRegistration")) {
            return (true, hasher.hash(abi.decode(encoded, (ModelRegistration))));
        }
        if (kind == keccak256("LicenceGrant")) return (true, hasher.hash(abi.decode(encoded, (LicenceGrant))));
        if (kind == keccak256("BudgetChange")) return (true, hasher.hash(abi.decode(encoded, (BudgetChange))));
        if (kind == keccak256("WalletChange")) {
            (bytes32 party, address newWallet, uint64 change) = abi.decode(encoded, (bytes32, address, uint64));
            return (true, Registrations.hashWalletChange(party, newWallet, change));
        }
        if (kind == keccak256("DataSetRetirement")) {
            (bytes32 dataSet, uint32 version) = abi.decode(encoded, (bytes32, uint32));
            return (true, Registrations.hashDataSetRetirement(dataSet, version));
        }
        if (kind == keccak256("ModelRetirement")) {
            return (true, Registrations.hashModelRetirement(abi.decode(encoded, (bytes32))));
        }
        if (kind == keccak256("LicenceRetirement")) {
            (bytes32 model, bytes32 licence) = abi.decode(encoded, (bytes32, bytes32));
            return (true, Registrations.hashLicenceRetirement(model, licence));
        }
        if (kind == keccak256("AccountMessage")) {
            return (true, Registrations.hashAccountMessage(abi.decode(encoded, (bytes32))));
        }
        if (kind != keccak256("Execution")) return (false, 0);
        Call memory call = abi.decode(encoded, (Call));
        return (true, hasher.hashExecution(call.target, call.data, call.nonce));
    }

    function _home(address contractAddress) private view returns (Hasher) {
        for (uint256 i = 0; i < hashers.length; i++) {
            if (address(hashers[i]) == contractAddress) return hashers[i];
        }
        revert NotTrue("deployed");
    }
}

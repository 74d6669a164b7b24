// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    Admission,
    BudgetChange,
    DataSetAttestation,
    DataSetRegistration,
    KeyRotation,
    LicenceGrant,
    ModelRegistration
} from "../Types.sol";
import {TypedData} from "./TypedData.sol";

/// @title EIP-712 struct hashes of what is registered: parties, their wallets and keys, data sets, models, licences, budgets;
/// and of what passkey accounts agree to
/// @dev As TypedData: `string` where the structs hold `bytes32`.
library Registrations {
    bytes32 internal constant ADMISSION_TYPEHASH = keccak256(
        "Admission(string party,address wallet,address nodeSigner,bytes32 nodeKey,bytes32 sealKey,string operator,"
        "uint32 roles,bytes32 profileHash)"
    );
    bytes32 internal constant WALLET_CHANGE_TYPEHASH =
        keccak256("WalletChange(string party,address newWallet,uint64 change)");
    bytes32 internal constant KEY_ROTATION_TYPEHASH =
        keccak256("KeyRotation(string party,address nodeSigner,bytes32 nodeKey,bytes32 sealKey,uint64 period)");
    bytes32 internal constant DATA_SET_REGISTRATION_TYPEHASH = keccak256(
        "DataSetRegistration(string dataSet,string owner,uint32 version,bytes32 schemaHash,bytes32 inputRoot,"
        "uint64 rows,uint8 dataLevel,string legalBasis)"
    );
    bytes32 internal constant DATA_SET_RETIREMENT_TYPEHASH =
        keccak256("DataSetRetirement(string dataSet,uint32 version)");
    bytes32 internal constant DATA_SET_ATTESTATION_TYPEHASH =
        keccak256("DataSetAttestation(string dataSet,uint32 version,string party,bytes32 statement)");
    bytes32 internal constant MODEL_REGISTRATION_TYPEHASH =
        keccak256("ModelRegistration(string model,bytes32 modelHash,bytes32 task,string[] owners,uint16[] shares)");
    bytes32 internal constant MODEL_RETIREMENT_TYPEHASH = keccak256("ModelRetirement(string model)");
    bytes32 internal constant LICENCE_GRANT_TYPEHASH = keccak256(
        "LicenceGrant(string model,string licence,string kind,string licensee,uint32 maxUses,uint64 notBefore,"
        "uint64 notAfter)"
    );
    bytes32 internal constant LICENCE_RETIREMENT_TYPEHASH = keccak256("LicenceRetirement(string model,string licence)");
    bytes32 internal constant BUDGET_CHANGE_TYPEHASH =
        keccak256("BudgetChange(string dataSet,uint64 epsilonMicros,uint64 change)");
    bytes32 internal constant ACCOUNT_MESSAGE_TYPEHASH = keccak256("AccountMessage(bytes32 digest)");
    bytes32 internal constant EXECUTION_TYPEHASH = keccak256("Execution(address target,bytes data,uint256 nonce)");

    function hash(Admission calldata a) internal pure returns (bytes32) {
        // A struct of static members is encoded as its members in order.
        return keccak256(abi.encode(ADMISSION_TYPEHASH, a));
    }

    function hashWalletChange(bytes32 party, address newWallet, uint64 change) internal pure returns (bytes32) {
        return keccak256(abi.encode(WALLET_CHANGE_TYPEHASH, party, newWallet, change));
    }

    function hash(KeyRotation calldata r) internal pure returns (bytes32) {
        return keccak256(abi.encode(KEY_ROTATION_TYPEHASH, r));
    }

    function hash(DataSetRegistration calldata r) internal pure returns (bytes32) {
        return keccak256(abi.encode(DATA_SET_REGISTRATION_TYPEHASH, r));
    }

    function hashDataSetRetirement(bytes32 dataSet, uint32 version) internal pure returns (bytes32) {
        return keccak256(abi.encode(DATA_SET_RETIREMENT_TYPEHASH, dataSet, version));
    }

    function hash(DataSetAttestation calldata a) internal pure returns (bytes32) {
        return keccak256(abi.encode(DATA_SET_ATTESTATION_TYPEHASH, a));
    }

    function hash(ModelRegistration calldata m) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                MODEL_REGISTRATION_TYPEHASH,
                m.model,
                m.modelHash,
                m.task,
                TypedData.hashList(m.owners),
                keccak256(abi.encodePacked(m.shares))
            )
        );
    }

    function hashModelRetirement(bytes32 model) internal pure returns (bytes32) {
        return keccak256(abi.encode(MODEL_RETIREMENT_TYPEHASH, model));
    }

    function hash(LicenceGrant calldata g) internal pure returns (bytes32) {
        return keccak256(abi.encode(LICENCE_GRANT_TYPEHASH, g));
    }

    function hashLicenceRetirement(bytes32 model, bytes32 licence) internal pure returns (bytes32) {
        return keccak256(abi.encode(LICENCE_RETIREMENT_TYPEHASH, model, licence));
    }

    function hash(BudgetChange calldata b) internal pure returns (bytes32) {
        return keccak256(abi.encode(BUDGET_CHANGE_TYPEHASH, b));
    }

    function hashAccountMessage(bytes32 digest) internal pure returns (bytes32) {
        return keccak256(abi.encode(ACCOUNT_MESSAGE_TYPEHASH, digest));
    }

    function hashExecution(address target, bytes calldata data, uint256 nonce) internal pure returns (bytes32) {
        return keccak256(abi.encode(EXECUTION_TYPEHASH, target, keccak256(data), nonce));
    }
}

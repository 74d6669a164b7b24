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
} from "../../src/Types.sol";
import {Hashing} from "./Hashing.sol";

/// @dev As Hashing, for what is registered: written a second time, from the specification and not from src/.
library RegistrationHashing {
    function hash(Admission memory a) internal pure returns (bytes32) {
        bytes32[] memory w = new bytes32[](9);
        w[0] = keccak256(
            "Admission(string party,address wallet,address nodeSigner,bytes32 nodeKey,bytes32 sealKey,string operator,uint32 roles,bytes32 profileHash)"
        );
        w[1] = a.party;
        w[2] = _word(a.wallet);
        w[3] = _word(a.nodeSigner);
        w[4] = a.nodeKey;
        w[5] = a.sealKey;
        w[6] = a.operator;
        w[7] = bytes32(uint256(a.roles));
        w[8] = a.profileHash;
        return Hashing.list(w);
    }

    function walletChange(bytes32 party, address newWallet, uint64 change) internal pure returns (bytes32) {
        bytes32[] memory w = new bytes32[](4);
        w[0] = keccak256("WalletChange(string party,address newWallet,uint64 change)");
        w[1] = party;
        w[2] = _word(newWallet);
        w[3] = bytes32(uint256(change));
        return Hashing.list(w);
    }

    function hash(KeyRotation memory r) internal pure returns (bytes32) {
        bytes32[] memory w = new bytes32[](6);
        w[0] = keccak256("KeyRotation(string party,address nodeSigner,bytes32 nodeKey,bytes32 sealKey,uint64 period)");
        w[1] = r.party;
        w[2] = _word(r.nodeSigner);
        w[3] = r.nodeKey;
        w[4] = r.sealKey;
        w[5] = bytes32(uint256(r.period));
        return Hashing.list(w);
    }

    function hash(DataSetRegistration memory r) internal pure returns (bytes32) {
        bytes32[] memory w = new bytes32[](9);
        w[0] = keccak256(
            "DataSetRegistration(string dataSet,string owner,uint32 version,bytes32 schemaHash,bytes32 inputRoot,uint64 rows,uint8 dataLevel,string legalBasis)"
        );
        w[1] = r.dataSet;
        w[2] = r.owner;
        w[3] = bytes32(uint256(r.version));
        w[4] = r.schemaHash;
        w[5] = r.inputRoot;
        w[6] = bytes32(uint256(r.rows));
        w[7] = bytes32(uint256(r.dataLevel));
        w[8] = r.legalBasis;
        return Hashing.list(w);
    }

    function dataSetRetirement(bytes32 dataSet, uint32 version) internal pure returns (bytes32) {
        return keccak256(
            bytes.concat(
                keccak256("DataSetRetirement(string dataSet,uint32 version)"), dataSet, bytes32(uint256(version))
            )
        );
    }

    function hash(DataSetAttestation memory a) internal pure returns (bytes32) {
        bytes32[] memory w = new bytes32[](5);
        w[0] = keccak256("DataSetAttestation(string dataSet,uint32 version,string party,bytes32 statement)");
        w[1] = a.dataSet;
        w[2] = bytes32(uint256(a.version));
        w[3] = a.party;
        w[4] = a.statement;
        return Hashing.list(w);
    }

    function hash(ModelRegistration memory m) internal pure returns (bytes32) {
        bytes32[] memory shares = new bytes32[](m.shares.length);
        for (uint256 i = 0; i < shares.length; i++) {
            shares[i] = bytes32(uint256(m.shares[i]));
        }
        bytes32[] memory w = new bytes32[](6);
        w[0] =
            keccak256("ModelRegistration(string model,bytes32 modelHash,bytes32 task,string[] owners,uint16[] shares)");
        w[1] = m.model;
        w[2] = m.modelHash;
        w[3] = m.task;
        w[4] = Hashing.list(m.owners);
        w[5] = Hashing.list(shares);
        return Hashing.list(w);
    }

    function modelRetirement(bytes32 model) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256("ModelRetirement(string model)"), model));
    }

    function hash(LicenceGrant memory g) internal pure returns (bytes32) {
        bytes32[] memory w = new bytes32[](8);
        w[0] = keccak256(
            "LicenceGrant(string model,string licence,string kind,string licensee,uint32 maxUses,uint64 notBefore,uint64 notAfter)"
        );
        w[1] = g.model;
        w[2] = g.licence;
        w[3] = g.kind;
        w[4] = g.licensee;
        w[5] = bytes32(uint256(g.maxUses));
        w[6] = bytes32(uint256(g.notBefore));
        w[7] = bytes32(uint256(g.notAfter));
        return Hashing.list(w);
    }

    function licenceRetirement(bytes32 model, bytes32 licence) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256("LicenceRetirement(string model,string licence)"), model, licence));
    }

    function hash(BudgetChange memory b) internal pure returns (bytes32) {
        return keccak256(
            bytes.concat(
                keccak256("BudgetChange(string dataSet,uint64 epsilonMicros,uint64 change)"),
                b.dataSet,
                bytes32(uint256(b.epsilonMicros)),
                bytes32(uint256(b.change))
            )
        );
    }

    function _word(address account) private pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }
}

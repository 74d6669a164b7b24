// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Abort, AnchorUpdate, Authorization, Proposal, ResultAttestation, RunCommitment} from "../../src/Types.sol";

/// @dev EIP-712 written a second time, from the specification and not from src/: what the test wallets sign. The golden
/// vectors of tests/vectors/eip712.json are the third time, in Python.
library Hashing {
    function separator(uint256 chainId, address home, bytes32 deploymentId) internal pure returns (bytes32) {
        bytes32 kind = keccak256(
            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
        );
        return keccak256(abi.encode(kind, keccak256("Tallystick"), keccak256("1"), chainId, home, deploymentId));
    }

    function list(bytes32[] memory items) internal pure returns (bytes32) {
        bytes memory all = new bytes(32 * items.length);
        for (uint256 i = 0; i < items.length; i++) {
            bytes32 item = items[i];
            assembly {
                mstore(add(all, add(32, mul(32, i))), item)
            }
        }
        return keccak256(all);
    }

    function list32(uint32[] memory items) internal pure returns (bytes32) {
        bytes32[] memory words = new bytes32[](items.length);
        for (uint256 i = 0; i < items.length; i++) {
            words[i] = bytes32(uint256(items[i]));
        }
        return list(words);
    }

    function list64(uint64[] memory items) internal pure returns (bytes32) {
        bytes32[] memory words = new bytes32[](items.length);
        for (uint256 i = 0; i < items.length; i++) {
            words[i] = bytes32(uint256(items[i]));
        }
        return list(words);
    }

    function hash(Authorization memory a) internal pure returns (bytes32) {
        bytes32[] memory w = new bytes32[](22);
        w[0] = keccak256(
            "Authorization(string dataSet,uint32 dataVersion,bytes32 inputRoot,string[] programs,bytes32 programsDigest,string engine,bool approvedSuccessors,string proposer,string purpose,string[] resultUsers,string[] computeParties,bytes32 policy,bytes32 task,uint32 maxUses,uint64 notBefore,uint64 notAfter,uint8 minProtectionLevel,uint64 epsilonMicros,string legalBasis,bytes32 impactAssessment,uint256 nonce)"
        );
        w[1] = a.dataSet;
        w[2] = bytes32(uint256(a.dataVersion));
        w[3] = a.inputRoot;
        w[4] = list(a.programs);
        w[5] = a.programsDigest;
        w[6] = a.engine;
        w[7] = bytes32(uint256(a.approvedSuccessors ? 1 : 0));
        w[8] = a.proposer;
        w[9] = a.purpose;
        w[10] = list(a.resultUsers);
        w[11] = list(a.computeParties);
        w[12] = a.policy;
        w[13] = a.task;
        w[14] = bytes32(uint256(a.maxUses));
        w[15] = bytes32(uint256(a.notBefore));
        w[16] = bytes32(uint256(a.notAfter));
        w[17] = bytes32(uint256(a.minProtectionLevel));
        w[18] = bytes32(uint256(a.epsilonMicros));
        w[19] = a.legalBasis;
        w[20] = a.impactAssessment;
        w[21] = bytes32(a.nonce);
        return list(w);
    }

    function hash(Proposal memory p) internal pure returns (bytes32) {
        bytes32[] memory w = new bytes32[](22);
        w[0] = keccak256(
            "Proposal(string proposer,string scheduler,bytes32 contractDigest,string[] computeParties,string[] dataSets,uint32[] dataVersions,uint64[] epsilonMicros,string[] programs,string engine,string[] models,string[] licences,string[] resultUsers,string[] auditors,string reviewer,string purpose,uint8 protectionLevel,uint32 uses,uint32 maxReserves,uint64 deadline,uint64 reviewBy,uint256 nonce)"
        );
        w[1] = p.proposer;
        w[2] = p.scheduler;
        w[3] = p.contractDigest;
        w[4] = list(p.computeParties);
        w[5] = list(p.dataSets);
        w[6] = list32(p.dataVersions);
        w[7] = list64(p.epsilonMicros);
        w[8] = list(p.programs);
        w[9] = p.engine;
        w[10] = list(p.models);
        w[11] = list(p.licences);
        w[12] = list(p.resultUsers);
        w[13] = list(p.auditors);
        w[14] = p.reviewer;
        w[15] = p.purpose;
        w[16] = bytes32(uint256(p.protectionLevel));
        w[17] = bytes32(uint256(p.uses));
        w[18] = bytes32(uint256(p.maxReserves));
        w[19] = bytes32(uint256(p.deadline));
        w[20] = bytes32(uint256(p.reviewBy));
        w[21] = bytes32(p.nonce);
        return list(w);
    }

    function hash(RunCommitment memory c) internal pure returns (bytes32) {
        bytes32[] memory w = new bytes32[](10);
        w[0] = keccak256(
            "RunCommitment(bytes32 task,bytes32 runId,string party,bytes32 inputRoot,uint64 epoch,uint64 logSize,bytes32 logRoot,bytes32[] links,bytes32 outputShares)"
        );
        w[1] = c.task;
        w[2] = c.runId;
        w[3] = c.party;
        w[4] = c.inputRoot;
        w[5] = bytes32(uint256(c.epoch));
        w[6] = bytes32(uint256(c.logSize));
        w[7] = c.logRoot;
        w[8] = list(c.links);
        w[9] = c.outputShares;
        return list(w);
    }

    function hash(Abort memory a) internal pure returns (bytes32) {
        bytes32 kind = keccak256("Abort(bytes32 task,string party,uint8 kind,uint8 reason,bytes32 statement)");
        return keccak256(abi.encode(kind, a.task, a.party, a.kind, a.reason, a.statement));
    }

    function hash(ResultAttestation memory r) internal pure returns (bytes32) {
        bytes32 kind = keccak256("ResultAttestation(bytes32 task,bytes32 runId,string resultUser,bytes32 resultHash)");
        return keccak256(abi.encode(kind, r.task, r.runId, r.resultUser, r.resultHash));
    }

    function hash(AnchorUpdate memory u) internal pure returns (bytes32) {
        bytes32 kind = keccak256("AnchorUpdate(string party,uint64 epoch,uint64 size,bytes32 root)");
        return keccak256(abi.encode(kind, u.party, u.epoch, u.size, u.root));
    }

    function revocation(bytes32 authorization, bytes32 owner) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256("Revocation(bytes32 authorization,string owner)"), authorization, owner));
    }

    function noInputSent(bytes32 task, bytes32 authorization) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256("NoInputSent(bytes32 task,bytes32 authorization)"), task, authorization));
    }

    function revocationOfAll(bytes32 owner, uint32 through) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256("RevocationOfAll(string owner,uint32 through)"), owner, through));
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Abort, AnchorUpdate, Authorization, Proposal, ResultAttestation, RunCommitment} from "../Types.sol";

/// @title EIP-712 struct hashes of everything that is signed
/// @dev The type strings say `string` where the structs hold `bytes32`: EIP-712 encodes a string as its keccak256, so a
/// wallet shows words and the chain sees hashes. `abi.encodePacked` of an array pads each element to 32 bytes, which is
/// EIP-712's encoding of an array.
library TypedData {
    bytes32 internal constant AUTHORIZATION_TYPEHASH = keccak256(
        "Authorization(string dataSet,uint32 dataVersion,bytes32 inputRoot,string[] programs,bytes32 programsDigest,"
        "string engine,bool approvedSuccessors,string proposer,string purpose,string[] resultUsers,"
        "string[] computeParties,bytes32 policy,bytes32 task,uint32 maxUses,uint64 notBefore,uint64 notAfter,"
        "uint8 minProtectionLevel,uint64 epsilonMicros,string legalBasis,bytes32 impactAssessment,uint256 nonce)"
    );
    bytes32 internal constant REVOCATION_TYPEHASH = keccak256("Revocation(bytes32 authorization,string owner)");
    bytes32 internal constant REVOCATION_OF_ALL_TYPEHASH = keccak256("RevocationOfAll(string owner,uint32 through)");
    bytes32 internal constant NO_INPUT_SENT_TYPEHASH = keccak256("NoInputSent(bytes32 task,bytes32 authorization)");
    bytes32 internal constant PROPOSAL_TYPEHASH = keccak256(
        "Proposal(string proposer,string scheduler,bytes32 contractDigest,string[] computeParties,string[] dataSets,"
        "uint32[] dataVersions,uint64[] epsilonMicros,string[] programs,string engine,string[] models,"
        "string[] licences,string[] resultUsers,string[] auditors,string reviewer,string purpose,"
        "uint8 protectionLevel,uint32 uses,uint32 maxReserves,uint64 deadline,uint64 reviewBy,uint256 nonce)"
    );
    bytes32 internal constant RUN_COMMITMENT_TYPEHASH = keccak256(
        "RunCommitment(bytes32 task,bytes32 runId,string party,bytes32 inputRoot,uint64 epoch,uint64 logSize,"
        "bytes32 logRoot,bytes32[] links,bytes32 outputShares)"
    );
    bytes32 internal constant ABORT_TYPEHASH =
        keccak256("Abort(bytes32 task,string party,uint8 kind,uint8 reason,bytes32 statement)");
    bytes32 internal constant RESULT_ATTESTATION_TYPEHASH =
        keccak256("ResultAttestation(bytes32 task,bytes32 runId,string resultUser,bytes32 resultHash)");
    bytes32 internal constant ANCHOR_UPDATE_TYPEHASH =
        keccak256("AnchorUpdate(string party,uint64 epoch,uint64 size,bytes32 root)");

    function hash(Authorization calldata a) internal pure returns (bytes32) {
        // In two halves: so many words at once are too many for the stack.
        bytes memory head = abi.encode(
            AUTHORIZATION_TYPEHASH,
            a.dataSet,
            a.dataVersion,
            a.inputRoot,
            hashList(a.programs),
            a.programsDigest,
            a.engine,
            a.approvedSuccessors,
            a.proposer,
            a.purpose,
            hashList(a.resultUsers),
            hashList(a.computeParties)
        );
        bytes memory tail = abi.encode(
            a.policy,
            a.task,
            a.maxUses,
            a.notBefore,
            a.notAfter,
            a.minProtectionLevel,
            a.epsilonMicros,
            a.legalBasis,
            a.impactAssessment,
            a.nonce
        );
        return keccak256(bytes.concat(head, tail));
    }

    function hashRevocation(bytes32 authorization, bytes32 owner) internal pure returns (bytes32) {
        return keccak256(abi.encode(REVOCATION_TYPEHASH, authorization, owner));
    }

    function hashRevocationOfAll(bytes32 owner, uint32 through) internal pure returns (bytes32) {
        return keccak256(abi.encode(REVOCATION_OF_ALL_TYPEHASH, owner, through));
    }

    function hashNoInputSent(bytes32 task, bytes32 authorization) internal pure returns (bytes32) {
        return keccak256(abi.encode(NO_INPUT_SENT_TYPEHASH, task, authorization));
    }

    function hash(Proposal calldata p) internal pure returns (bytes32) {
        bytes memory head = abi.encode(
            PROPOSAL_TYPEHASH,
            p.proposer,
            p.scheduler,
            p.contractDigest,
            hashList(p.computeParties),
            hashList(p.dataSets),
            keccak256(abi.encodePacked(p.dataVersions)),
            keccak256(abi.encodePacked(p.epsilonMicros)),
            hashList(p.programs),
            p.engine
        );
        bytes memory tail = abi.encode(
            hashList(p.models),
            hashList(p.licences),
            hashList(p.resultUsers),
            hashList(p.auditors),
            p.reviewer,
            p.purpose,
            p.protectionLevel,
            p.uses,
            p.maxReserves,
            p.deadline,
            p.reviewBy,
            p.nonce
        );
        return keccak256(bytes.concat(head, tail));
    }

    function hash(RunCommitment calldata c) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                RUN_COMMITMENT_TYPEHASH,
                c.task,
                c.runId,
                c.party,
                c.inputRoot,
                c.epoch,
                c.logSize,
                c.logRoot,
                hashList(c.links),
                c.outputShares
            )
        );
    }

    function hash(Abort calldata a) internal pure returns (bytes32) {
        return keccak256(abi.encode(ABORT_TYPEHASH, a.task, a.party, a.kind, a.reason, a.statement));
    }

    function hash(ResultAttestation calldata r) internal pure returns (bytes32) {
        return keccak256(abi.encode(RESULT_ATTESTATION_TYPEHASH, r.task, r.runId, r.resultUser, r.resultHash));
    }

    function hash(AnchorUpdate calldata u) internal pure returns (bytes32) {
        return keccak256(abi.encode(ANCHOR_UPDATE_TYPEHASH, u.party, u.epoch, u.size, u.root));
    }

    /// @notice Hash of a list of words, or of strings given as their hashes.
    function hashList(bytes32[] calldata list) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(list));
    }
}

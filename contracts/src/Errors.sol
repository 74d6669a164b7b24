// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TaskState} from "./Types.sol";

// Every reason a contract of ours may refuse for. An error of one contract may surface in a call to another
// (`Tasks.start` calls `Consents`), so a client decodes with the union of the ABIs.

// --- common ---
/// @param field Name of the value, as ASCII.
error ZeroValue(bytes32 field);
/// @param field Name of the value, as ASCII.
error OutOfRange(bytes32 field, uint256 value, uint256 min, uint256 max);
/// @param list Name of the list, as ASCII.
error BadLength(bytes32 list, uint256 length, uint256 min, uint256 max);
/// @param list Name of the list, as ASCII.
error Duplicate(bytes32 list, bytes32 item);
error BadSignature(address signer, bytes32 digest);
error NotAllowed(address caller, bytes32 party);

// --- parties ---
error UnknownParty(bytes32 party);
error PartyExists(bytes32 party);
error PartyNotActive(bytes32 party);
error PartyNotSuspended(bytes32 party);
error WalletTaken(address wallet, bytes32 party);
error WalletIsNodeSigner(address wallet);
error NoKeysAt(bytes32 party, uint256 blockNumber);
error FutureBlock(uint256 asked, uint256 current);
error MissingRole(bytes32 party, uint32 role);

// --- data sets ---
error NotOwner(bytes32 dataSet, bytes32 party);
error WrongVersion(bytes32 dataSet, uint32 given, uint32 expected);
error UnknownVersion(bytes32 dataSet, uint32 version);
error VersionRetired(bytes32 dataSet, uint32 version);
error OwnAttestation(bytes32 dataSet, bytes32 party);

// --- programs ---
error UnknownProgram(bytes32 program);
error ProgramExists(bytes32 program);
error RetiredProgram(bytes32 program);
error AlreadyApproved(bytes32 program, bytes32 certifier);
error OwnApproval(bytes32 program, bytes32 certifier);
error NotEnoughApprovals(bytes32 program, uint8 approvals, uint8 required);
error LevelNotReached(bytes32 program, uint8 level, uint8 required);
error CommitteeSize(bytes32 program, uint256 size, uint8 min, uint8 max);

// --- consents ---
error Paused();
error OnlyTasks(address caller);
error UnknownAuthorization(bytes32 authorization);
error RevokedAuthorization(bytes32 authorization, bytes32 owner);
error NotYetValid(bytes32 authorization, uint64 notBefore, uint64 time);
error NoLongerValid(bytes32 authorization, uint64 notAfter, uint64 time);
error NoUsesLeft(bytes32 authorization);
/// @param field Name of the authorization's field that does not cover the task, as ASCII.
error NotCovered(bytes32 authorization, bytes32 field);
error TaskNotEndedWithoutResult(bytes32 task, TaskState state);
error UseNotConsumed(bytes32 task, bytes32 authorization);
error UseAlreadyReturned(bytes32 task, bytes32 authorization);

// --- tasks ---
error WrongWiring(address contractAddress);
error TaskExists(bytes32 task);
error WrongState(bytes32 task, TaskState state);
error DeadlinePassed(bytes32 task, uint64 deadline, uint64 time);
error DeadlineNotPassed(bytes32 task, uint64 deadline, uint64 time);
error AuditorOnCommittee(bytes32 party);
error SameOperator(bytes32 party, bytes32 other, bytes32 operator);
/// @dev Two committee members share a node signer or a node key.
error SameKey(bytes32 party, bytes32 other);
error NotInTask(bytes32 task, bytes32 party);
error AlreadyCommitted(bytes32 task, bytes32 party);
error AlreadyAttested(bytes32 task, bytes32 party);
error AlreadyReviewed(bytes32 task);
error NotReleased(bytes32 task);
error WrongRun(bytes32 task, bytes32 given, bytes32 expected);

// --- anchors ---
error WrongEpoch(bytes32 party, uint64 given, uint64 expected);
/// @dev The log shrank, or has two roots for one size, or the proof does not connect them.
error ForkedLog(bytes32 party, uint64 oldSize, uint64 size);
error TooManyNoted(bytes32 party, uint256 limit);

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CommitteeKind, ReleaseKind, TaskState} from "./Types.sol";

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
/// @dev What is signed names the ordinal of the change it makes, so that it is used once and in its order.
error WrongOrdinal(bytes32 subject, uint64 given, uint64 expected);
error NoWalletChange(bytes32 party);
error NoSuchPeriod(bytes32 party, uint64 period);
error MissingRole(bytes32 party, uint32 role);

// --- data sets ---
error NotOwner(bytes32 dataSet, bytes32 party);
error WrongVersion(bytes32 dataSet, uint32 given, uint32 expected);
error UnknownVersion(bytes32 dataSet, uint32 version);
error VersionRetired(bytes32 dataSet, uint32 version);
error OwnAttestation(bytes32 dataSet, bytes32 party);
error AlreadyStated(bytes32 dataSet, uint32 version, bytes32 party, bytes32 statement);

// --- programs and engines ---
error UnknownRelease(bytes32 release);
error ReleaseExists(bytes32 release);
error RetiredRelease(bytes32 release);
/// @dev A program where an engine is asked for, or the other way round.
error WrongKind(bytes32 release, ReleaseKind kind);
error AlreadyApproved(bytes32 release, bytes32 certifier);
/// @dev The certifier publishes it, or is run by who publishes it.
error OwnApproval(bytes32 release, bytes32 certifier);
error NotEnoughApprovals(bytes32 release, uint8 approvals, uint8 required);
error LevelNotReached(bytes32 program, uint8 level, uint8 required);
error CommitteeSize(bytes32 program, uint256 size, uint8 min, uint8 max);
/// @param field Name of what the newer release does not share with the older one, or has less of, as ASCII.
error NoSuccessor(bytes32 older, bytes32 newer, bytes32 field);
/// @dev The older release has an approved successor that is not retired.
error AlreadySucceeded(bytes32 older, bytes32 newer);
error SuccessionNotDeclared(bytes32 older, bytes32 newer);

// --- consents ---
error Paused();
error OnlyTasks(address caller);
error UnknownAuthorization(bytes32 authorization);
error RevokedAuthorization(bytes32 authorization, bytes32 owner);
error NotYetValid(bytes32 authorization, uint64 notBefore, uint64 time);
error NoLongerValid(bytes32 authorization, uint64 notAfter, uint64 time);
error NotEnoughUses(bytes32 authorization, uint32 usesLeft, uint32 asked);
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
/// @dev The programs of a task differ in who commits.
error MixedCommittees(bytes32 program, CommitteeKind committee, CommitteeKind other);
/// @dev The compute parties are not exactly the owners of the data.
error CommitteeNotOwners(bytes32 party);
error AuditorOnCommittee(bytes32 party);
error SameOperator(bytes32 party, bytes32 other, bytes32 operator);
/// @dev Two committee members share a node signer or a node key.
error SameKey(bytes32 party, bytes32 other);
error NoReservesLeft(bytes32 task, uint32 maxReserves);
error NotInTask(bytes32 task, bytes32 party);
error AlreadyCommitted(bytes32 task, bytes32 party);
error AlreadyAttested(bytes32 task, bytes32 party);
error AlreadyReviewed(bytes32 task);
error ReviewOver(bytes32 task, uint64 reviewBy, uint64 time);
error ReviewNotOver(bytes32 task, uint64 reviewBy, uint64 time);
error NotReleased(bytes32 task);
error WrongRun(bytes32 task, bytes32 given, bytes32 expected);

// --- start conditions ---
error ConditionExists(address condition);
error UnknownCondition(address condition);
error RemovalScheduled(address condition, uint64 removedFrom);
error TooManyConditions(uint256 limit);

// --- models ---
error UnknownModel(bytes32 model);
error ModelExists(bytes32 model);
error RetiredModel(bytes32 model);
/// @dev The proposal shown is not that of the task that made the model.
error WrongMaker(bytes32 given, bytes32 expected);
error NotModelOwner(bytes32 model, bytes32 party);
error UnknownLicence(bytes32 model, bytes32 licence);
error LicenceExists(bytes32 model, bytes32 licence);
/// @dev Not the hash of "exclusive", "sole" or "ordinary".
error UnknownKind(bytes32 kind);
error RetiredLicence(bytes32 model, bytes32 licence);
/// @dev They overlap in time, and one of them is exclusive or sole.
error LicenceConflict(bytes32 model, bytes32 licence, bytes32 other);
error TooManyLicences(bytes32 model, uint256 limit);
error NotLicensee(bytes32 model, bytes32 licence, bytes32 party);
error LicenceNotYetValid(bytes32 model, bytes32 licence, uint64 notBefore, uint64 time);
error LicenceNoLongerValid(bytes32 model, bytes32 licence, uint64 notAfter, uint64 time);
error NotEnoughLicensedUses(bytes32 model, bytes32 licence, uint32 usesLeft, uint32 asked);
/// @dev Not even an owner may use the model while this licence lasts.
error ExclusivelyLicensed(bytes32 model, bytes32 licence);

// --- budgets ---
error BudgetExceeded(bytes32 dataSet, uint64 asked, uint64 left);

// --- anchors ---
error WrongEpoch(bytes32 party, uint64 given, uint64 expected);
/// @dev The log shrank, or has two roots for one size, or the proof does not connect them.
error ForkedLog(bytes32 party, uint64 oldSize, uint64 size);
error TooManyNoted(bytes32 party, uint256 limit);

// --- passkey accounts ---
error OnlySelf(address caller);
error WrongNonce(uint256 given, uint256 expected);
/// @dev Nothing answers there, so a call would change nothing and look like a success.
error NotContract(address target);
error NotOnCurve(bytes32 x, bytes32 y);
error PasskeyExists(bytes32 passkey);
error UnknownPasskey(bytes32 passkey);

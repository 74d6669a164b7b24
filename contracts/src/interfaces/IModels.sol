// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LicenceGrant, LicenceKind, LicenceRecord, ModelRecord, ModelRegistration, Proposal} from "../Types.sol";
import {IStartCondition} from "./IStartCondition.sol";

/// @title Kept models: who owns them, who may use them, and how often
/// @notice A start condition: a task that names a model starts only if its proposer owns the model or holds a licence, and
/// takes its uses from that licence. Nodes keep the model itself; here stand its hash and the rules.
///
/// Owners decide together: whatever concerns all of them carries one signature for each, in the record's order. An owner's
/// wallet signs (EIP-712; EIP-1271 for a contract) or, with an empty signature, calls.
///
/// Warning: a licence is a permission, and the owners together can end it (as a data owner can revoke). What an early end
/// costs them is for the contract between them, not for the chain.
/// Warning: uses of a licence never come back. To make good for a run that failed, the owners grant another licence.
/// Warning: a node knows which output of which task it keeps. It uses a model only if task and hash here are its own.
interface IModels is IStartCondition {
    event ModelRegistered(
        bytes32 indexed model, bytes32 indexed task, bytes32 modelHash, bytes32[] owners, uint16[] shares
    );
    event ModelRetired(bytes32 indexed model);
    event LicenceGranted(
        bytes32 indexed model,
        bytes32 indexed licence,
        bytes32 indexed licensee,
        LicenceKind kind,
        uint32 maxUses,
        uint64 notBefore,
        uint64 notAfter
    );
    /// @param byLicensee Whether the licensee gave it up; else the owners ended it.
    event LicenceRetired(bytes32 indexed model, bytes32 indexed licence, bool byLicensee);
    /// @param licence keccak256("") for an owner's own use; `usesLeft` is zero then.
    event ModelUsed(
        bytes32 indexed model, bytes32 indexed task, bytes32 indexed licence, bytes32 user, uint32 uses, uint32 usesLeft
    );

    /// @notice Registers a model that a completed (and, where a reviewer is named, approved) task made.
    /// @param maker The proposal of that task.
    /// @param signatures One for each of `signersOf`, in that order: the owners, the proposer of the task, and the owners of
    /// the data that went in. So nobody takes a model for its own behind the back of those who made it.
    /// @dev A task's model, known by its hash, is registered once.
    /// Warning: ids are first come, first served. A name holds 128 random bits, so a taken one costs a new draw only.
    /// Warning: owners and shares are for ever. An owner that cannot sign any more stops every later grant.
    function register(ModelRegistration calldata m, Proposal calldata maker, bytes[] calldata signatures) external;

    /// @notice Retires a model for future starts and reserves, for ever. All owners decide, suspended ones included.
    /// Warning: tasks that started go on, with the uses they took.
    function retire(bytes32 model, bytes[] calldata signatures) external;

    /// @notice Grants a licence. All owners decide, all active.
    /// @dev Where two licences of a model overlap in time, both are ordinary: an exclusive or sole one stands alone until its
    /// end, whether or not its uses last that long, or until it is retired. At most 64 licences stand at a time.
    /// Warning: an exclusive licence keeps the owners themselves from using the model, as long as it lasts.
    function grant(LicenceGrant calldata g, bytes[] calldata signatures) external;

    /// @notice Ends a licence for future starts and reserves. All owners decide, suspended ones included.
    function retireLicence(bytes32 model, bytes32 licence, bytes[] calldata signatures) external;

    /// @notice Gives a licence up. The licensee decides, also while suspended.
    function giveUpLicence(bytes32 model, bytes32 licence, bytes calldata signature) external;

    /// @notice Whose signatures a registration needs, in order.
    function signersOf(ModelRegistration calldata m, Proposal calldata maker) external view returns (bytes32[] memory);

    /// @notice The model; status None when there is none.
    function get(bytes32 model) external view returns (ModelRecord memory);

    /// @notice A licence of the model; status None when there is none.
    function licenceOf(bytes32 model, bytes32 licence) external view returns (LicenceRecord memory);

    /// @notice Licences of the model that are neither retired nor, when the last one was granted, over.
    function standing(bytes32 model) external view returns (bytes32[] memory);
}

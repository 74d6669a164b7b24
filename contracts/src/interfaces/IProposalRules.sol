// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CommitteeKind, Proposal} from "../Types.sol";
import {IDataSets} from "./IDataSets.sol";
import {IPartyRegistry} from "./IPartyRegistry.sol";
import {IPrograms} from "./IPrograms.sol";

/// @title What can be said of a proposal once and for ever
/// @notice Releases, versions of data sets and parties' operators and roles never change once they are registered. So who
/// commits, and whether those who check are independent of those whom they check, is decided at the proposal; a start
/// looks only at what may have changed since. Anyone may ask before anything is signed.
interface IProposalRules {
    /// @notice Reverts unless the proposal may be made; says who commits, how, and who owns the data.
    ///
    /// Lists and numbers are within their bounds; the deadline is within `maxLifetime` of `time`; a review is due between
    /// the deadline and `MAX_REVIEW` after it, and without a reviewer there is no such time.
    ///
    /// All programs declare the same kind of committee. `Three`: the named compute parties, at least three compute
    /// providers. `Owners`: exactly the owners of the data, at least two. In both the operators are distinct and nobody
    /// holds audit rights. `None`: no compute parties are named, and each owner commits for itself.
    ///
    /// No auditor is run by the operator of one who commits, owns data, proposes or published what runs. The reviewer is
    /// run by nobody's operator who commits, proposes, published what runs or receives the result; it may be an owner that
    /// commits nothing, for the review is for the owners.
    /// @param time Unix seconds, as the caller reads it.
    function check(Proposal calldata p, uint64 time, uint64 maxLifetime)
        external
        view
        returns (CommitteeKind kind, bytes32[] memory committers, bytes32[] memory owners);

    function registry() external view returns (IPartyRegistry);

    function dataSets() external view returns (IDataSets);

    function programs() external view returns (IPrograms);
}

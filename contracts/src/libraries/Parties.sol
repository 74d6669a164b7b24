// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MissingRole, NotAllowed, PartyNotActive} from "../Errors.sol";
import {PartyRecord, PartyStatus} from "../Types.sol";
import {IPartyRegistry} from "../interfaces/IPartyRegistry.sol";

/// @title Questions that every contract asks about a party
library Parties {
    /// @notice The party, which must be active.
    function requireActive(IPartyRegistry registry, bytes32 party) internal view returns (PartyRecord memory record) {
        record = registry.get(party);
        if (record.status != PartyStatus.Active) revert PartyNotActive(party);
    }

    /// @notice Reverts unless the party was admitted with this role.
    function requireRole(PartyRecord memory record, bytes32 party, uint32 role) internal pure {
        if (record.roles & role == 0) revert MissingRole(party, role);
    }

    /// @notice Whether the caller is the party's wallet or node signer.
    function isCaller(PartyRecord memory record) internal view returns (bool) {
        return msg.sender == record.wallet || msg.sender == record.nodeSigner;
    }

    /// @notice Reverts unless the caller is the party's wallet.
    function requireWalletCaller(PartyRecord memory record, bytes32 party) internal view {
        if (msg.sender != record.wallet) revert NotAllowed(msg.sender, party);
    }
}

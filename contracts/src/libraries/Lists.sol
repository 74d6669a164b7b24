// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BadLength, Duplicate} from "../Errors.sol";

/// @title Bounds and distinctness of lists given by callers
library Lists {
    /// @param list Name of the list, as ASCII, for the error.
    function requireLength(bytes32 list, uint256 length, uint256 min, uint256 max) internal pure {
        if (length < min || length > max) revert BadLength(list, length, min, max);
    }

    /// @notice Reverts when two items are equal. Order is not looked at: it is whatever was signed.
    /// @dev Every pair is compared: check the length first.
    function requireDistinct(bytes32 list, bytes32[] calldata items) internal pure {
        for (uint256 i = 1; i < items.length; i++) {
            for (uint256 j = 0; j < i; j++) {
                if (items[i] == items[j]) revert Duplicate(list, items[i]);
            }
        }
    }
}

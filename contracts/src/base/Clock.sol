// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The one place where a contract reads the time
/// @dev Warning: a block's time is chosen by its validator, within the chain's tolerance. Deadlines and windows are
/// therefore exact against the chain's own time only, and nothing finer than seconds is decided by it.
abstract contract Clock {
    /// @return Unix seconds.
    function _now() internal view virtual returns (uint64) {
        return uint64(block.timestamp);
    }
}

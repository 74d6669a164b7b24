// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev The cheatcodes that the tests use. forge-std is on no package registry.
interface Vm {
    function addr(uint256 key) external pure returns (address);
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function signP256(uint256 key, bytes32 digest) external pure returns (bytes32 r, bytes32 s);
    function publicKeyP256(uint256 key) external view returns (uint256 x, uint256 y);
    function prank(address sender) external;
    function startPrank(address sender) external;
    function stopPrank() external;
    function warp(uint256 time) external;
    function roll(uint256 blockNumber) external;
    function chainId(uint256 id) external;
    function etch(address target, bytes calldata code) external;
    function store(address target, bytes32 slot, bytes32 value) external;
    function signAndAttachDelegation(address implementation, uint256 key) external returns (SignedDelegation memory);
    function expectRevert(bytes calldata revertData) external;
    function expectEmit(address emitter) external;
    function assume(bool condition) external pure;
    function computeCreateAddress(address deployer, uint256 nonce) external pure returns (address);
    function getNonce(address account) external view returns (uint64);
    function readFile(string calldata path) external view returns (string memory);
    function parseJsonTypeArray(string calldata json, string calldata key, string calldata kind)
        external
        pure
        returns (bytes memory);
    function getRecordedLogs() external returns (Log[] memory);
    function recordLogs() external;

    struct SignedDelegation {
        uint8 v;
        bytes32 r;
        bytes32 s;
        uint64 nonce;
        address implementation;
    }

    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }
}

Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

/// @dev Assertions that say what differed.
abstract contract Check {
    error NotEqual(bytes32 what, bytes32 got, bytes32 wanted);
    error NotTrue(bytes32 what);

    function eq(bytes32 what, bytes32 got, bytes32 wanted) internal pure {
        if (got != wanted) revert NotEqual(what, got, wanted);
    }

    function eq(bytes32 what, uint256 got, uint256 wanted) internal pure {
        eq(what, bytes32(got), bytes32(wanted));
    }

    function eq(bytes32 what, address got, address wanted) internal pure {
        eq(what, uint256(uint160(got)), uint256(uint160(wanted)));
    }

    function yes(bytes32 what, bool condition) internal pure {
        if (!condition) revert NotTrue(what);
    }

    function no(bytes32 what, bool condition) internal pure {
        yes(what, !condition);
    }

    /// @dev Fuzzed `x` folded into [min, max].
    function bound(uint256 x, uint256 min, uint256 max) internal pure returns (uint256) {
        return min + x % (max - min + 1);
    }
}

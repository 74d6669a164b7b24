// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Events with more fields than the stack holds
/// @dev `abi.encode` of a struct with a dynamic member is one offset word followed by exactly the encoding of its members
/// as separate arguments. So an event whose data are a struct's members, in order, is the encoding without its first word.
library EventData {
    function emitMembers(bytes32 topic0, bytes32 topic1, bytes memory encodedStruct) internal {
        assembly ("memory-safe") {
            log2(add(encodedStruct, 0x40), sub(mload(encodedStruct), 0x20), topic0, topic1)
        }
    }

    function emitMembers(bytes32 topic0, bytes32 topic1, bytes32 topic2, bytes memory encodedStruct) internal {
        assembly ("memory-safe") {
            log3(add(encodedStruct, 0x40), sub(mload(encodedStruct), 0x20), topic0, topic1, topic2)
        }
    }
}

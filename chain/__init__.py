"""The only home of web3: compile, bindings, deploy, devnet, gateway, indexer, proofs."""

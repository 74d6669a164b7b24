-- How a later block proves an earlier one, kept as the chain passes so that no node needs old state for it. A row is one
-- hop: the header of `ancestor` and its proof in the state of `base`. Ancestors are every 8,000th block, and the heads of
-- bundles. Hops are proofs: whoever gets one checks it. Bundles without a head are of an earlier format and are rebuilt.
-- depends: 0004.roles

ALTER TABLE tally.bundles ADD COLUMN head_block bigint CHECK (head_block >= 0);

CREATE TABLE tally.chain_hops (
    ancestor bigint PRIMARY KEY CHECK (ancestor >= 0),
    base bigint NOT NULL CHECK (base > ancestor AND base - ancestor <= 8191),
    base_header bytea NOT NULL,
    proof jsonb NOT NULL
);

-- Blocks that want a hop, so that nobody has to look for them among those that have one.
CREATE TABLE tally.hops_due (block bigint PRIMARY KEY CHECK (block >= 0));

GRANT SELECT, INSERT, UPDATE, DELETE ON tally.chain_hops, tally.hops_due TO tally_app;

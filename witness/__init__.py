"""A witness: it follows logs, remembers one head of each, and cosigns what extends it (C2SP tlog-witness). It trusts nobody's word."""

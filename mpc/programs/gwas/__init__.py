"""Genome-wide association: tests of many variants, one by one."""

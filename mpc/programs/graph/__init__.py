"""Graphs whose edges are several owners'."""

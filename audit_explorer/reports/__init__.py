"""Reports for paper: HTML that stands alone, of which the same inputs give the same bytes, whoever prints it.

:mod:`audit_explorer.reports.inputs` is what a report over a period is made of, :mod:`audit_explorer.reports.period` counts it,
:mod:`audit_explorer.reports.one_task` tells one task from its evidence bundle, :mod:`audit_explorer.reports.paper` writes HTML and
:mod:`audit_explorer.reports.printing` makes PDF of it.
"""

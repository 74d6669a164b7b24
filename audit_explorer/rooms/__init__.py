"""One module for each page: what it reads (``queries/<page>.sql``), what it shows, and its words in both languages.

:mod:`audit_explorer.rooms.frame` has what pages are made of, :mod:`audit_explorer.rooms.listing` what lists share.
"""

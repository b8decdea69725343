"""Photos: their sources, their ledger and the removal list."""

"""Building blocks without domain knowledge: errors, arrays, files, tables."""

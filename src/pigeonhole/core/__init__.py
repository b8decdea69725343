"""General building blocks: errors, array types, geometry, files and tables."""

"""What the Snakemake workflow needs around the library."""

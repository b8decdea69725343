"""Support for the scripts and rules of the Snakemake workflow."""

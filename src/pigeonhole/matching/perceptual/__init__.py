"""The perceptual match mode: minimize the local and the low-pass error together."""

"""The live preview, with its summary and its tiles."""

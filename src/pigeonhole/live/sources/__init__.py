"""Sources of frames: cameras, video files, folders, browsers and a test image."""

"""Sources of photos: demo, folder, Pexels, Openverse."""

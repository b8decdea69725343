"""Sources of photos: demo, folder, Pexels and Openverse."""

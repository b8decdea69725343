"""A small project of the studio for tests."""

import numpy as np

from pigeonhole.imaging.codecs import write_jpeg, write_png
from pigeonhole.studio.projects.project import Project

TARGET = "small"


def make_project(folder, photos=6, **patch):
    """Make a project of a few photos and a target of 4x4 cells."""
    project = Project.create(folder)
    random = np.random.default_rng(5)
    for number in range(photos):
        color = random.integers(40, 216, 3)
        photo = random.normal(color, 20, (40, 60, 3)).clip(0, 255).astype(np.uint8)
        photo[:, :30] //= 2
        write_jpeg(project.photos_folder / f"{number}.jpg", photo)
    target = random.integers(0, 256, (16, 24, 3), np.uint8)
    write_png(project.folder / f"target/{TARGET}.png", target)
    write_png(project.private_folder / f"{TARGET}.png", target)
    choice = {"name": TARGET, "file": f"{TARGET}.png"}
    tiles, mosaic = {"size": "6x4", "variants": 1}, {"width": 24}
    made = {"target": choice, "tiles": tiles, "mosaic": mosaic, "cut": "photos"}
    project.history.change(made | patch, "Set up", None)
    project.save()
    return project

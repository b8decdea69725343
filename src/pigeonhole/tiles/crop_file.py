"""A file of crops chosen by hand."""

from pathlib import Path

from pigeonhole.core.errors import SettingsError
from pigeonhole.settings import TileSetSettings, read_settings_file
from pigeonhole.settings.files import UnreadableSettings
from pigeonhole.settings.validation import validate


def with_crops(settings: TileSetSettings, path: Path) -> TileSetSettings:
    """
    Return settings with the crops in a file, JSON or YAML: {photo: [x, y, w, h]}.

    Raises
    ------
    SettingsError
        The file is missing or damaged.
    """
    try:
        crops = read_settings_file(path)
        values = {**settings.model_dump(mode="json"), "crops": crops}
        return validate(TileSetSettings, values, "tiles")
    except UnreadableSettings as error:
        hint = f"{error.detail}."
    except SettingsError as error:
        fault = error.renamed(error.key.removeprefix("tiles.crops."))
        hint = f"{fault} Correct the file."
    raise SettingsError("tiles.crops", str(path), hint)

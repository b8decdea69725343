"""Invalid settings, with parts of their error messages."""

# Each message contains the key, the value and a hint.
MISTAKES = [
    ({"photos": {"qurey": "cat"}}, ["photos.qurey:", "did you mean photos.query?"]),
    ({"photo": {}}, ["photo:", "did you mean photos?"]),
    (
        {"mosaic": {"match_jobs": 2}},
        ["mosaic.match_jobs: ", "in a profile", "set-scatter: {mosaic: 2}"],
    ),
    ({"photos": {"source": "flickr"}}, ["photos.source", "flickr", "'demo'"]),
    ({"photos": {"count": -5}}, ["photos.count", "-5", "at least 1"]),
    (
        {"photos": {"count": "many"}},
        ["photos.count", "many", "must be an integer."],
    ),
    ({"photos": {"count": 10**9}}, ["photos.count", "1000000000", "20,000"]),
    ({"photos": {"query": "  "}}, ["photos.query", "must not be empty"]),
    (
        {"photos": {"source": "folder"}},
        ["photos.folder is null", "needs the path of a folder"],
    ),
    (
        {"photos": {"source": "folder", "folder": "no/such/place"}},
        ["photos.folder", "no/such/place", "check the path"],
    ),
    ({"photos": None}, ["photos is null", "settings indented below it"]),
    ({"tiles": {"cats": {"cut_jobs": 2}}}, ["tiles.cats.cut_jobs", "in a profile"]),
    ({"faces": {"margin": "nan"}}, ["faces.margin", "nan", "finite"]),
    ({"tiles": {}}, ["tiles", "{}", "must not be empty"]),
    ({"tiles": {"faces": {"size": "12*16"}}}, ["tiles.faces.size", "12*16", "12x16"]),
    ({"tiles": {"faces": {"size": "0x16"}}}, ["tiles.faces.size", "0x16", "12x16"]),
    ({"tiles": {"faces": {"size": 22}}}, ["tiles.faces.size", "22", "WIDTHxHEIGHT"]),
    (
        {"tiles": {"faces": {"size": "4000x4000"}}},
        ["tiles.faces.size", "4000x4000", "1000x1000"],
    ),
    ({"tiles": {"faces": {"sise": "1x1"}}}, ["tiles.faces.sise", "tiles.faces.size"]),
    ({"tiles": {"faces": {"cut": "eyes"}}}, ["tiles.faces.cut", "eyes", "'photos'"]),
    (
        {"tiles": {"faces": {"crops": {"a.jpg": [1, 2]}}}},
        ["tiles.faces.crops.a.jpg", "[1, 2]", "[x, y, width, height]"],
    ),
    ({"tiles": {"../up": {}}}, ["tiles.../up", "must consist of letters"]),
    ({"mosaic": {"tiles": "cats"}}, ["mosaic.tiles", "cats", "faces, live"]),
    ({"mosaic": {"width": 8}}, ["mosaic.width", "8", "at least 12"]),
    ({"mosaic": {"targets": []}}, ["mosaic.targets", "[]", "must not be empty"]),
    ({"mosaic": {"targets": ["no.jpg"]}}, ["mosaic.targets", "no.jpg", "astronaut"]),
    (
        {"mosaic": {"repetition": {"max_uses": 0}}},
        ["mosaic.repetition.max_uses", "0", "at least 1"],
    ),
    (
        {"mosaic": {"print": {"size": "60x90"}}},
        ["mosaic.print.size", "60x90", "such as 60x90 cm"],
    ),
    (
        {"mosaic": {"large": {"formats": ["bmp"]}}},
        ["mosaic.large.formats.0", "bmp", "tif"],
    ),
    ({"live": {"frame_size": "641x480"}}, ["live.frame_size", "641x480", "16x12"]),
    (
        {"live": {"cell_size": "30x20"}},
        ["live.frame_size", "640x480", "30x20", "live.cell_size"],
    ),
    ({"live": {"tiles": ["live", "cats"]}}, ["live.tiles", "cats", "faces, live"]),
    ({"live": {"record": "film.avi"}}, ["live.record", "film.avi", "webm"]),
    (
        {"live": {"scale": 16, "frame_size": "1280x960"}},
        ["live.scale", "16", "20480x15360"],
    ),
    ({"birthday": {"bits": [4, 99]}}, ["birthday.bits.1", "99", "at most 48"]),
    ({"birthday": {"collision_bits": 64}}, ["birthday.collision_bits is 64", "a list"]),
    ({"seed": -1}, ["seed", "-1", "at least 0"]),
    (
        {"mosaic": {"lowpass_weight": "x"}},
        ["mosaic.lowpass_weight is 'x'", "must be a number"],
    ),
    ({"photos": {"color": "Red"}}, ["photos.color is 'Red'", "in lowercase"]),
    ({"photos": {"locale": "de"}}, ["photos.locale is 'de'", "such as en-US"]),
    ({"photos": {"count": True}}, ["photos.count is 'true'", "must be an integer"]),
    ({"birthday": {"bits": []}}, ["birthday.bits is []", "must not be empty"]),
    (
        {"mosaic": {"replace": [1]}},
        ["mosaic.replace is [1]", "must consist of names with values"],
    ),
    (
        {"mosaics": {"targets": ["astronaut"], "width": 1200}},
        ["mosaics: there is no such setting; did you mean mosaic?"],
    ),
    (
        {"mosaic": {"pin": [{"row": 1, "column": 2}]}},
        ["mosaic.pin.0.tile is null", "must be set"],
    ),
    (
        {"mosaic": {"pin": [{"row": -1, "column": 2, "tile": "x"}]}},
        ["mosaic.pin.0.row is -1", "at least 0"],
    ),
    ({"mosaic": {"replace": {"": "x"}}}, ["mosaic.replace.''", "must not be empty"]),
    ({"faces": {"rotation": 46}}, ["faces.rotation is 46", "at most 45."]),
    ({"photos": {"color": None}}, ["photos.color is null", "if it begins with #"]),
    ({"photos": {"count": 2, "000": None}}, ["photos.000", "write numbers as 2000"]),
    ({"photos": {"count:5": None}}, ["photos.count:5", "a space after the colon"]),
    ({"live": {"record": "a\0.webm"}}, ["live.record is", "U+0000"]),
    ({"live": {"record": "%88888d.mp4"}}, ["live.record", "%88888d", "time code"]),
    ({"live": {"host": "a\0"}}, ["live.host is", "U+0000"]),
    ({"tiles": {"NUL": {}}}, ["tiles.NUL", "Windows reserves this name"]),
    ({"tiles": {"faces": {}, "Faces": {}, "live": {}}}, ["tiles is 'Faces'", "case"]),
    ({"mosaic": {"mask": "/no/mask.png"}}, ["mosaic.mask", "no such file; check"]),
    ({"mosaic": {"edits": "."}}, ["mosaic.edits is '.'", "isn't a file"]),
    (
        {"faces": {"detector": "yunet"}},
        ["faces.model is null", "faces.detector yunet needs the path of a file"],
    ),
    (
        {"faces": {"detector": "yunet", "model": "no.onnx"}},
        ["faces.model is 'no.onnx'", "there is no such file"],
    ),
    (
        {"birthday": {"key_file": "no.txt"}},
        ["birthday.key_file is 'no.txt'", "there is no such file"],
    ),
    (
        {"photos": {"removal_list": "remvoed.txt"}},
        ["photos.removal_list is 'remvoed.txt'", "create an empty one"],
    ),
    (
        {"mosaic": {"cells": 10**30}},
        ["mosaic.cells is 1000", "must be at most 1,000,000,000"],
    ),
    ({"photos": {"removal_list": "."}}, ["photos.removal_list", "isn't a file"]),
    ({"faces": {"exclude": "no/list.txt"}}, ["faces.exclude", "no such file"]),
]

"""Invalid settings, with parts of their error messages."""

# Each message contains the key, the value and a hint.
MISTAKES = [
    ({"photos": {"qurey": "cat"}}, ["photos.qurey", "cat", "photos.query"]),
    ({"photo": {}}, ["photo is", "photos"]),
    (
        {"mosaic": {"match_jobs": 2}},
        ["mosaic.match_jobs is 2", "in a profile", "set-scatter: {mosaic: 2}"],
    ),
    ({"photos": {"source": "flickr"}}, ["photos.source", "flickr", "'demo'"]),
    ({"photos": {"count": -5}}, ["photos.count", "-5", "greater than or equal to 1"]),
    (
        {"photos": {"count": "many"}},
        ["photos.count", "many", "must be an integer."],
    ),
    ({"photos": {"count": 10**9}}, ["photos.count", "1000000000", "20000"]),
    ({"photos": {"query": "  "}}, ["photos.query", "at least 1 character"]),
    (
        {"photos": {"source": "folder"}},
        ["photos.folder is null", "needs the path of your photos"],
    ),
    (
        {"photos": {"source": "folder", "folder": "no/such/place"}},
        ["photos.folder", "no/such/place", "check the path"],
    ),
    ({"photos": None}, ["photos is null", "settings indented below it"]),
    ({"tiles": {"cats": {"cut_jobs": 2}}}, ["tiles.cats.cut_jobs", "in a profile"]),
    ({"faces": {"margin": "nan"}}, ["faces.margin", "nan", "finite"]),
    ({"tiles": {}}, ["tiles", "{}", "at least 1"]),
    ({"tiles": {"faces": {"size": "12*16"}}}, ["tiles.faces.size", "12*16", "12x16"]),
    ({"tiles": {"faces": {"size": "0x16"}}}, ["tiles.faces.size", "0x16", "12x16"]),
    ({"tiles": {"faces": {"size": 22}}}, ["tiles.faces.size", "22", "WIDTHxHEIGHT"]),
    (
        {"tiles": {"faces": {"size": "4000x4000"}}},
        ["tiles.faces.size", "4000x4000", "1000x1000"],
    ),
    ({"tiles": {"faces": {"sise": "1x1"}}}, ["tiles.faces.sise", "tiles.faces.size"]),
    ({"tiles": {"faces": {"cut": "eyes"}}}, ["tiles.faces.cut", "eyes", "'photos'"]),
    ({"tiles": {"../up": {}}}, ["tiles.../up", "match pattern"]),
    ({"mosaic": {"tiles": "cats"}}, ["mosaic.tiles", "cats", "faces, live"]),
    ({"mosaic": {"width": 8}}, ["mosaic.width", "8", "at least 12"]),
    ({"mosaic": {"targets": []}}, ["mosaic.targets", "[]", "at least 1"]),
    ({"mosaic": {"targets": ["no.jpg"]}}, ["mosaic.targets", "no.jpg", "astronaut"]),
    (
        {"mosaic": {"targets": ["astronaut", "astronaut"]}},
        ["mosaic.targets", "astronaut", "rename one"],
    ),
    (
        {"mosaic": {"repetition": {"max_uses": 0}}},
        ["mosaic.repetition.max_uses", "0", "than"],
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
    ({"birthday": {"bits": [4, 99]}}, ["birthday.bits.1", "99", "less than or equal"]),
    ({"birthday": {"collision_bits": 64}}, ["birthday.collision_bits is 64", "a list"]),
    ({"seed": -1}, ["seed", "-1", "greater than or equal to 0"]),
    (
        {"mosaic": {"lowpass_weight": "x"}},
        ["mosaic.lowpass_weight is 'x'", "must be a number"],
    ),
]

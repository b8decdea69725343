"""The arguments of `pigeonhole ids`, without the imports that answering takes."""

import argparse
from pathlib import Path


def add_ids(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.set_defaults(verb=_ids)
    told = "A known one, as uuid4, ulid, nanoid or git-7; a wrong one lists all."
    parser.add_argument("--scheme", metavar="NAME", help=told)
    parser.add_argument("--bits", type=int, help="Random bits of an id.")
    parser.add_argument(
        "--alphabet", metavar="SIGNS", help="The signs of an id, or their number."
    )
    parser.add_argument("--length", type=int, help="Signs of an id (default: 8).")
    parser.add_argument(
        "--ids", metavar="N", help="How many ids there will be, as 1000000 or 1e6."
    )
    parser.add_argument("--rate", help="How many are made, as 100/s or 5/min.")
    parser.add_argument("--time", help="For how long, as 10y, 30d or 8h.")
    parser.add_argument(
        "--tenants",
        type=int,
        default=1,
        metavar="N",
        help="Who share the ids evenly, and may have the same as another (default: 1).",
    )
    parser.add_argument(
        "--risk",
        type=float,
        default=1e-6,
        help="Accepted chance of any collision (default: %(default)s).",
    )
    parser.add_argument("--json", action="store_true", help="Print JSON.")
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="Draw FILE.svg and FILE.png as well."
    )


def _ids(options: argparse.Namespace) -> None:
    from pigeonhole.cli.ids import ids

    ids(options)

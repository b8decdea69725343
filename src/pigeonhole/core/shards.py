"""How jobs share what lies in a row."""


def bounds(count: int, part: int, parts: int) -> tuple[int, int]:
    """
    Return where one of the parts begins and where it ends, without the last.

    All parts, one after the other, are the whole; sizes differ by 1 at most, and of
    more parts than things some are empty.
    """
    return count * part // parts, count * (part + 1) // parts

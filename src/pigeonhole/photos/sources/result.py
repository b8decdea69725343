"""What a source of photos gives."""

from dataclasses import dataclass, field

from pigeonhole.photos.ledger import AlikeRow, PhotoRow, SkippedRow


@dataclass
class Found:
    """The photos of a source, what it had to skip, and what was there already."""

    rows: list[PhotoRow] = field(default_factory=list)
    skipped: list[SkippedRow] = field(default_factory=list)
    alike: list[AlikeRow] = field(default_factory=list)

    def add(self, row: PhotoRow | SkippedRow) -> None:
        """Put a row into its list."""
        if isinstance(row, PhotoRow):
            self.rows.append(row)
        else:
            self.skipped.append(row)

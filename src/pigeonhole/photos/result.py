"""What a source of photos gives."""

from dataclasses import dataclass, field

from pigeonhole.ledger import PhotoRow, SkippedRow


@dataclass
class Found:
    """The photos of a source, and what it had to skip."""

    rows: list[PhotoRow] = field(default_factory=list)
    skipped: list[SkippedRow] = field(default_factory=list)

    def add(self, row: PhotoRow | SkippedRow) -> None:
        """Put a row into its list."""
        if isinstance(row, PhotoRow):
            self.rows.append(row)
        else:
            self.skipped.append(row)

"""The history of a document: undo and redo."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from pigeonhole.studio.projects.carried_edits import renamed, without
from pigeonhole.studio.projects.document import Document, differences, nested

MAX_UNDO_STEPS = 200
"""Maximum number of steps that can be undone; older ones are dropped."""


@dataclass(frozen=True, slots=True)
class Step:
    """
    One change.

    Attributes
    ----------
    label : str
        What the user did, such as "Cell size".
    before, after : mapping
        Values of the changed settings by their dotted keys.
    gesture : int or None
        Number of the gesture, such as the drag of a slider, that the change is part of.
    """

    label: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    gesture: int | None = None


class History:
    """A document with its changes, which can be undone and redone."""

    def __init__(self, document: Document | None = None) -> None:
        self._document = document or Document()
        self._undo: list[Step] = []
        self._redo: list[Step] = []

    @property
    def document(self) -> Document:
        """The current document."""
        return self._document

    @property
    def undo_label(self) -> str | None:
        """Label of the step that `undo` undoes, or None."""
        return self._undo[-1].label if self._undo else None

    @property
    def redo_label(self) -> str | None:
        """Label of the step that `redo` redoes, or None."""
        return self._redo[-1].label if self._redo else None

    def change(
        self, patch: Mapping[str, Any], label: str, gesture: int | None = None
    ) -> bool:
        """
        Change some settings, and return whether anything changed.

        Parameters
        ----------
        patch : mapping
            See `Document.changed`.
        label : str
            What the user did.
        gesture : int, optional
            Changes of one gesture are one step.

        Raises
        ------
        SettingsError
            Nothing is changed.
        """
        new = self._document.changed(patch)
        after = differences(self._document, new)
        if not after:
            return False
        step = Step(label, differences(new, self._document), after, gesture)
        last = self._undo[-1] if self._undo else None
        if last and gesture is not None and last.gesture == gesture and not self._redo:
            merged = {**step.before, **last.before}, {**last.after, **after}
            step = replace(step, before=merged[0], after=merged[1])
            self._undo.pop()
        # The gesture may have ended where it began.
        if step.before != step.after:
            self._undo = [*self._undo, step][-MAX_UNDO_STEPS:]
        self._redo.clear()
        self._document = new
        return True

    def extend(self, patch: Mapping[str, Any]) -> None:
        """Change some settings as a part of the last step, which undoes both."""
        new = self._document.changed(patch)
        before = differences(new, self._document)
        after = differences(self._document, new)
        if self._undo:
            step = self._undo.pop()
            merged = {**before, **step.before}, {**step.after, **after}
            self._undo.append(replace(step, before=merged[0], after=merged[1]))
        self._document = new

    def undo(self) -> bool:
        """Undo the last step, and return whether there was one."""
        if not self._undo:
            return False
        step = self._undo[-1]
        self._document = self._document.changed(nested(step.before))
        self._undo.pop()
        # What follows is a new step, even of the same gesture.
        self._redo.append(replace(step, gesture=None))
        return True

    def redo(self) -> bool:
        """Redo the step that was undone last, and return whether there was one."""
        if not self._redo:
            return False
        step = self._redo[-1]
        self._document = self._document.changed(nested(step.after))
        self._redo.pop()
        self._undo.append(step)
        return True

    def rename_tiles(self, ids: Mapping[str, str], gone: Collection[str]) -> None:
        """
        Rename tiles in the document and in all steps, such as when photos are added.

        Parameters
        ----------
        ids : mapping
            Old id -> new id.
        gone : collection of str
            Tiles and photos that don't exist anymore; the document drops their edits.
        """
        values = differences(Document(), self._document)
        document = self._document.changed(nested(renamed(values, ids)))
        patch = {"mosaic": without(document.mosaic, gone)}
        self._document = document.changed(patch)
        for steps in (self._undo, self._redo):
            steps[:] = [
                replace(
                    step,
                    before=renamed(step.before, ids),
                    after=renamed(step.after, ids),
                )
                for step in steps
            ]

    def state(self) -> dict[str, Any]:
        """Return all of it as JSON; see `restore`."""
        return {
            "document": nested(differences(Document(), self._document)),
            "undo": [_as_json(step) for step in self._undo],
            "redo": [_as_json(step) for step in self._redo],
        }

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> Self:
        """
        Return the history that `state` describes.

        Raises
        ------
        SettingsError, KeyError, TypeError, AttributeError
            The state is damaged.
        """
        history = cls(Document().changed(state["document"]))
        history._undo = [Step(**step) for step in state["undo"]]
        history._redo = [Step(**step) for step in state["redo"]]
        return history


def _as_json(step: Step) -> dict[str, Any]:
    # Numbers of gestures are those of a page, which may be loaded again.
    return {k: v for k, v in asdict(step).items() if k != "gesture"}

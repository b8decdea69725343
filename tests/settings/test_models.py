"""Settings are data with validation; code that decides results is elsewhere."""

import inspect

import pytest

from pigeonhole.settings import Frozen, LiveSettings


def models(model=Frozen):
    children = model.__subclasses__()
    return children + [model for child in children for model in models(child)]


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_models_have_no_behavior(model):
    """
    Modules of settings aren't inputs of rules: their values are, as params.

    If a model computed something that decides results, an edit of it would rerun
    nothing. Validators may only raise errors. `LiveSettings` is exempt, because a live
    mosaic has no results that could be out of date.
    """
    validators = {
        *model.__pydantic_decorators__.field_validators,
        *model.__pydantic_decorators__.model_validators,
    }
    allowed = {"uses_browser_cameras", "mosaic_size", "has_viewers"}
    behavior = {
        name
        for name, value in vars(model).items()
        if not name.startswith(("__", "model_"))
        and (inspect.isroutine(value) or isinstance(value, property | classmethod))
    }
    behavior -= validators
    behavior -= allowed if model is LiveSettings else set()
    assert not behavior

"""Every generator behind one interface. Adding one is one file and one entry in `MODELS`."""

import ast
import difflib
import inspect
import math
import textwrap
from collections.abc import Mapping
from dataclasses import asdict, fields
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

from genomimic.errors import UsageError
from genomimic.models.autoregressive import Autoregressive
from genomimic.models.base import Limits, Model, Plan, Scalars, Spec, State
from genomimic.models.conditions import Conditions
from genomimic.models.copula import Copula
from genomimic.models.diffusion import Diffusion
from genomimic.models.gan import GAN
from genomimic.models.independent import Independent
from genomimic.models.markov import PWM, Composition, Markov, PositionMarkov, Uniform
from genomimic.models.pca_gaussian import PCAGaussian
from genomimic.models.potts import AutoregressivePotts
from genomimic.models.vae import VAE

__all__ = [
    "MODELS",
    "Conditions",
    "Field",
    "Model",
    "Plan",
    "Scalars",
    "Spec",
    "State",
    "able",
    "build",
    "conditional",
    "config",
    "describe",
    "from_config",
    "model",
]

MODELS: dict[str, type[Model]] = {
    model.name: model
    for model in (
        Uniform,
        Composition,
        PWM,
        Markov,
        PositionMarkov,
        AutoregressivePotts,
        Independent,
        Copula,
        PCAGaussian,
        Autoregressive,
        Diffusion,
        VAE,
        GAN,
    )
}


class Field(NamedTuple):
    """One hyperparameter as users meet it."""

    flag: str
    kind: str
    default: str
    meaning: str


def build(name: str, settings: Mapping[str, Any] | None = None) -> Model:
    """The model called `name`; `settings` are its fields, as text or values, named as flags (free-bits) or as fields.

    >>> build("markov", {"order": "3"})
    Markov(order=3, alpha=None)
    """
    if name not in MODELS:
        raise UsageError(f"there is no model {name!r}{_suggestion(name, MODELS)}; models: {', '.join(MODELS)}")
    model, hints = MODELS[name], get_type_hints(MODELS[name], include_extras=True)
    known = [field.name for field in fields(model)]
    values = {}
    for flag, given in (settings or {}).items():
        field = flag.replace("-", "_")
        if field not in known:
            raise UsageError(
                f"{name} has no setting --{flag}{_suggestion(field, known, '--')}; see: genomimic models {name}"
            )
        values[field] = _converted(f"--{flag}", given, hints[field])
    return model(**values)


def able(method: str) -> str:
    """The names of the models that have a method which not all have.

    >>> able("encode")
    'vae'
    """
    return ", ".join(name for name, model in MODELS.items() if hasattr(model, method))


def conditional() -> str:
    """The names of the models that can be told any label."""
    return " or ".join(name for name, model in MODELS.items() if model.conditional == "anything")


def model(name: str, **settings: Any) -> Model:
    """The model called `name` with the given fields.

    >>> model("vae", latent=8).latent
    8
    """
    return build(name, settings)


def config(model: Model) -> dict[str, Any]:
    """Plain values from which `build` makes the model again; fields that are None are left out."""
    return {"name": model.name} | {key: value for key, value in asdict(model).items() if value is not None}


def from_config(stored: Mapping[str, Any]) -> Model:
    """The model that `config` describes.

    >>> from_config(config(build("markov", {"order": "3"})))
    Markov(order=3, alpha=None)
    """
    settings = dict(stored)
    return build(settings.pop("name"), settings)


def describe(name: str) -> list[Field]:
    """The hyperparameters of a model with defaults and meaning."""
    build(name)
    model, meanings = MODELS[name], _meanings(MODELS[name])
    hints = get_type_hints(model, include_extras=True)
    return [
        Field(
            "--" + field.name.replace("_", "-"),
            _kind(hints[field.name]),
            "chosen by genomimic" if field.default is None else str(field.default),
            meanings[field.name],
        )
        for field in fields(model)
    ]


def _suggestion(word: str, known: Mapping[str, Any] | list[str], dashes: str = "") -> str:
    close = difflib.get_close_matches(word, known, 1)
    return f" (did you mean {dashes}{close[0].replace('_', '-')}?)" if close else ""


def _options(hint: Any) -> tuple[Any, ...]:
    """The types or literal values that a field may hold."""
    if get_origin(hint) is Annotated:
        return _options(hint.__origin__)
    if get_origin(hint) in (Union, UnionType):
        return _options(next(option for option in get_args(hint) if option is not type(None)))
    return get_args(hint) or (hint,)


def _limits(hint: Any) -> Limits:
    """What bounds a number: what its type says, else whole numbers begin at 1 and others at 0."""
    for part in (hint, *get_args(hint)):
        for mark in getattr(part, "__metadata__", ()):
            if isinstance(mark, Limits):
                return mark
    return Limits(1 if _options(hint)[0] is int else 0)


def _kind(hint: Any) -> str:
    options = _options(hint)
    if isinstance(options[0], str):
        return "|".join(options)
    return {int: "integer", float: "number", bool: "yes|no"}[options[0]]


def _expected(hint: Any) -> str:
    """What a user should have written."""
    if _kind(hint) not in ("integer", "number"):
        return _kind(hint)
    limits, article = _limits(hint), "an" if _kind(hint) == "integer" else "a"
    bounds = f"of at least {limits.low:g}" if math.isinf(limits.high) else f"from {limits.low:g} to {limits.high:g}"
    return f"{article} {_kind(hint)} {'above 0' if 0 < limits.low < 1 else bounds}"


def _converted(flag: str, given: Any, hint: Any) -> Any:
    """The value of a field from what a user wrote."""
    options, text = _options(hint), str(given)
    if isinstance(options[0], str):
        if text in options:
            return text
    elif options[0] is bool:
        if text.lower() in ("true", "yes", "1", "false", "no", "0"):
            return text.lower() in ("true", "yes", "1")
    else:
        try:
            value = options[0](text)
        except ValueError:
            value = math.nan
        limits = _limits(hint)
        if limits.low <= value <= limits.high and math.isfinite(value):
            return value
    raise UsageError(f"{flag} {text}: expected {_expected(hint)}")


def _meanings(model: type[Model]) -> dict[str, str]:
    """The sentence that stands below each field in the model's source."""
    body = ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]
    assert isinstance(body, ast.ClassDef)
    return {
        field.target.id: ast.literal_eval(text.value)
        for field, text in zip(body.body, body.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr)
    }

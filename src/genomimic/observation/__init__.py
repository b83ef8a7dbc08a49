"""How a network's numbers become data, by kind of value (see `genomimic.observation.base`).

>>> build({"name": "categorical", "symbols": 4, "ends": False})
Categorical(symbols=4, ends=False)
"""

from collections.abc import Mapping
from typing import Any

from genomimic.observation.base import Measured, Observation, Reach, unstacked
from genomimic.observation.categorical import Categorical
from genomimic.observation.gaussian import Gaussian
from genomimic.observation.negative_binomial import NegativeBinomial

__all__ = [
    "OBSERVATIONS",
    "Categorical",
    "Gaussian",
    "Measured",
    "NegativeBinomial",
    "Observation",
    "Reach",
    "build",
    "unstacked",
]

OBSERVATIONS: dict[str, type[Observation]] = {
    "categorical": Categorical,
    "negative-binomial": NegativeBinomial,
    "gaussian": Gaussian,
}


def build(config: Mapping[str, Any]) -> Observation:
    """The observation whose `config()` this is."""
    return OBSERVATIONS[config["name"]].from_config(config)

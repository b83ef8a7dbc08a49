"""The figures of a report: each with its title, one sentence on how to read it and its words for who cannot see it."""

from genomimic.figures.base import Figure, label_of, letters_of, plotly_figure
from genomimic.figures.data import set_figures
from genomimic.figures.evidence import PICTURES, evidence_figures
from genomimic.figures.model import discriminator_figure, latent_figures, training_figure

__all__ = [
    "PICTURES",
    "Figure",
    "discriminator_figure",
    "evidence_figures",
    "label_of",
    "latent_figures",
    "letters_of",
    "plotly_figure",
    "set_figures",
    "training_figure",
]

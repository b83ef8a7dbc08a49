"""Values that were not measured: filled in, with intervals that hold, and judged beside simpler ways."""

import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import anndata
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import nbinom

from genomimic import latent
from genomimic.errors import UsageError
from genomimic.forecasts import Continuous, Counts, log_negative_binomial
from genomimic.imputation import foretell, impute
from genomimic.imputation_report import render
from genomimic.imputation_scores import PATTERNS, Judged, Trial, coverage, hidden, hide, paired, score
from genomimic.imputers import GeneMean, LowRank, Neighbours, distances
from genomimic.imputing import impute_file
from genomimic.models import build
from genomimic.models.vae import VAE
from genomimic.parts import Parts
from genomimic.reading import read
from genomimic.run import Run
from genomimic.splitting import split
from genomimic.training import fit, spec_of
from genomimic.writing import write
from tests.conftest import TINY, toy
from tests.toys import profiles

BOTH = pytest.mark.parametrize("kind", ["counts", "continuous"])


class Right(VAE):
    """A model that knows: every gene by itself, a share of the library or a mean and a spread."""

    name = "right"

    def impute(self, spec, state, x, at, key, draws):
        params = jnp.broadcast_to(jnp.asarray(spec.start), (draws, *spec.start.shape))
        given = jnp.stack([spec.observation.given(one, x)[at] for one in params[:1]])
        return jnp.repeat(given, draws, 0), jnp.full(draws, -jnp.log(float(draws)))


def independent(n, seed, kind):
    """Genes that tell nothing of one another."""
    rng = np.random.default_rng(seed)
    if kind == "continuous":
        return profiles(rng.normal(np.arange(30) / 3, 1 + np.arange(30) / 10, (n, 30)), kind)
    mean = rng.lognormal(6, 0.3, (n, 1)) * np.random.default_rng(0).dirichlet(np.ones(30))
    return profiles(nbinom.rvs(2.0, 2.0 / (2.0 + mean), random_state=rng), kind)


def right(kind, n=4000):
    train = independent(n, 1, kind)
    return Run(Right(), spec_of(train), None, train.modality)


@BOTH
def test_known_values_stay_and_the_others_lie_within_their_intervals(trained, kind):
    data = toy(300, 5, kind=kind)
    found = impute(trained("vae", kind), data, draws=16)
    known = data.values >= 0 if kind == "counts" else ~np.isnan(data.values)
    np.testing.assert_array_equal(found.filled, ~known)
    for made in (found.values, found.low, found.high):
        np.testing.assert_array_equal(made[known], data.values[known].astype(np.float32))
        assert np.isfinite(made).all()
    assert (found.low[~known] < found.high[~known]).mean() > 0.9
    np.testing.assert_array_equal(impute(trained("vae", kind), data, draws=16).values, found.values)
    assert not np.array_equal(impute(trained("vae", kind), data, draws=16, seed=1).values, found.values)


def test_what_a_cell_gets_does_not_depend_on_the_cells_beside_it(trained):
    run, data = trained("vae", "counts"), toy(300, 5, kind="counts")
    first = replace(data, values=np.where(np.arange(40) < 3, -1, data.values).astype(np.int32))
    whole, part = impute(run, first, draws=16), impute(run, first.take(np.arange(40)), draws=16)
    np.testing.assert_allclose(whole.values[:40], part.values, rtol=1e-5)


def test_zeros_are_values_until_it_is_said_otherwise(trained):
    run, data = trained("vae", "counts"), toy(60, 5, kind="counts")
    zeros, whole = data.values == 0, replace(data, values=np.maximum(data.values, 0))
    found = impute(run, data, zeros=True, draws=16)
    np.testing.assert_array_equal(found.filled, data.values <= 0)
    assert (found.values[zeros] > 0).all()
    with pytest.raises(UsageError, match=r"nothing to impute: no value is missing .*; zeros are values: .* --zeros"):
        impute(run, whole)
    with pytest.raises(UsageError, match="--zeros is for counts"):
        impute(trained("vae", "continuous"), toy(20, 1, kind="continuous"), zeros=True)


def test_runs_that_cannot_impute_say_who_can(trained):
    with pytest.raises(UsageError, match="letters are filled in by: genomimic sample RUN --template"):
        impute(trained("uniform", "fixed"), toy(20, 1))
    with pytest.raises(UsageError, match="independent cannot impute; models that can: vae"):
        impute(trained("independent", "counts"), toy(20, 1, kind="counts"))


@BOTH
def test_a_model_that_is_right_has_intervals_that_cover_and_ranks_that_are_even(kind):
    run, data = right(kind), independent(400, 2, kind)
    asked = hide(data.values, "at random", 0)
    found = foretell(run, hidden(data.values, asked), asked, data.values, draws=99)
    truth = data.values[asked]
    n = len(truth)
    assert coverage(found.rank) == pytest.approx(0.9, abs=5 * np.sqrt(0.09 / n))
    inside = ((found.low <= truth) & (truth <= found.high)).mean()
    assert inside == pytest.approx(0.9, abs=0.04) if kind == "continuous" else 0.87 < inside < 1
    assert np.histogram(found.rank, 5, (0, 1))[0] / n == pytest.approx(0.2, abs=5 * np.sqrt(0.16 / n))


def test_forecasts_of_counts_are_those_of_the_distribution():
    run, data = right("counts"), independent(50, 2, "counts")
    asked = hide(data.values, "whole genes", 0)
    unseen = hidden(data.values, asked)
    found = foretell(run, unseen, asked, data.values, draws=16)
    share, size = np.exp(run.spec.start[:, 0]), np.exp(run.spec.start[:, 1])
    total = np.where(asked, 0, unseen).sum(1) / (~asked @ share)
    mean = (total[:, None] * share)[asked]
    np.testing.assert_allclose(found.mean, mean, rtol=1e-3)
    r = np.broadcast_to(size, asked.shape)[asked]
    np.testing.assert_allclose(found.log_density, nbinom.logpmf(data.values[asked], r, r / (r + mean)), rtol=2e-3)


def test_simple_imputers_by_hand():
    train = np.array([[1.0, 2.0], [3.0, np.nan], [8.0, 6.0]], np.float32)
    cell = np.array([[2.9, np.nan]], np.float32)
    np.testing.assert_allclose(GeneMean()(train, cell), [[4.0, 4.0]])
    np.testing.assert_allclose(distances(cell, train), [[1.9**2, 0.01, 5.1**2]], atol=1e-4)
    np.testing.assert_allclose(Neighbours(2)(train, cell), [[2.0, 2.0]])
    line = np.outer(np.arange(1, 7), [1, 2, 3, 4]).astype(np.float32)
    seen = np.array([[2.5, 5.0, 7.5, np.nan]], np.float32)
    assert LowRank(1, False)(line, seen)[0, 3] == pytest.approx(10, abs=0.1)
    assert LowRank(1, True)(line, seen)[0, 3] == pytest.approx(10, abs=0.1)


def test_gene_means_of_counts_have_the_likelihood_of_a_negative_binomial_about_the_library():
    train = independent(3000, 1, "counts").values
    scale = Counts.of(train)
    cells = independent(500, 2, "counts").values
    asked = hide(cells, "at random", 0)
    unseen = hidden(cells, asked)
    forecast = GeneMean()(scale.scaled(train), scale.scaled(unseen))
    law = scale.fitted(forecast, unseen, cells, asked)
    got = law.log_density(forecast, unseen, cells)[asked].mean()
    mean = scale.depth(unseen) * scale.median * scale.share
    assert got == pytest.approx(log_negative_binomial(cells, mean, 2.0)[asked].mean(), abs=0.05)
    assert coverage(law.rank(forecast, unseen, cells, np.random.default_rng(0))[asked]) == pytest.approx(0.9, abs=0.03)


def test_gene_means_of_continuous_values_are_normal_with_the_spread_of_each_gene():
    data = independent(2000, 1, "continuous").values
    forecast, every = GeneMean()(data, data), np.ones(data.shape, bool)
    law = Continuous.of(data).fitted(forecast, data, data, every)
    np.testing.assert_allclose(law.deviation, 1 + np.arange(30) / 10, rtol=0.08)


def test_what_is_hidden_is_known_and_as_much_as_is_said():
    values = np.array(toy(300, 5, kind="counts").values)
    masks = {pattern: hide(values, pattern, 0) for pattern in PATTERNS}
    assert masks["at random"].mean() == pytest.approx(0.1, abs=0.01)
    assert masks["whole genes"].any(0).sum() == 4
    for mask in masks.values():
        assert (values[mask] >= 0).all()
    low = masks["low expression first"]
    for row, mask in zip(values[:20], low[:20], strict=True):
        assert row[mask].max() <= row[~mask & (row > 0)].min()
        assert mask.sum() == np.ceil(0.1 * (row > 0).sum())


def trial(gain, noise, cells=100):
    rng = np.random.default_rng(0)
    asked = np.ones((cells, 5), bool)
    own = rng.exponential(1, asked.sum())
    judged = [own, own + gain + noise * rng.normal(size=len(own))]
    methods = {
        name: Judged(nats, nats, rng.random(len(nats))) for name, nats in zip(("vae", "gene mean"), judged, strict=True)
    }
    return Trial("at random", asked, methods, 0.9)


def test_an_improvement_is_claimed_only_where_it_is_shown():
    assert "vae is better than every other method" in trial(0.1, 0.1).verdict
    assert "no improvement over gene mean is shown" in trial(0.0, 0.1).verdict
    assert "no improvement over gene mean is shown" in trial(0.05, 2.0).verdict
    assert "gene mean is better; use that instead" in trial(-0.1, 0.1).verdict
    assert "19 cells are too few to tell" in trial(0.1, 0.1, cells=19).verdict


def test_the_page_claims_what_the_verdicts_claim():
    better, even = (
        render([found], data="a.h5ad", filled="9 of 90 values filled in", provenance={"seed": 7, "command": "x <y>"})
        for found in (trial(0.1, 0.1), trial(0.0, 0.1))
    )
    assert "9 of 90 values filled in by vae. vae foretells hidden values better than every simpler method" in better
    assert "No improvement of vae over simpler methods is shown" in even
    assert trial(0.1, 0.1).verdict in better
    assert "x &lt;y&gt;" in better
    own = trial(0.1, 0.1).methods["vae"]
    assert f"<td>{own.nats.mean():.3f}<small>" in better
    assert f"{coverage(own.rank):.1%}<small>" in better
    assert "100 cells: better in 9" in better
    for svg in re.findall(r"<svg.*?</svg>", better):
        assert "nan" not in ElementTree.fromstring(svg).tag + svg


def test_values_of_a_cell_count_as_one():
    cells = np.repeat(np.arange(50), 10)
    by_cell = np.random.default_rng(0).normal(size=50)
    found = paired(np.repeat(by_cell, 10), cells)
    half = 1.96 * by_cell.std(ddof=1) / np.sqrt(50)
    assert found == pytest.approx((by_cell.mean(), by_cell.mean() - half, by_cell.mean() + half))


def test_in_data_without_structure_no_improvement_is_claimed():
    data = [independent(n, seed, "counts") for n, seed in ((600, 1), (200, 2), (150, 3))]
    found = score(right("counts", 600), Parts(*data, split=split(data[0])), draws=16)
    for one in found:
        assert "right is better" not in one.verdict
    assert 0.85 < coverage(found[0].methods["right"].rank) < 0.95


def test_impute_writes_whole_values_intervals_and_scores(tmp_path, trained):
    data = toy(300, 5, kind="counts")
    write(data, tmp_path / "cells.h5ad")
    data = read(tmp_path / "cells.h5ad", missing=True)
    assert data.notes["values_missing"] == (toy(300, 5, kind="counts").values < 0).sum()
    tiny = build("vae", TINY["vae"] | {"steps": "20"})
    made = impute_file(data, tmp_path / "out.h5ad", model=tiny, draws=16)
    whole = anndata.read_h5ad(tmp_path / "out.h5ad")
    filled = whole.layers["imputed"].toarray()
    np.testing.assert_array_equal(filled, data.values < 0)
    np.testing.assert_array_equal(whole.X.toarray()[~filled], data.values[~filled])
    assert (whole.layers["low"].toarray() <= whole.layers["high"].toarray()).all()
    told = json.loads((tmp_path / "out.scores.json").read_text())
    assert [one["hidden"] for one in told["trials"]] == list(PATTERNS)
    assert [one["method"] for one in told["trials"][0]["methods"]][:2] == ["vae", "gene mean"]
    assert (tmp_path / "out.genes.csv").read_text().startswith("gene,hidden,values,nats vae")
    impute_file(data, tmp_path / "t.csv", run=made.run, draws=16)
    again = read(tmp_path / "t.csv", modality="continuous")
    np.testing.assert_allclose(again.values, whole.X.toarray(), rtol=1e-5)
    assert (read(tmp_path / "t.low.csv", modality="continuous").values <= again.values + 1e-6)[~filled].all()
    with pytest.raises(UsageError, match=r"out-run: holds a run already; use it by --run"):
        impute_file(data, tmp_path / "out.h5ad", model=tiny)
    with pytest.raises(UsageError, match="impute is for gene expression"):
        impute_file(toy(20, 1), tmp_path / "x.csv", model=tiny)


def test_the_latent_space_of_cells_with_labels(trained):
    data = toy(400, 1, kind="counts")
    spec = spec_of(data, ["cell_type"])
    run = fit(build("vae", TINY["vae"] | {"steps": "40"}), data, toy(100, 2, kind="counts"), spec=spec)
    some = data.take(np.arange(30))
    np.testing.assert_array_equal(latent.reconstruct(run, some).labels["cell_type"], some.labels["cell_type"])
    assert latent.decode(run, np.zeros((5, 4), np.float32)).values.shape == (5, 40)
    assert latent.interpolate(run, data.take(np.arange(2)), points=3).values.shape == (3, 40)
    assert (latent.reconstruction_error(run, some) > 0).all()
    first = data.labels["cell_type"] == "neuron"
    there, away = (data.take(np.flatnonzero(rows)) for rows in (first, ~first))
    still = latent.shift(run, some, to=there, away=there)
    np.testing.assert_array_equal(still.values, latent.reconstruct(run, some).values)
    moved = latent.shift(run, some, to=there, away=away)
    assert (moved.values != still.values).any()

"""What every model promises, on sequences of one length and of many."""

import itertools

import jax
import numpy as np
import pytest

from genomimic import models
from genomimic.alphabet import DNA
from genomimic.dataset import Dataset
from genomimic.errors import UsageError
from genomimic.modalities.sequences import Sequences
from genomimic.models import MODELS, Spec
from genomimic.observation import Categorical
from genomimic.ordering import order_for
from genomimic.run import Run
from genomimic.sampling import log_likelihood, sample, stream
from genomimic.training import fit, spec_of
from tests.conftest import KINDS, PROFILES, REFUSED, SEQUENCES, TINY, home, toy

LEARNED = [(name, kind) for name in sorted(MODELS) for kind in KINDS if (name, kind) not in REFUSED]
BOTH = pytest.mark.parametrize(("name", "kind"), LEARNED)
EVERY = pytest.mark.parametrize("name", sorted(MODELS))
LIKELY = pytest.mark.parametrize("name", sorted(name for name, model in MODELS.items() if model.likelihood != "none"))


@BOTH
def test_samples_are_values_of_their_kind(trained, name, kind):
    values = sample(trained(name, kind), 300).values
    if kind in PROFILES:
        assert values.shape == (300, 40)
        assert np.isfinite(values).all()
        assert values.dtype == (np.float32 if kind == "continuous" else np.int32)
        assert kind == "continuous" or (values.min() == 0 and values.max() < 20_000)
        return
    assert values.shape == (300, 12)
    assert values.dtype == np.int8
    assert values.min() >= 0
    assert values.max() <= (3 if kind == "fixed" else 4)
    padding = values == 4
    assert not padding[:, 0].any()
    assert (padding[:, 1:] >= padding[:, :-1]).all()


@pytest.mark.parametrize(("name", "kind"), sorted(REFUSED))
def test_data_that_a_model_cannot_learn_are_refused_with_the_name_of_another(trained, name, kind):
    with pytest.raises(UsageError, match=r"(needs|is for) .*; use --model [a-z]"):
        trained(name, kind)


@EVERY
def test_record_i_depends_on_seed_and_i_alone(trained, name):
    run = trained(name)
    whole = sample(run, 600, seed=7).values
    np.testing.assert_array_equal(sample(run, 600, seed=7).values, whole)
    np.testing.assert_array_equal(sample(run, 5, seed=7, start=255).values, whole[255:260])
    for batch in (1, 97, 100_000):
        blocks = list(stream(run, 600, seed=7, batch=batch))
        assert max(map(len, blocks)) <= batch
        np.testing.assert_array_equal(np.concatenate([block.values for block in blocks]), whole)
    assert not np.array_equal(sample(run, 600, seed=8).values, whole)


@pytest.mark.parametrize(("name", "kind"), [pair for pair in LEARNED if hasattr(MODELS[pair[0]], "fill")])
def test_filling_in_keeps_what_is_given_whatever_the_batch_size(trained, tmp_path, name, kind):
    """Given letters stand, others are of those that their code allows, and the record ends with its template."""
    run, texts = trained(name, kind), ["ACGTNNNNNACG", "NNNRRRNNYNTT", "NNNNNNNNNNNN"]
    texts = texts if kind == "fixed" else [text[: 7 + at] for at, text in enumerate(texts)]
    file = tmp_path / "templates.fa"
    file.write_text("".join(f">t{at}\n{text}\n" for at, text in enumerate(texts)))
    made = sample(run, 100, seed=3, template=file)
    assert len(made) == 300
    for at, text in enumerate(texts):
        assert set(made.labels["template"][100 * at : 100 * (at + 1)]) == {f"t{at}"}
        assert (made.values[100 * at : 100 * (at + 1), len(text) :] == 4).all()
        for column, letter in zip(made.values[100 * at : 100 * (at + 1)].T, text, strict=False):
            drawn = {"ACGT"[token] for token in column}
            assert drawn <= set({"N": "ACGT", "R": "AG", "Y": "CT"}.get(letter, letter))
            assert letter in "ACGT" or len(drawn) > 1
    for batch in (1, 97):
        blocks = list(stream(run, 100, seed=3, batch=batch, order=order_for(run, template=file)))
        np.testing.assert_array_equal(np.concatenate([block.values for block in blocks]), made.values)
    assert not np.array_equal(sample(run, 100, seed=4, template=file).values, made.values)


@pytest.mark.parametrize("name", sorted(name for name, model in MODELS.items() if not hasattr(model, "fill")))
def test_models_that_cannot_fill_in_name_those_that_can(trained, name):
    with pytest.raises(UsageError, match=f"{name} cannot fill in a template; models that can: diffusion"):
        sample(trained(name), 3, template="ACGTNNNNNNNN")


@EVERY
def test_samples_say_that_they_are_synthetic(trained, name):
    made = sample(trained(name), 3, start=5)
    assert list(made.labels["origin"]) == ["synthetic"] * 3
    assert list(made.labels["index"]) == ["5", "6", "7"]
    assert made.labels["model"][0] == name


@EVERY
def test_the_same_seed_trains_the_same_state(trained, name):
    kind = home(name)
    again = fit(models.build(name, TINY.get(name)), toy(800, 1, kind=kind), toy(200, 2, kind=kind))
    for a, b in zip(jax.tree.leaves(again.state), jax.tree.leaves(trained(name).state), strict=True):
        np.testing.assert_array_equal(a, b)


LETTERED = [pair for pair in LEARNED if MODELS[pair[0]].likelihood != "none" and pair[1] in SEQUENCES]


@pytest.mark.parametrize(("name", "kind"), LETTERED)
def test_probabilities_of_all_sequences_sum_to_one_or_less(name, kind):
    """A likelihood is a distribution over everything the model can write, and a bound stays below one."""
    ends = kind == "variable"
    train = toy(400, 3, length=4)
    values = train.values.copy()
    if ends:
        values[np.arange(4) >= np.random.default_rng(0).integers(1, 5, (400, 1))] = 4
    data = type(train)(values, train.ids, train.modality)
    run = fit(models.build(name, TINY.get(name)), data, data)
    lengths = range(1, 5) if ends else (4,)
    rows = [(*word, *[4] * (4 - k)) for k in lengths for word in itertools.product(range(4), repeat=k)]
    every = type(train)(np.array(rows, np.int8), np.arange(len(rows)).astype(object), train.modality)
    total = np.exp(log_likelihood(run, every)).sum()
    if run.model.likelihood == "exact":
        assert total == pytest.approx(1, abs=1e-4)
    else:
        assert 0.5 < total < 1.02


@LIKELY
def test_an_unknown_last_letter_is_every_letter_at_once(trained, name):
    run = trained(name)
    if run.model.likelihood != "exact" or not run.spec.ordered:
        pytest.skip("holds for exact likelihoods of letters only")
    row = toy(1, 5).values.copy()
    row[row == 5] = 0
    rows = np.repeat(row, 5, 0)
    rows[:, -1] = [0, 1, 2, 3, 5]
    log_prob = log_likelihood(run, type(toy(1, 5))(rows, np.arange(5).astype(object), run.modality))
    assert np.logaddexp.reduce(log_prob[:4]) == pytest.approx(log_prob[4], abs=1e-4)


@EVERY
def test_config_builds_the_model_again(name):
    model = models.build(name, TINY.get(name)).settled(spec_of(toy(100, 1, kind=home(name))), 1000)
    settings = models.config(model)
    assert models.build(settings.pop("name"), settings) == model


@EVERY
def test_every_setting_has_a_meaning(name):
    for field in models.describe(name):
        assert field.flag.startswith("--")
        assert field.meaning.endswith(".")


@EVERY
def test_state_has_the_shapes_of_its_template(trained, name):
    run = trained(name)
    fresh = jax.eval_shape(lambda key: run.model.init(run.spec, key), jax.random.key(0))
    assert jax.tree.map(lambda x: (x.shape, x.dtype), fresh) == jax.tree.map(lambda x: (x.shape, x.dtype), run.state)


def test_a_run_in_memory_has_no_log():
    run = Run(models.build("uniform"), Spec(1, Categorical(4), np.zeros((1, 4), np.float32)), None, toy(1, 0).modality)
    assert run.log == []
    assert run.stopped == ""


def unstranded(dataset, *, aligned):
    modality = Sequences("dna", stranded=False, aligned=aligned)
    return Dataset(dataset.values, dataset.ids, modality)


@pytest.mark.parametrize("name", ["autoregressive", "diffusion", "potts"])
@pytest.mark.parametrize("kind", SEQUENCES)
def test_both_strands_are_one_record_where_they_count_alike(name, kind):
    """Equal probabilities, a distribution over all records, and samples from either strand."""
    if (name, kind) in REFUSED:
        pytest.skip("refused")
    data = unstranded(toy(300, 1, kind=kind), aligned=kind == "fixed")
    run = fit(models.build(name, TINY[name]), data, data)
    other = DNA.reverse_complement(data.values)
    turned = Dataset(other, data.ids, data.modality)
    assert not np.array_equal(other, data.values)
    np.testing.assert_allclose(log_likelihood(run, turned), log_likelihood(run, data), rtol=1e-4)
    values = sample(run, 2000).values
    forward, backward = ((rows[:, 0] == 0).mean() for rows in (values, DNA.reverse_complement(values)))
    assert forward == pytest.approx(backward, abs=0.05)

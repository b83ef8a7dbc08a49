"""From one-hot letters to a judged generator: the script behind docs/tutorial.md.

    python examples/walkthrough.py

trains a Markov chain, a GAN and a VAE on the bundled splice junctions with small settings, and prints each number
that the tutorial explains. Everything it makes stands in the folder named by --out (default: walkthrough).
"""

import argparse
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import genomimic as gm
from genomimic import showing
from genomimic.alphabet import DNA
from genomimic.observation import Categorical


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("walkthrough"), help="folder for runs and the report")
    parser.add_argument("--gan-steps", type=int, default=300)
    parser.add_argument("--vae-steps", type=int, default=600)
    given = parser.parse_args()
    np.set_printoptions(precision=3, suppress=True, linewidth=110)

    one_hot_letters()
    data, parts = the_data()
    markov = markov_chain(data, parts, given.out)
    gan = adversaries(data, parts, given.out, given.gan_steps)
    vae = autoencoder(data, parts, given.out, given.vae_steps)
    judgement({"markov": markov, "gan": gan, "vae": vae}, parts, given.out)


def one_hot_letters():
    heading("1. Letters as numbers")
    tokens = DNA.encode("ATCGTAGCTAGCT")
    print("tokens          ", tokens)

    observation = Categorical(symbols=4)
    one_hot = np.asarray(observation.features(tokens))
    print("one-hot, first 4 letters (columns A C G T)")
    print(one_hot[:4])

    with_n = np.asarray(observation.features(DNA.encode("ATN")))
    print("N               ", with_n[2])

    reverse = DNA.reverse_complement(tokens)
    print("reverse         ", DNA.decode(reverse))
    flipped = one_hot[::-1, ::-1]  # backwards, and A <-> T, C <-> G
    print("flipping both axes of the one-hot matrix gives the same:", (flipped.argmax(1) == reverse).all())


def the_data():
    heading("2. Data, and what is kept back")
    data = gm.read(gm.data.path("splice_junctions"))
    print(len(data), "records,", data.length, "letters,", data.modality)
    parts = gm.Parts.of(data, gm.split(data))
    print(len(parts.train), "train,", len(parts.validation), "validation,", len(parts.holdout), "holdout,", end=" ")
    print(
        parts.split.duplicates, "duplicates left out,", parts.split.shared, "holdout records with a relative in train"
    )
    return data, parts


def markov_chain(data, parts, out):
    heading("3. A Markov chain by hand")
    x, alpha = parts.train.values, 1.0
    known = x < 4
    letters = np.bincount(x[known], minlength=4)
    both = known[:, :-1] & known[:, 1:]
    pairs = np.zeros((4, 4))
    np.add.at(pairs, (x[:, :-1][both], x[:, 1:][both]), 1)

    p0 = (letters + alpha / 4) / (letters.sum() + alpha)
    p1 = (pairs + alpha * p0) / (pairs.sum(1, keepdims=True) + alpha)
    print("p0(a)           ", p0)
    print("p1(a | c), rows: the letter before")
    print(p1)

    record = parts.holdout.take(np.array([0]))
    r = record.values[0]
    log_p = np.log(p0[r[0]]) + np.log(p1[r[:-1], r[1:]]).sum()
    print(f"log p(x) by hand {log_p:.4f} nats, {-log_p / np.log(2) / len(r):.4f} bits per base")

    one = gm.train(gm.model("markov", order=1, alpha=alpha), data, out=out / "markov-1", overwrite=True)
    print(f"log p(x) by run  {gm.log_likelihood(one, record)[0]:.4f} nats")

    run = gm.train(gm.model("markov"), data, out=out / "markov", overwrite=True)
    chosen = run.log[-1]
    print(f"order {chosen['order']:.0f} and alpha {chosen['alpha']:.0f} were chosen by validation")
    for name, trained in (("order 1", one), (f"order {chosen['order']:.0f}", run)):
        print(f"{name}: {gm.bits_per_base(trained, parts.holdout).mean():.3f} bits per base on the holdout")
    return run


def adversaries(data, parts, out, steps):
    heading("4. A generator against a discriminator")
    run = gm.train(gm.model("gan", loss="bce", steps=steps), data, out=out / "gan", overwrite=True)
    summary(run)

    real, fake = parts.holdout, gm.sample(run, len(parts.holdout))
    d_real, d_fake = gm.discriminate(run, real), gm.discriminate(run, fake)
    for i in range(3):
        print(f"real       {text(real, i)}  D(x) = {d_real[i]:.3f}")
    for i in range(3):
        print(f"synthetic  {text(fake, i)}  D(x) = {d_fake[i]:.3f}")
    print(f"mean D(x): {d_real.mean():.3f} on {len(real)} fresh real records, {d_fake.mean():.3f} on synthetic ones")

    r, f = np.log(d_real / (1 - d_real)), np.log(d_fake / (1 - d_fake))  # D before the logistic function s
    s = jax.nn.sigmoid
    by_hand = {
        "bce: L_D": (-np.log(s(r)) - np.log(1 - s(f))).mean(),
        "bce: L_G minimax": np.log(1 - s(f)).mean(),
        "bce: L_G non-saturating": -np.log(s(f)).mean(),
        "relativistic: L_D": np.log1p(np.exp(f - r)).mean(),
        "relativistic: L_G": np.log1p(np.exp(r - f)).mean(),
    }
    for (name, value), checked in zip(by_hand.items(), losses(run, real, fake), strict=True):
        print(f"{name:<24} {value:8.4f} by hand {checked:8.4f} by the model")

    hopeless = -4.0  # a fake that the discriminator is sure of: s(-4) = 0.018
    print(f"slope of L_G at D(x) = 0.018: minimax {-s(hopeless):.3f}, non-saturating {-(1 - s(hopeless)):.3f}")
    return run


def losses(run, real, fake):
    """The same five losses by the functions that training calls."""
    bce, minimax = gm.model("gan", loss="bce"), gm.model("gan", loss="bce", saturating=True)
    relativistic = gm.model("gan", loss="relativistic", penalty=0)
    features, d = run.spec.observation.features, run.state.discriminator
    r, f, key = features(jnp.asarray(real.values)), features(jnp.asarray(fake.values)), jax.random.key(0)
    yield bce.discriminator_loss(d, r, f, key)[0]
    yield minimax.generator_loss(f, r, d)
    yield bce.generator_loss(f, r, d)
    yield relativistic.discriminator_loss(d, r, f, key)[0]
    yield relativistic.generator_loss(f, r, d)


def autoencoder(data, parts, out, steps):
    heading("5. A latent space")
    run = gm.train(gm.model("vae", steps=steps), data, out=out / "vae", overwrite=True)
    summary(run)

    record = parts.holdout.take(np.array([0]))
    latent = gm.encode(run, record)
    mean, variance = latent.mean[0], latent.variance[0]
    print("mean, first 8 units     ", mean[:8])
    print("variance, first 8 units ", variance[:8])

    kl = (mean**2 + variance - np.log(variance) - 1) / 2
    print(f"KL in all {len(kl)} units: {kl.sum():.3f} nats")

    noise = np.random.default_rng(0).standard_normal(len(mean))
    z = mean + np.sqrt(variance) * noise
    print("z, first 8 units        ", z[:8])

    features = run.spec.observation.features(record.values[0])
    params = run.state.average.decoder.params(jnp.asarray(z, jnp.float32), features)
    reconstruction = -run.spec.observation.log_prob(params, record.values[0]).sum()
    loss = reconstruction + kl.sum()
    print(f"reconstruction {reconstruction:.2f} + KL {kl.sum():.2f} = {loss:.2f} nats")
    print(f"which is {loss / np.log(2) / data.length:.3f} bits per base; holdout mean, bound by 64 draws:", end=" ")
    print(f"{gm.bits_per_base(run, parts.holdout).mean():.3f}")

    again = gm.reconstruct(run, parts.holdout)
    print(f"record           {text(parts.holdout, 0)}")
    print(f"reconstruction   {text(again, 0)}")
    print(f"letters that come back: {same_letters(again, parts.holdout):.1%};", end=" ")
    print(f"of another record's reconstruction: {same_letters(again, parts.holdout.take(shifted(parts.holdout))):.1%}")
    several = np.mean([gc(gm.reconstruct(run, parts.holdout, seed=seed)) for seed in range(20)], 0)
    correlation = np.corrcoef(gc(parts.holdout), several)[0, 1]
    print(f"correlation of GC content, records and 20 reconstructions: {correlation:.2f}")

    pair = parts.holdout.take(np.array([0, 1]))
    between = gm.interpolate(run, pair, points=5)
    print("on the way from holdout record 1 to record 2")
    for i, share in enumerate(np.linspace(0, 1, 5)):
        print(f"  {share:4.2f}  {text(between, i)}")

    new = gm.sample(run, 3)
    print("new sequences, z drawn from N(0, I)")
    for i in range(3):
        print(f"        {text(new, i)}")
    return run


def judgement(runs, parts, out):
    heading("6. Judgement")
    sets = {name: gm.sample(run, len(parts.holdout)) for name, run in runs.items()}
    report = gm.evaluate(sets, parts)
    print(f"{'':<24}{'':<8}{'value':>8}{'floor':>8}{'ceiling':>9}  skill and its 95% interval")
    for name in ("two_sample_auc_linear", "kmer_js_4", "position_js", "pair_correlation", "exact_copies"):
        for one in report.sets:
            score = next(score for score in one.scores if score.metric == name)
            skill = f"{score.skill:6.2f} [{score.skill_low:5.2f}, {score.skill_high:5.2f}]"
            floor = score.floors[score.floor]
            print(f"{name:<24}{one.name:<8}{score.value:8.4f}{floor:8.4f}{score.ceiling:9.4f}  {skill}")
    for one in report.sets:
        print(f"{one.name}: {one.verdict}")
    print("report:", gm.write_judgement(report, out))


def summary(run):
    """Layers of each network and their sizes."""
    found = showing.layers(run)
    for network in dict.fromkeys(layer.network for layer in found):
        own = [layer for layer in found if layer.network == network]
        for layer in own:
            shape = " x ".join(map(str, layer.shape)) or "1"
            print(f"{network + '.' + layer.name:<36} {shape:<14} {layer.parameters:>7,}")
        print(f"{network + ' in all':<51} {sum(layer.parameters for layer in own):>7,}")


def text(dataset, row):
    """The letters of one record."""
    return dataset.modality.letters.decode(dataset.values[row])


def gc(dataset):
    """Share of G and C in each record."""
    return np.isin(dataset.values, DNA.encode("GC")).mean(1)


def same_letters(a, b):
    """Share of positions at which two sets of records agree."""
    return (a.values == b.values).mean()


def shifted(dataset):
    """Row numbers that pair each record with the one after it."""
    return np.roll(np.arange(len(dataset)), 1)


def heading(words):
    print(f"\n== {words} ==", flush=True)


if __name__ == "__main__":
    main()

"""Generators of others, for a Python with torch and d3-dna: `peers.py NAME TRAIN.npy SECONDS SEED N OUT.npy`.

d3-dna   discrete diffusion of the PyPI package d3-dna (its own model, loss and sampler), convolutional, 64 channels,
         settings of its K562 example but for a warm-up of 100 steps, so that a short training is not all warm-up
wgan-gp  Wasserstein GAN with gradient penalty as published for DNA (Gulrajani et al. 2017, Killoran et al. 2017):
         100 inputs, five residual blocks of 100 channels and 5 letters, x + 0.3 f(x), five critic steps, penalty 10,
         batch 64, Adam 0.0001 (0.5, 0.9); letters are the greatest of each softmax

Writes the samples (N x length, 0-3 for ACGT) and prints one JSON line: training seconds, steps, samples a second.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn


def d3_dna(train: np.ndarray, seconds: float, seed: int, n: int) -> tuple[np.ndarray, dict[str, float]]:
    import pytorch_lightning as pl
    from d3_dna.models.diffusion import get_pc_sampler
    from d3_dna.modules.trainer import D3LightningModule
    from omegaconf import OmegaConf

    pl.seed_everything(seed)
    length = train.shape[1]
    config = OmegaConf.create(
        {
            "ngpus": 1,
            "tokens": 4,
            "dataset": {"num_classes": 4, "sequence_length": length, "signal_dim": 1},
            "graph": {"type": "uniform", "file": "data", "report_all": False},
            "noise": {"type": "geometric", "sigma_min": 1e-4, "sigma_max": 20},
            "model": {"architecture": "convolutional", "conv_channels": 64, "cond_dim": 64, "scale_by_sigma": False},
            "training": {"batch_size": 256, "accum": 1, "ema": 0.9999, "num_workers": 0},
            "eval": {"batch_size": 256},
            "sampling": {"predictor": "euler", "steps": 20, "noise_removal": True},
            "optim": {
                "optimizer": "AdamW",
                "lr": 3e-4,
                "beta1": 0.9,
                "beta2": 0.999,
                "eps": 1e-8,
                "weight_decay": 0,
                "warmup": 100,
                "grad_clip": 1.0,
            },
        }
    )
    data = torch.utils.data.TensorDataset(torch.from_numpy(train.astype(np.int64)), torch.zeros(len(train), 1))
    loader = torch.utils.data.DataLoader(data, batch_size=256, shuffle=True)
    module = D3LightningModule(config)
    began = time.monotonic()
    trainer = pl.Trainer(
        accelerator="cpu",
        max_time={"seconds": int(seconds)},
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
    )
    trainer.fit(module, loader)
    took = time.monotonic() - began
    model = module.score_model.eval()
    module.ema.copy_to(model.parameters())
    drawn, began = [], time.monotonic()
    while sum(map(len, drawn)) < n:
        many = min(256, n - sum(map(len, drawn)))
        sampler = get_pc_sampler(
            graph=module.graph,
            noise=module.noise,
            batch_dims=(many, length),
            predictor="euler",
            steps=20,
            denoise=True,
            device=torch.device("cpu"),
        )
        drawn.append(sampler(model, torch.zeros(many, 1)).cpu().numpy())
    rate = n / (time.monotonic() - began)
    return np.concatenate(drawn), {"train_seconds": took, "steps": trainer.global_step, "samples_a_second": rate}


class Block(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        convolutions = [nn.Conv1d(channels, channels, 5, padding=2) for _ in range(2)]
        self.body = nn.Sequential(nn.ReLU(), convolutions[0], nn.ReLU(), convolutions[1])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + 0.3 * self.body(x)


class Generator(nn.Module):
    def __init__(self, length: int, channels: int = 100, latent: int = 100) -> None:
        super().__init__()
        self.length, self.channels, self.latent = length, channels, latent
        self.first = nn.Linear(latent, length * channels)
        self.blocks = nn.Sequential(*(Block(channels) for _ in range(5)))
        self.last = nn.Conv1d(channels, 4, 1)

    def forward(self, n: int) -> torch.Tensor:
        x = self.first(torch.randn(n, self.latent)).view(n, self.channels, self.length)
        return torch.softmax(self.last(self.blocks(x)), 1)


class Critic(nn.Module):
    def __init__(self, length: int, channels: int = 100) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv1d(4, channels, 1), *(Block(channels) for _ in range(5)), nn.Flatten())
        self.last = nn.Linear(length * channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.body(x))


def wgan_gp(train: np.ndarray, seconds: float, seed: int, n: int) -> tuple[np.ndarray, dict[str, float]]:
    torch.manual_seed(seed)
    real = nn.functional.one_hot(torch.from_numpy(train.astype(np.int64)), 4).float().transpose(1, 2)
    generator, critic = Generator(train.shape[1]), Critic(train.shape[1])
    ways = [torch.optim.Adam(net.parameters(), 1e-4, (0.5, 0.9)) for net in (generator, critic)]
    began, steps = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        for _ in range(5):
            x, fake = real[torch.randint(len(real), (64,))], generator(64).detach()
            mixed = (x + torch.rand(64, 1, 1) * (fake - x)).requires_grad_(True)
            slope = torch.autograd.grad(critic(mixed).sum(), mixed, create_graph=True)[0].flatten(1).norm(dim=1)
            loss = critic(fake).mean() - critic(x).mean() + 10 * ((slope - 1) ** 2).mean()
            ways[1].zero_grad()
            loss.backward()
            ways[1].step()
        ways[0].zero_grad()
        (-critic(generator(64)).mean()).backward()
        ways[0].step()
        steps += 1
    took, began = time.monotonic() - began, time.monotonic()
    with torch.no_grad():
        drawn = np.concatenate([generator(256).argmax(1).numpy() for _ in range(-(-n // 256))])[:n]
    rate = n / (time.monotonic() - began)
    return drawn, {"train_seconds": took, "steps": steps, "samples_a_second": rate}


def main(name: str, train: str, seconds: str, seed: str, n: str, out: str) -> None:
    make = {"d3-dna": d3_dna, "wgan-gp": wgan_gp}[name]
    drawn, said = make(np.load(train), float(seconds), int(seed), int(n))
    np.save(Path(out), drawn.astype(np.int8))
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The network: a small LLaMA. RMSNorm before each part, rotary positions, SwiGLU, input and output embeddings shared.

Queries and keys are rotated in neighbouring pairs (2i, 2i + 1), as in the RoPE paper and in llama.cpp for the architecture
"llama", so the weights go into the GGUF unpermuted.
Sources: Touvron et al. 2023, https://arxiv.org/abs/2302.13971; Su et al. 2021, https://arxiv.org/abs/2104.09864;
Zhang & Sennrich 2019, https://arxiv.org/abs/1910.07467; Shazeer 2020, https://arxiv.org/abs/2002.05202
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Config:
    vocabulary: int = 2048
    width: int = 256
    layers: int = 4
    heads: int = 4
    hidden: int = 768  # of the feed-forward part
    context: int = 1024  # tokens
    rope_base: float = 10_000.0
    norm_epsilon: float = 1e-5

    @property
    def head_width(self) -> int:
        return self.width // self.heads


def rotations(config: Config) -> tuple[Tensor, Tensor]:
    """Cosine and sine of each position's angles, both [context, head_width / 2]."""
    frequencies = config.rope_base ** (-torch.arange(0, config.head_width, 2) / config.head_width)  # [head_width / 2]
    angles = torch.outer(torch.arange(config.context), frequencies)  # [context, head_width / 2]
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turns each pair of `x` [batch, heads, tokens, head_width] by its position's angle; same shape."""
    even, odd = x[..., 0::2], x[..., 1::2]  # [batch, heads, tokens, head_width / 2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)


class Attention(nn.Module):
    """Causal self-attention, [batch, tokens, width] to the same."""

    def __init__(self, config: Config):
        super().__init__()
        self.heads = config.heads
        self.q, self.k, self.v, self.o = (nn.Linear(config.width, config.width, bias=False) for _ in range(4))

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        q, k, v = (part(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (self.q, self.k, self.v))
        mixed = F.scaled_dot_product_attention(rotate(q, cos, sin), rotate(k, cos, sin), v, is_causal=True)
        return self.o(mixed.transpose(1, 2).flatten(-2))  # [batch, tokens, width]


class FeedForward(nn.Module):
    """SwiGLU, [batch, tokens, width] to the same."""

    def __init__(self, config: Config):
        super().__init__()
        self.gate = nn.Linear(config.width, config.hidden, bias=False)
        self.up = nn.Linear(config.width, config.hidden, bias=False)
        self.down = nn.Linear(config.hidden, config.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(F.silu(self.gate(x)) * self.up(x))


class Layer(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        self.attention_norm = nn.RMSNorm(config.width, eps=config.norm_epsilon)
        self.attention = Attention(config)
        self.feed_forward_norm = nn.RMSNorm(config.width, eps=config.norm_epsilon)
        self.feed_forward = FeedForward(config)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        x = x + self.attention(self.attention_norm(x), cos, sin)
        return x + self.feed_forward(self.feed_forward_norm(x))


class Llama(nn.Module):
    """Token ids [batch, tokens] to the states [batch, tokens, width] from which `logits` predicts each next token."""

    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocabulary, config.width)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.norm = nn.RMSNorm(config.width, eps=config.norm_epsilon)
        cos, sin = rotations(config)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:  # what writes into the residual stream starts smaller, as in GPT-2
                last = name.endswith(("attention.o.weight", "feed_forward.down.weight"))
                nn.init.normal_(weight, std=0.02 / (2 * config.layers) ** 0.5 if last else 0.02)

    def forward(self, ids: Tensor) -> Tensor:
        tokens = ids.shape[1]
        x = self.embedding(ids)  # [batch, tokens, width]
        for layer in self.layers:
            x = layer(x, self.cos[:tokens], self.sin[:tokens])
        return self.norm(x)

    def logits(self, states: Tensor) -> Tensor:
        """States [..., width] to scores [..., vocabulary]."""
        return F.linear(states, self.embedding.weight)

#!/usr/bin/env python3
"""Writes what PyTorch computes, in f64, with the layers that `gradus::nn` has: for each case the state_dict, the inputs,
the output `y`, and the gradients of Σ ct·y, which `tests/all/parity.rs` compares.

    pip install torch==2.15.0 numpy safetensors==0.7.0
    tests/reference/layers.py

A case is a file of `tests/reference/layers/`. Inputs are named `in.NAME`, indices and masks among them as f64; gradients are
named `grad.in.NAME` and `grad.PARAMETER`."""

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

torch.set_default_dtype(torch.float64)
HERE = Path(__file__).resolve().parent / "layers"
LENGTHS = [5, 2, 4]


class Named(nn.Module):
    """A layer under a name, as it stands in a model."""

    def __init__(self, layer, call=None):
        super().__init__()
        self.layer = layer
        self.call = call or (lambda layer, x: layer(x))

    def forward(self, *inputs):
        return self.call(self.layer, *inputs)


def packed(layer, x):
    """A recurrent layer on sequences of several lengths; the output is padded with zeros."""
    lengths = torch.tensor(LENGTHS)
    pack = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    out, states = layer(pack)
    out, _ = nn.utils.rnn.pad_packed_sequence(out, batch_first=True, total_length=x.shape[1])
    return together(out, states)


def together(out, states):
    """All states as one tensor, so that one cotangent reaches all."""
    states = states if isinstance(states, tuple) else (states,)
    return torch.cat([out.flatten(), *(each.flatten() for each in states)])


def recurrent(layer, x):
    return together(*layer(x))


def begun(layer, x, *first):
    """A recurrent layer from a first state on, or from a first state and cell."""
    return together(*layer(x, first if len(first) > 1 else first[0]))


def begun_packed(layer, x, *first):
    lengths = torch.tensor(LENGTHS)
    pack = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    out, states = layer(pack, first)
    out, _ = nn.utils.rnn.pad_packed_sequence(out, batch_first=True, total_length=x.shape[1])
    return together(out, states)


def attention(mask=None, padding=None):
    return lambda layer, q, k, v: layer(q, k, v, attn_mask=mask, key_padding_mask=padding, need_weights=False)[0]


def encoder(mask=None):
    return lambda layer, x: layer(x, src_mask=mask)


def causal(n):
    return torch.ones(n, n).tril() == 0


def cases():
    """Name, module, shapes of its inputs."""
    one, two = [2, 4, 9], [2, 4, 7, 6]
    yield "conv1d", nn.Conv1d(4, 6, 3), [one]
    yield "conv1d_stride", nn.Conv1d(4, 6, 3, stride=2, padding=1), [[2, 4, 10]]
    yield "conv1d_groups", nn.Conv1d(4, 6, 3, dilation=2, groups=2, bias=False), [one]
    yield "conv1d_same", nn.Conv1d(4, 6, 4, padding="same", dilation=2), [one]
    for mode in ("reflect", "replicate", "circular"):
        yield f"conv1d_{mode}", nn.Conv1d(4, 6, 3, padding=2, padding_mode=mode), [one]
    yield "conv2d", nn.Conv2d(4, 6, (3, 2)), [two]
    yield "conv2d_stride", nn.Conv2d(4, 6, 3, stride=(2, 1), padding=(1, 2), dilation=(1, 2)), [two]
    yield "conv2d_groups", nn.Conv2d(4, 6, (2, 3), groups=2, stride=2), [two]
    yield "conv2d_depthwise", nn.Conv2d(4, 8, 3, groups=4, padding=1), [two]
    yield "conv2d_same", nn.Conv2d(4, 6, (2, 4), padding="same"), [two]
    yield "conv2d_point", nn.Conv2d(4, 6, 1), [[1, 4, 3, 5]]
    for mode in ("reflect", "replicate", "circular"):
        yield f"conv2d_{mode}", nn.Conv2d(4, 6, 3, padding=(1, 2), padding_mode=mode), [two]
    yield "conv_transpose1d", nn.ConvTranspose1d(4, 6, 3), [one]
    yield "conv_transpose1d_stride", nn.ConvTranspose1d(4, 6, 3, stride=2, padding=1, output_padding=1), [one]
    yield "conv_transpose1d_groups", nn.ConvTranspose1d(4, 6, 3, stride=3, dilation=2, groups=2, bias=False), [one]
    yield "conv_transpose2d", nn.ConvTranspose2d(4, 6, (3, 2)), [two]
    yield "conv_transpose2d_stride", nn.ConvTranspose2d(4, 6, 3, stride=2, padding=(1, 2), output_padding=(1, 0), dilation=(1, 2), groups=2), [two]
    normed = nn.utils.parametrizations.weight_norm
    yield "linear_weight_norm", Named(normed(nn.Linear(4, 3))), [[5, 4]]
    yield "conv2d_weight_norm", Named(normed(nn.Conv2d(4, 6, 3, padding=1, groups=2))), [two]
    yield "max_pool1d", nn.MaxPool1d(3, stride=2, padding=1), [one]
    yield "max_pool1d_ceil", nn.MaxPool1d(3, stride=2, ceil_mode=True), [[2, 4, 10]]
    yield "max_pool2d", nn.MaxPool2d(2), [two]
    yield "max_pool2d_padding", nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True), [two]
    yield "max_pool2d_dilation", nn.MaxPool2d((2, 3), stride=1, dilation=(2, 1)), [two]
    yield "avg_pool1d", nn.AvgPool1d(3, stride=2, padding=1, ceil_mode=True), [[2, 4, 10]]
    yield "avg_pool2d", nn.AvgPool2d(3, stride=2, padding=1), [two]
    yield "avg_pool2d_exclude", nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False), [two]
    yield "avg_pool2d_ceil", nn.AvgPool2d((3, 2), stride=(2, 3), padding=1, ceil_mode=True), [two]
    yield "adaptive_avg_pool1d", nn.AdaptiveAvgPool1d(4), [one]
    yield "adaptive_avg_pool2d", nn.AdaptiveAvgPool2d((3, 4)), [two]
    yield "layer_norm", nn.LayerNorm(6), [[3, 2, 6]]
    yield "layer_norm_two", nn.LayerNorm([4, 3], eps=1e-3), [[3, 4, 3]]
    yield "rms_norm", nn.RMSNorm(6, eps=torch.finfo(torch.float32).eps), [[3, 2, 6]]
    yield "group_norm", nn.GroupNorm(2, 6), [[3, 6, 2, 3]]
    yield "instance_norm", nn.InstanceNorm2d(4), [two]
    yield "attention", Named(nn.MultiheadAttention(8, 2, batch_first=True), attention()), [[2, 5, 8]] * 3
    yield "attention_cross", Named(nn.MultiheadAttention(8, 4, batch_first=True), attention()), [[2, 3, 8], [2, 5, 8], [2, 5, 8]]
    yield "attention_causal", Named(nn.MultiheadAttention(8, 2, batch_first=True), attention(causal(5))), [[2, 5, 8]] * 3
    yield "encoder", Named(nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True), encoder()), [[2, 5, 8]]
    first = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True, norm_first=True, activation="gelu")
    yield "encoder_first", Named(first, encoder(causal(5))), [[2, 5, 8]]
    lengths = nn.LSTM(3, 4, num_layers=2, bidirectional=True, batch_first=True)
    yield "lstm_first_lengths", Named(lengths, begun_packed), [[3, 5, 3], [4, 3, 4], [4, 3, 4]]
    yield "flatten", nn.Flatten(), [two]
    yield "flatten_from", nn.Flatten(2), [two]
    for name, kind, more in (
        ("rnn", nn.RNN, {}),
        ("relu_rnn", nn.RNN, {"nonlinearity": "relu"}),
        ("lstm", nn.LSTM, {}),
        ("gru", nn.GRU, {}),
    ):
        yield name, Named(kind(3, 4, batch_first=True, **more), recurrent), [[3, 5, 3]]
        deep = kind(3, 4, num_layers=2, bidirectional=True, batch_first=True, **more)
        yield f"{name}_deep", Named(deep, recurrent), [[3, 5, 3]]
        first = [[4, 3, 4]] * (2 if kind is nn.LSTM else 1)
        deep = kind(3, 4, num_layers=2, bidirectional=True, batch_first=True, **more)
        yield f"{name}_first", Named(deep, begun), [[3, 5, 3], *first]
        yield f"{name}_lengths", Named(kind(3, 4, bidirectional=True, batch_first=True, **more), packed), [[3, 5, 3]]


class Normalized(nn.Module):
    """Both kinds of batch normalization in one model."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm2 = nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3)
        self.linear, self.norm1 = nn.Linear(12, 4), nn.BatchNorm1d(4, momentum=0.3)

    def forward(self, x):
        return self.norm1(self.linear(self.norm2(self.conv(x)).relu().flatten(1)))


def batch_norm():
    """Three steps with batch normalization: the state before and after, the losses, and an evaluation at the end."""
    torch.manual_seed(1)
    model = Normalized()
    state = lambda name: {f"{name}.{key}": x.detach().clone() for key, x in model.state_dict().items()}
    tensors = state("before")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for step in range(3):
        x, t = torch.randn(5, 1, 4, 4), torch.randn(5, 4)
        loss = nn.functional.mse_loss(model(x), t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        tensors |= {f"x.{step}": x, f"t.{step}": t, f"loss.{step}": loss.detach()}
    model.eval()
    tensors |= state("after") | {"evaluated": model(x).detach()}
    save_file({key: x.contiguous() for key, x in tensors.items()}, HERE / "batch_norm.safetensors")
    save_file(model.state_dict(), HERE / "batch_norm_state.safetensors")


def main():
    HERE.mkdir(exist_ok=True)
    batch_norm()
    for name, module, shapes in cases():
        module = module if isinstance(module, Named) else Named(module)
        # Of each case alone, so that one more changes no other.
        torch.manual_seed(sum(name.encode()))
        for parameter in module.parameters():
            nn.init.normal_(parameter, std=0.5)
        inputs = [torch.randn(shape, requires_grad=True) for shape in shapes]
        y = module(*inputs)
        ct = torch.randn(y.shape)
        (y * ct).sum().backward()
        tensors = {f"in.{i}": x for i, x in enumerate(inputs)} | {"y": y, "ct": ct}
        tensors |= {f"grad.in.{i}": x.grad for i, x in enumerate(inputs)}
        for key, parameter in module.named_parameters():
            tensors |= {key: parameter, f"grad.{key}": parameter.grad}
        save_file({key: x.detach().contiguous().clone() for key, x in tensors.items()}, HERE / f"{name}.safetensors")
        print(name)


if __name__ == "__main__":
    main()

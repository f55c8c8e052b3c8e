"""The classifier: DistilBERT and its head, in one piece or from stored outputs of its layers."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from transformers import DistilBertForSequenceClassification


def freeze(model: DistilBertForSequenceClassification, unfreeze_layers: int = 0) -> None:
    """Leave only the head, and the last `unfreeze_layers` layers, to be trained."""
    model.distilbert.requires_grad_(False)
    layers = model.distilbert.transformer.layer
    for layer in layers[max(0, len(layers) - unfreeze_layers) :]:
        layer.requires_grad_(True)


def masked_mean(hidden: Tensor, attention_mask: Tensor) -> Tensor:
    """Mean over the tokens that are no padding: (batch, time, dim) to (batch, dim)."""
    weight = attention_mask.to(torch.float32)  # (batch, time)
    weight = weight / weight.sum(dim=1, keepdim=True)
    return torch.einsum("btd,bt->bd", hidden.to(torch.float32), weight)


def pool(hidden_states: Sequence[Tensor], attention_mask: Tensor, pooling: str) -> Tensor:
    """What the head sees of a tweet, from the outputs of layers up to the last.

    Args:
        hidden_states: each (batch, time, dim); of all layers and the embeddings, or the upper ones.
        attention_mask: (batch, time).

    Returns:
        `first`: the first token's last output, as in DistilBERT's own classifier (batch, dim);
        `mean`: the mean of the last outputs over the tweet's tokens (batch, dim);
        `layers`: these means for each of `hidden_states` (batch, len(hidden_states), dim).
    """
    if pooling == "first":
        return hidden_states[-1][:, 0]  # (batch, dim)
    if pooling == "mean":
        return masked_mean(hidden_states[-1], attention_mask)  # (batch, dim)
    means = [masked_mean(hidden, attention_mask) for hidden in hidden_states]
    return torch.stack(means, dim=1)  # (batch, len(hidden_states), dim)


class Standardize(nn.Module):
    """Each number less its mean, over its standard deviation; both are set before training."""

    def __init__(self, width: int, scale: float):
        super().__init__()
        self.scale = scale
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("std", torch.ones(width))

    def forward(self, pooled: Tensor) -> Tensor:
        return self.scale * (pooled - self.mean) / self.std  # (batch, width)


def reshape_head(model: DistilBertForSequenceClassification, pooling: str, head: str) -> None:
    """Give the model's head what it needs beyond DistilBERT's own.

    With `layers` it is as wide as all layers side by side; a `linear` one has no hidden layer.
    """
    depth, dim = model.config.n_layers + 1, model.config.dim
    width = depth * dim if pooling == "layers" else dim
    if head == "linear":
        model.pre_classifier = Standardize(width, scale=1 / depth)
        model.classifier = nn.Linear(width, 2)
    elif width != dim:
        model.pre_classifier = nn.Linear(width, dim)


class Head(nn.Module):
    """The classification head alone, on pooled outputs.

    Its modules are those of the `model` it is made from: training the head trains the model's.
    """

    def __init__(self, model: DistilBertForSequenceClassification):
        super().__init__()
        self.pre_classifier = model.pre_classifier
        self.dropout = model.dropout
        self.classifier = model.classifier

    def forward(self, pooled: Tensor) -> Tensor:
        """Logits (batch, 2) of (batch, dim) or (batch, layers + 1, dim)."""
        hidden = self.pre_classifier(pooled.flatten(1))  # (batch, dim), or (batch, width)
        if isinstance(self.pre_classifier, nn.Linear):
            hidden = torch.relu(hidden)
        return self.classifier(self.dropout(hidden))  # (batch, 2)


class PooledClassifier(nn.Module):
    """The whole model with a pooling of choice in front of its head."""

    def __init__(self, model: DistilBertForSequenceClassification, pooling: str):
        super().__init__()
        self.encoder = model.distilbert
        self.head = Head(model)
        self.pooling = pooling

    def forward(
        self,
        input_ids: Tensor | None,
        attention_mask: Tensor,
        inputs_embeds: Tensor | None = None,
    ) -> Tensor:
        """Logits (batch, 2) of tokens (batch, time), or of their embeddings."""
        outputs = self.encoder(
            input_ids=input_ids,
            attention_mask=attention_mask,
            inputs_embeds=inputs_embeds,
            output_hidden_states=True,
        )
        return self.head(pool(outputs.hidden_states, attention_mask, self.pooling))


class UpperLayers(nn.Module):
    """The last layers of the encoder and the head, on the stored output of the layer below them.

    What lies below is frozen, so its output for a tweet never changes and need not be computed
    again in every epoch.
    """

    def __init__(self, model: DistilBertForSequenceClassification, count: int, pooling: str):
        super().__init__()
        layers = model.distilbert.transformer.layer
        self.layers = nn.ModuleList(layers[max(0, len(layers) - count) :])
        self.head = Head(model)
        self.pooling = pooling

    def forward(self, hidden: Tensor, attention_mask: Tensor, means: Tensor) -> Tensor:
        """Logits (batch, 2) of a layer's stored output (batch, time, dim).

        Args:
            means: of all layers of the frozen encoder (batch, layers + 1, dim), of which the head
                may see those that are below.
        """
        mask = attention_mask[:, None, None, :].bool()  # (batch, 1, 1, time)
        states = []
        for layer in self.layers:
            hidden = layer(hidden, mask)  # (batch, time, dim)
            states.append(hidden)
        pooled = pool(states, attention_mask, self.pooling)
        if pooled.ndim == 3:
            below = means[:, : means.shape[1] - len(states)]
            pooled = torch.cat([below, pooled], dim=1)  # (batch, layers + 1, dim)
        return self.head(pooled)  # (batch, 2)

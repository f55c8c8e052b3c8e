"""The classifier: DistilBERT and its head, in one piece or from stored outputs of its layers."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from transformers import DistilBertForSequenceClassification


def freeze(model: DistilBertForSequenceClassification, unfreeze_layers: int = 0) -> None:
    """Leave only the head, and the last `unfreeze_layers` layers, to be trained."""
    for parameter in model.distilbert.parameters():
        parameter.requires_grad = False
    layers = model.distilbert.transformer.layer
    for layer in list(layers)[len(layers) - unfreeze_layers :]:
        for parameter in layer.parameters():
            parameter.requires_grad = True


def pool(hidden_states: Sequence[Tensor], attention_mask: Tensor, pooling: str) -> Tensor:
    """One vector a tweet from the encoder's outputs.

    Args:
        hidden_states: embeddings and every layer's output, each (batch, time, dim).
        attention_mask: (batch, time).
        pooling: `first` for the first token's last output, as DistilBERT's own classifier does;
            `mean` for the mean of the last outputs over the tweet's word pieces; `layers` for the
            means of all layers, side by side.

    Returns:
        (batch, dim), or (batch, layers × dim) for `layers`.
    """
    if pooling == "first":
        return hidden_states[-1][:, 0]
    if pooling == "mean":
        return masked_mean(hidden_states[-1], attention_mask)
    return torch.cat([masked_mean(hidden, attention_mask) for hidden in hidden_states], dim=1)


def masked_mean(hidden: Tensor, attention_mask: Tensor) -> Tensor:
    """Mean over the word pieces that are no padding: (batch, time, dim) to (batch, dim)."""
    weight = attention_mask.to(torch.float32)
    weight = weight / weight.sum(dim=1, keepdim=True)
    return torch.einsum("btd,bt->bd", hidden.to(torch.float32), weight)


class Head(nn.Module):
    """The classification head alone, on pooled features.

    Its modules are those of the `model` it is made from: training the head trains the model's.
    """

    def __init__(self, model: DistilBertForSequenceClassification):
        super().__init__()
        self.pre_classifier = model.pre_classifier
        self.dropout = model.dropout
        self.classifier = model.classifier

    def forward(self, features: Tensor) -> Tensor:
        """Logits (batch, 2) of features (batch, dim)."""
        hidden = torch.relu(self.pre_classifier(features))
        return self.classifier(self.dropout(hidden))


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
        """Logits (batch, 2) of word pieces (batch, time), or of their embeddings."""
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
        layers = list(model.distilbert.transformer.layer)
        self.layers = nn.ModuleList(layers[len(layers) - count :])
        self.head = Head(model)
        self.pooling = pooling

    def forward(self, hidden: Tensor, attention_mask: Tensor) -> Tensor:
        """Logits (batch, 2) of a layer's stored output (batch, time, dim)."""
        seen = attention_mask[:, None, None, :].bool()
        for layer in self.layers:
            hidden = layer(hidden, seen)
        return self.head(pool([hidden], attention_mask, self.pooling))

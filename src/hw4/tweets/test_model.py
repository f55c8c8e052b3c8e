"""Stored outputs stand for the full model, and what is frozen does not move."""

import numpy as np
import pytest
import torch
from transformers import DistilBertForSequenceClassification

from hw4.tweets.arguments import TrainConfig
from hw4.tweets.features import Pooled
from hw4.tweets.model import Head, PooledClassifier, UpperLayers, freeze, pool
from hw4.tweets.tokens import padded
from hw4.tweets.training import fit, load_pretrained, probabilities

TRAIN, REST = np.arange(110), np.arange(110, 160)


def logits_of_whole_model(model, pooling, tokens, idx):
    """Logits of the whole model, tweet by tweet, without padding."""
    classifier = PooledClassifier(model, pooling).eval()
    with torch.no_grad():
        return torch.cat([classifier(*padded([tokens[i]])) for i in idx])


def trained_head(prepared, config):
    folder, _, features, targets = prepared
    model = load_pretrained(folder, config)
    fit(config, Head(model), Pooled(features.pooled(config.pooling)), targets, TRAIN)
    return model


@pytest.mark.parametrize("head", ["hidden", "linear"])
@pytest.mark.parametrize("pooling", ["first", "mean", "layers"])
def test_head_on_stored_outputs_is_the_full_model(prepared, pooling, head):
    _, tokens, features, *_ = prepared
    config = TrainConfig(pooling=pooling, head=head, epochs=3, learning_rate=0.01)
    model = trained_head(prepared, config)
    with torch.no_grad():
        on_stored = Head(model)(torch.from_numpy(features.pooled(pooling)[REST]))
    whole = logits_of_whole_model(model, pooling, tokens, REST)
    assert (on_stored - whole).abs().max() < 1e-5
    assert torch.equal(on_stored.argmax(dim=1), whole.argmax(dim=1))
    if (pooling, head) == ("first", "hidden"):  # then it is DistilBERT's own classifier
        ids, mask = padded([tokens[i] for i in REST])
        with torch.no_grad():
            own = model(input_ids=ids, attention_mask=mask).logits
        assert (own - whole).abs().max() < 1e-5


def test_only_the_head_moves(prepared, arguments):
    config = arguments("--epochs", "3", "--learning_rate", "0.01")
    before = load_pretrained(prepared[0], config).state_dict()
    model = trained_head(prepared, config)
    for name, tensor in model.state_dict().items():
        moved = not torch.equal(tensor, before[name])
        assert moved == name.startswith(("pre_classifier", "classifier")), name
    assert {n.split(".")[0] for n, p in model.named_parameters() if p.requires_grad} == {
        "pre_classifier",
        "classifier",
    }


@pytest.mark.parametrize(("pooling", "head"), [("mean", "hidden"), ("layers", "linear")])
def test_unfrozen_layers_on_a_stored_layer_are_the_full_model(prepared, pooling, head):
    folder, tokens, features, targets = prepared
    config = TrainConfig(pooling=pooling, head=head, unfreeze_layers=3, epochs=2)
    model = load_pretrained(folder, config)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    fit(config, UpperLayers(model, 3, pooling), features, targets, TRAIN)
    moved = {n for n, t in model.state_dict().items() if not torch.equal(t, before[n])}
    assert all(n.startswith(("distilbert.transformer.layer.", "pre_cl", "class")) for n in moved)
    assert not any(n.startswith("distilbert.transformer.layer.0.") for n in moved)
    assert any(n.startswith("distilbert.transformer.layer.3.") for n in moved)

    with torch.no_grad():
        on_stored = UpperLayers(model, 3, pooling).eval()(*features.batch(REST))
    whole = logits_of_whole_model(model, pooling, tokens, REST)
    # stored in half precision; what tweets differ by is small with weights that are random
    assert (on_stored - whole).abs().max() < 5e-3 * whole.std(dim=0).min()
    found = probabilities(UpperLayers(model, 3, pooling), features, REST)
    assert np.abs(found - torch.softmax(whole, dim=1)[:, 1].numpy()).max() < 2e-2


def test_padding_changes_nothing(prepared):
    folder, tokens, *_ = prepared
    model = load_pretrained(folder, TrainConfig())
    alone = logits_of_whole_model(model, "mean", tokens, [0])
    ids, mask = padded([tokens[0], max(tokens, key=len)])
    ids[0][mask[0] == 0] = 7  # whatever stands there
    with torch.no_grad():
        together = PooledClassifier(model, "mean").eval()(ids, mask)[:1]
    assert (alone - together).abs().max() < 1e-5


def test_pooling_by_hand():
    hidden = [torch.randn(2, 3, 4), torch.randn(2, 3, 4)]
    mask = torch.tensor([[1, 1, 0], [1, 1, 1]])
    assert torch.equal(pool(hidden, mask, "first"), hidden[1][:, 0])
    mean = torch.stack([hidden[1][0, :2].mean(0), hidden[1][1].mean(0)])
    assert torch.allclose(pool(hidden, mask, "mean"), mean, atol=1e-6)
    layers = pool(hidden, mask, "layers")
    assert layers.shape == (2, 2, 4) and torch.allclose(layers[:, 1], mean, atol=1e-6)


@pytest.mark.parametrize(("count", "expected"), [(0, []), (2, [2, 3]), (9, [0, 1, 2, 3])])
def test_freeze_leaves_the_last_layers(small, count, expected):
    model = DistilBertForSequenceClassification.from_pretrained(small[0], num_labels=2)
    freeze(model, count)
    layers = model.distilbert.transformer.layer
    open_ones = [i for i, one in enumerate(layers) if next(one.parameters()).requires_grad]
    assert open_ones == expected
    assert not next(model.distilbert.embeddings.parameters()).requires_grad
    assert len(UpperLayers(model, count, "mean").layers) == len(expected)


def test_dropout_stands_before_the_classifier(prepared, arguments):
    """Behind it, a logit itself would be dropped to zero."""
    _, _, features, *_ = prepared
    head = Head(trained_head(prepared, arguments("--epochs", "2")))
    head.dropout.p = 0.5
    head.train()
    torch.manual_seed(0)
    with torch.no_grad():
        head.classifier.bias.fill_(3.0)
        logits = torch.cat([head(torch.from_numpy(features.first)) for _ in range(5)])
    assert (logits != 0).all()
    assert len(logits[::160].unique(dim=0)) > 1  # and it does drop something


def test_a_head_that_judges_drops_nothing(prepared, arguments):
    _, _, features, *_ = prepared
    head = Head(trained_head(prepared, arguments("--epochs", "2", "--dropout", "0.9")))
    head.train()
    twice = [probabilities(head, Pooled(features.first), REST) for _ in range(2)]
    assert np.array_equal(*twice)

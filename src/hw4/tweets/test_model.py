"""Stored features and layers stand for the full model, and what is frozen does not move."""

import numpy as np
import pytest
import torch
from transformers import DistilBertForSequenceClassification

from hw4.foundation.errors import UserError
from hw4.tweets.explain import explain, integrated_gradients
from hw4.tweets.features import compute_lower_layers
from hw4.tweets.finetune import load_pretrained, load_pretrained_and_finetune, upper_probabilities
from hw4.tweets.heads import probabilities, schedule
from hw4.tweets.model import Head, PooledClassifier, UpperLayers, freeze, pool
from hw4.tweets.tokens import batches_by_length, clean_tweet, tokenize_batch

TRAIN, REST = np.arange(110), np.arange(110, 160)


def logits_of_whole_model(model, pooling, tokens, indices):
    """Logits of the whole model, tweet by tweet, without padding."""
    classifier = PooledClassifier(model, pooling).eval()
    with torch.no_grad():
        return torch.cat([classifier(*tokens.batch([i])) for i in indices])


@pytest.mark.parametrize("pooling", ["first", "mean", "layers"])
def test_head_on_stored_features_is_the_full_model(prepared, arguments, pooling):
    folder, tokens, stored = prepared
    args = arguments("--pooling", pooling, "--epochs", "3", "--learning_rate", "0.01")
    model = load_pretrained_and_finetune(args, folder, stored, TRAIN)
    with torch.no_grad():
        on_stored = Head(model)(torch.from_numpy(stored.features.pooled(pooling)[REST]))
    whole = logits_of_whole_model(model, pooling, tokens, REST)
    assert (on_stored - whole).abs().max() < 1e-5
    assert torch.equal(on_stored.argmax(dim=1), whole.argmax(dim=1))
    if pooling == "first":  # then it is DistilBERT's own classifier
        ids, mask = tokens.batch(REST)
        with torch.no_grad():
            own = model(input_ids=ids, attention_mask=mask).logits
        assert (own - whole).abs().max() < 1e-5


def test_only_the_head_moves(prepared, arguments):
    folder, _, stored = prepared
    before = load_pretrained(folder, arguments()).state_dict()
    args = arguments("--epochs", "3", "--learning_rate", "0.01")
    model = load_pretrained_and_finetune(args, folder, stored, TRAIN)
    for name, tensor in model.state_dict().items():
        moved = not torch.equal(tensor, before[name])
        assert moved == name.startswith(("pre_classifier", "classifier")), name
    assert {n.split(".")[0] for n, p in model.named_parameters() if p.requires_grad} == {
        "pre_classifier",
        "classifier",
    }


def test_unfrozen_layers_on_a_stored_layer_are_the_full_model(prepared, arguments):
    folder, tokens, stored = prepared
    args = arguments("--pooling", "mean", "--unfreeze_layers", "3", "--epochs", "2")
    before = load_pretrained(folder, args).state_dict()
    model = load_pretrained_and_finetune(args, folder, stored, TRAIN)
    moved = {n for n, t in model.state_dict().items() if not torch.equal(t, before[n])}
    assert all(n.startswith(("distilbert.transformer.layer.", "pre_cl", "class")) for n in moved)
    assert not any(n.startswith("distilbert.transformer.layer.0.") for n in moved)
    assert any(n.startswith("distilbert.transformer.layer.3.") for n in moved)

    with torch.no_grad():
        on_stored = UpperLayers(model, 3, "mean").eval()(*stored.layer.batch(REST))
    whole = logits_of_whole_model(model, "mean", tokens, REST)
    assert (on_stored - whole).abs().max() < 5e-3  # stored in half precision
    found = upper_probabilities(args, model, stored.layer, REST)
    assert np.abs(found - torch.softmax(whole, dim=1)[:, 1].numpy()).max() < 2e-2


def test_lower_layers_alone_give_what_the_whole_run_kept(prepared, arguments):
    folder, tokens, stored = prepared
    encoder = load_pretrained(folder, arguments()).distilbert
    again = compute_lower_layers(encoder, tokens, 1)
    assert np.abs(again.hidden.astype(float) - stored.layer.hidden).max() < 5e-3


def test_padding_changes_nothing(prepared, arguments):
    folder, tokens, _ = prepared
    model = load_pretrained(folder, arguments())
    alone = logits_of_whole_model(model, "mean", tokens, [0])
    ids, mask = tokens.batch([0, int(tokens.lengths.argmax())])
    ids[0][mask[0] == 0] = 7  # whatever stands there
    with torch.no_grad():
        padded = PooledClassifier(model, "mean").eval()(ids, mask)[:1]
    assert (alone - padded).abs().max() < 1e-5


def test_pooling_by_hand():
    hidden = [torch.randn(2, 3, 4), torch.randn(2, 3, 4)]
    mask = torch.tensor([[1, 1, 0], [1, 1, 1]])
    assert torch.equal(pool(hidden, mask, "first"), hidden[1][:, 0])
    mean = torch.stack([hidden[1][0, :2].mean(0), hidden[1][1].mean(0)])
    assert torch.allclose(pool(hidden, mask, "mean"), mean, atol=1e-6)
    assert pool(hidden, mask, "layers").shape == (2, 8)


def test_freeze_leaves_the_last_layers(small):
    model = DistilBertForSequenceClassification.from_pretrained(small[0], num_labels=2)
    freeze(model, 2)
    layers = model.distilbert.transformer.layer
    open_ones = [i for i, one in enumerate(layers) if next(one.parameters()).requires_grad]
    assert open_ones == [2, 3]
    assert not next(model.distilbert.embeddings.parameters()).requires_grad


def test_same_seed_same_head_and_other_seed_another(prepared, arguments):
    folder, _, stored = prepared

    def trained(seed):
        args = arguments("--epochs", "2", "--seed", seed)
        model = load_pretrained_and_finetune(args, folder, stored, TRAIN)
        return probabilities(Head(model), stored.features.first[REST])

    assert np.array_equal(trained("1"), trained("1"))
    assert not np.array_equal(trained("1"), trained("2"))


def test_unfrozen_layers_cannot_pool_frozen_ones(prepared, arguments):
    folder, _, stored = prepared
    args = arguments("--pooling", "layers", "--unfreeze_layers", "1")
    with pytest.raises(UserError, match="first or mean only"):
        load_pretrained_and_finetune(args, folder, stored, TRAIN)


def test_schedule_rises_then_falls_to_nothing():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    rate = schedule(optimizer, steps=10, warmup_share=0.2)
    seen = []
    for _ in range(10):
        seen.append(rate.get_last_lr()[0])
        optimizer.step()
        rate.step()
    assert seen[:3] == [0.5, 1.0, 1.0] and seen[-1] == 0.125
    assert seen == sorted(seen[:3]) + sorted(seen[3:], reverse=True)


def test_batches_hold_everything_once_and_like_lengths_together():
    lengths = np.random.default_rng(0).integers(3, 60, size=500)
    indices = np.arange(100, 500)
    for random in (None, np.random.default_rng(1)):
        batches = batches_by_length(indices, lengths, 32, random)
        assert sorted(np.concatenate(batches)) == indices.tolist()
        padded = sum(lengths[batch].max() * len(batch) for batch in batches)
        assert padded < 1.2 * lengths[indices].sum()


def test_clean_tweet_hides_names_and_links():
    text = "RT @Some_One1: bleach &amp; heat? https://t.co/Ab1 pic.twitter.com/xYz .@b"
    assert clean_tweet(text) == "RT @user: bleach & heat? http http .@user"


def test_tokenize_batch_cuts_and_counts(small):
    from transformers import DistilBertTokenizerFast

    tokenizer = DistilBertTokenizerFast.from_pretrained(small[0])
    made = tokenize_batch({"text": ["bleach " * 40, "heat"]}, tokenizer, 16)
    assert [len(ids) for ids in made["input_ids"]] == [16, 3]
    assert made["whole_length"] == [42, 3]


def test_shares_of_words_add_up_to_the_change_of_the_margin(prepared, small, arguments):
    from transformers import DistilBertTokenizerFast

    folder, tokens, stored = prepared
    args = arguments("--pooling", "mean", "--epochs", "20", "--learning_rate", "0.01")
    model = load_pretrained_and_finetune(args, folder, stored, TRAIN)
    classifier = PooledClassifier(model, "mean").eval()
    ids, mask = tokens.batch([3])
    shares, margin = integrated_gradients(classifier, ids, padding=0, steps=200)
    empty = torch.zeros_like(ids)
    empty[:, [0, -1]] = ids[:, [0, -1]]
    with torch.no_grad():
        logits = classifier(empty, mask)[0]
    change = margin - float(logits[1] - logits[0])
    assert abs(float(shares.sum()) - change) < 0.02 * max(1.0, abs(change))

    tokenizer = DistilBertTokenizerFast.from_pretrained(folder)
    text = small[1].texts[3]
    told = explain(model, "mean", tokenizer, text, 1, 0.5, 48)
    assert " ".join(told.words) == " ".join(clean_tweet(text).split())
    assert len(told.words) == len(told.shares)

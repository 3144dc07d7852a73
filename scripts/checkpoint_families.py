"""The families of `make-checkpoints` beside Marian: settings and file layout of real checkpoints, and how their random
weights are scaled so that outputs vary and end at many lengths."""

import json

import torch
import transformers

# One entry a checkpoint. `network`: config.json; sizes that differ stand in `fixture`, `small` and `real`. `generation`: the
# repository's own settings, ids by name ("pad", "end", "start", "target"). `files`: how the weights lie. `ids`: special ids
# of checkpoints without a tokenizer. `tokenizer`: the writer in checkpoint_tokenizers.py, with source and target language.
BART = {
    "activation_function": "gelu", "scale_embedding": False, "is_encoder_decoder": True, "model_type": "bart",
    "normalize_before": False, "add_final_layer_norm": False, "normalize_embedding": True, "static_position_embeddings": False,
}
BART_SUMMARY = {
    "num_beams": 4, "length_penalty": 2.0, "no_repeat_ngram_size": 3, "early_stopping": True, "min_length": 56,
    "max_length": 142, "forced_bos_token_id": "begin", "forced_eos_token_id": "end", "decoder_start_token_id": "end",
    "bos_token_id": "begin", "eos_token_id": "end", "pad_token_id": "pad",
}
FAIRSEQ_IDS = {"begin": 0, "pad": 1, "end": 2, "first": 4}


def bart_like(width, ffn, heads, encoder, decoder, positions, vocabulary=None):
    return {"d_model": width, "encoder_ffn_dim": ffn, "decoder_ffn_dim": ffn, "encoder_attention_heads": heads,
            "decoder_attention_heads": heads, "encoder_layers": encoder, "decoder_layers": decoder,
            "num_hidden_layers": encoder, "max_position_embeddings": positions, "vocab_size": vocabulary}


def t5_like(width, kv, ffn, heads, layers, vocabulary=None, decoder=None):
    return {"d_model": width, "d_kv": kv, "d_ff": ffn, "num_heads": heads, "num_layers": layers,
            "num_decoder_layers": decoder or layers, "vocab_size": vocabulary}


FAMILIES = {
    "bart-large-cnn": {
        "class": "BartForConditionalGeneration", "network": BART, "generation": BART_SUMMARY, "files": "safetensors",
        "fixture": bart_like(32, 48, 4, 2, 2, 208), "small": bart_like(64, 128, 4, 3, 3, 1024),
        "real": bart_like(1024, 4096, 16, 12, 12, 1024, 50264), "ids": FAIRSEQ_IDS, "tokenizer": ("bart-large-cnn", None, None),
    },
    "distilbart-cnn-12-6": {
        "class": "BartForConditionalGeneration", "network": {**BART, "extra_pos_embeddings": 2, "prefix": " "},
        "generation": BART_SUMMARY, "files": "bin", "legacy": True,
        "fixture": bart_like(32, 48, 2, 2, 1, 208), "small": bart_like(48, 96, 4, 4, 2, 1024),
        "real": bart_like(1024, 4096, 16, 12, 6, 1024, 50264), "ids": FAIRSEQ_IDS, "tokenizer": ("distilbart-cnn", None, None),
    },
    "mbart-large-50-many-to-one-mmt": {
        "class": "MBartForConditionalGeneration",
        "network": {"model_type": "mbart", "activation_function": "relu", "scale_embedding": True, "is_encoder_decoder": True,
                    "normalize_before": True, "normalize_embedding": True, "add_final_layer_norm": True},
        "generation": {"num_beams": 5, "early_stopping": True, "max_length": 200, "decoder_start_token_id": "end",
                       "forced_bos_token_id": "target", "forced_eos_token_id": "end", "bos_token_id": "begin",
                       "eos_token_id": "end", "pad_token_id": "pad"},
        "files": "bin_shards", "form": "code first",
        "fixture": bart_like(32, 48, 4, 2, 2, 208), "small": bart_like(64, 96, 4, 2, 2, 1024),
        "real": bart_like(1024, 4096, 16, 12, 12, 1024, 250054), "ids": FAIRSEQ_IDS,
        "tokenizer": ("mbart50-m2one", "ar_AR", "en_XX"),
    },
    "m2m100_418M": {
        "class": "M2M100ForConditionalGeneration",
        "network": {"model_type": "m2m_100", "activation_function": "relu", "scale_embedding": True, "is_encoder_decoder": True},
        "generation": {"num_beams": 5, "early_stopping": True, "max_length": 200, "decoder_start_token_id": "end",
                       "bos_token_id": "begin", "eos_token_id": "end", "pad_token_id": "pad"},
        "files": "bin", "form": "code first", "caller": True, "position_table": True,
        "fixture": bart_like(32, 48, 4, 2, 2, 208), "small": bart_like(64, 96, 8, 2, 2, 1024),
        "real": bart_like(1024, 4096, 16, 12, 12, 1024, 128112), "ids": FAIRSEQ_IDS, "tokenizer": ("m2m100", "ar", "en"),
    },
    "nllb-200-distilled-600M": {
        "class": "M2M100ForConditionalGeneration",
        "network": {"model_type": "m2m_100", "activation_function": "relu", "scale_embedding": True, "is_encoder_decoder": True,
                    "tokenizer_class": "NllbTokenizer"},
        "generation": {"max_length": 200, "decoder_start_token_id": "end", "bos_token_id": "begin", "eos_token_id": "end",
                       "pad_token_id": "pad"},
        "files": "bin", "form": "code first", "caller": True,
        "fixture": bart_like(32, 64, 2, 2, 2, 208), "small": bart_like(48, 96, 6, 2, 3, 1024),
        "real": bart_like(1024, 4096, 16, 12, 12, 1024, 256206), "ids": FAIRSEQ_IDS,
        "tokenizer": ("nllb-200", "arb_Arab", "eng_Latn"),
    },
    "pegasus-cnn_dailymail": {
        "class": "PegasusForConditionalGeneration",
        "network": {"model_type": "pegasus", "activation_function": "relu", "scale_embedding": True, "is_encoder_decoder": True,
                    "normalize_before": True, "normalize_embedding": False, "add_final_layer_norm": True,
                    "static_position_embeddings": True},
        "generation": {"num_beams": 8, "length_penalty": 0.8, "min_length": 32, "max_length": 128,
                       "decoder_start_token_id": "pad", "forced_eos_token_id": "end", "eos_token_id": "end",
                       "pad_token_id": "pad"},
        "files": "bin", "half": True,
        "fixture": bart_like(32, 48, 4, 2, 2, 208), "small": bart_like(64, 128, 4, 2, 2, 1024),
        "real": bart_like(1024, 4096, 16, 16, 16, 1024, 96103), "ids": {"pad": 0, "end": 1, "first": 105},
        "tokenizer": ("pegasus-cnn", None, None),
    },
    "t5-base": {
        "class": "T5ForConditionalGeneration",
        "network": {"model_type": "t5", "feed_forward_proj": "relu", "is_encoder_decoder": True, "n_positions": 512,
                    "relative_attention_num_buckets": 32},
        "generation": {"decoder_start_token_id": "pad", "eos_token_id": "end", "pad_token_id": "pad"},
        "files": "safetensors", "legacy": True, "unused_bias": True,
        "fixture": t5_like(32, 8, 48, 4, 2), "small": t5_like(64, 16, 128, 4, 2),
        "real": t5_like(768, 64, 3072, 12, 12, 32128), "ids": {"pad": 0, "end": 1, "first": 3}, "tokenizer": ("t5-base", None, None),
    },
    "flan-t5-base": {
        "class": "T5ForConditionalGeneration",
        "network": {"model_type": "t5", "feed_forward_proj": "gated-gelu", "is_encoder_decoder": True,
                    "tie_word_embeddings": False, "dense_act_fn": "gelu_new", "is_gated_act": True, "n_positions": 512,
                    "relative_attention_num_buckets": 32, "relative_attention_max_distance": 128},
        "generation": {"decoder_start_token_id": "pad", "eos_token_id": "end", "pad_token_id": "pad"},
        "files": "safetensors", "dtype": "bf16", "own_head": True,
        "fixture": t5_like(32, 8, 48, 4, 2), "small": t5_like(48, 8, 96, 6, 2),
        "real": t5_like(768, 64, 2048, 12, 12, 32128), "ids": {"pad": 0, "end": 1, "first": 3}, "tokenizer": ("t5-base", None, None),
    },
    "mT5_multilingual_XLSum": {
        "class": "MT5ForConditionalGeneration",
        "network": {"model_type": "mt5", "feed_forward_proj": "gated-gelu", "is_encoder_decoder": True,
                    "tie_word_embeddings": False, "relative_attention_num_buckets": 32},
        "generation": {"num_beams": 4, "length_penalty": 0.6, "no_repeat_ngram_size": 2, "max_length": 84,
                       "decoder_start_token_id": "pad", "eos_token_id": "end", "pad_token_id": "pad"},
        "files": "bin", "own_head": True,
        "fixture": t5_like(32, 16, 48, 3, 2), "small": t5_like(48, 16, 96, 4, 2),
        "real": t5_like(768, 64, 2048, 12, 12, 250112), "ids": {"pad": 0, "end": 1, "first": 3}, "tokenizer": ("mt5-base", None, None),
    },
    "madlad400-3b-mt": {
        "class": "T5ForConditionalGeneration",
        "network": {"model_type": "t5", "feed_forward_proj": "gated-gelu", "is_encoder_decoder": True,
                    "tie_word_embeddings": False, "dense_act_fn": "gelu_new", "is_gated_act": True,
                    "relative_attention_num_buckets": 32, "relative_attention_max_distance": 128},
        "generation": {"decoder_start_token_id": "unknown", "eos_token_id": "end", "pad_token_id": "pad"},
        "files": "safetensors_shards", "own_head": True, "form": "prefix",
        "fixture": t5_like(32, 16, 48, 4, 2), "small": t5_like(48, 24, 96, 4, 2),
        "real": t5_like(1024, 128, 8192, 16, 32, 256000), "ids": {"unknown": 0, "pad": 1, "end": 2, "first": 4},
        "tokenizer": ("madlad400", None, "<2en>"),
    },
}


def special_ids(family, tokenizer, network):
    """Ids by the names that `generation` uses."""
    if tokenizer is None:
        ids = dict(family["ids"])
        # Codes of languages stand at the end, as in the real vocabularies.
        ids["source"], ids["target"] = network["vocab_size"] - 2, network["vocab_size"] - 1
        return ids
    ids = {"begin": tokenizer.bos_token_id, "pad": tokenizer.pad_token_id, "end": tokenizer.eos_token_id,
           "unknown": tokenizer.unk_token_id}
    _, _, target = family["tokenizer"]
    if target is not None and not target.startswith("<2"):
        ids["target"] = (tokenizer.get_lang_id(target) if hasattr(tokenizer, "get_lang_id")
                         else tokenizer.convert_tokens_to_ids(target))
    return ids


def random_ids(family, ids, vocabulary, length, chooser):
    """A source of `length` tokens in the family's form, where there is no tokenizer."""
    words = [chooser.randrange(ids["first"], vocabulary - 2) for _ in range(max(0, length - 1))] + [ids["end"]]
    if family.get("form") == "code first":
        words = [ids["source"], *words[1:]] if length > 1 else [ids["end"]]
    return words


def write_config(family, size, folder, tokenizer, vocabulary):
    """config.json and, where the family has it, generation_config.json; the configuration and the settings."""
    network = {key: value for key, value in {**family["network"], **family[size]}.items() if value is not None}
    network.setdefault("vocab_size", vocabulary)
    ids = special_ids(family, tokenizer, network)
    settings = {name: ids[value] if isinstance(value, str) else value for name, value in family["generation"].items()}
    own = {name: value for name, value in settings.items() if name in ("pad_token_id", "eos_token_id", "bos_token_id")}
    written = {"architectures": [family["class"]], **network, **(settings if family.get("legacy") else own)}
    (folder / "config.json").write_text(json.dumps(written, indent=1))
    if not family.get("legacy"):
        (folder / "generation_config.json").write_text(json.dumps(settings, indent=1))
    return network, settings, ids


def make_model(family, folder):
    """The network of the config.json in `folder`, without weights worth anything."""
    kind = getattr(transformers, family["class"])
    config = kind.config_class.from_pretrained(folder)
    model = kind(config)
    if family.get("own_head"):
        # transformers ties it while it is made; the real files untie it.
        model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.detach().clone())
    return model.eval()


def randomize(model, generator):
    """Random weights under which attention heeds the source and neighbours matter. Names tell a matrix's place."""
    for name, parameter in model.named_parameters():
        if "embed_positions" in name and "sin" in type(model.get_encoder().embed_positions).__name__.lower():
            continue
        noise = torch.randn(parameter.shape, generator=generator)
        root = parameter.shape[-1] ** 0.5
        last = name.split(".")[-2]
        if "norm" in name and name.endswith("weight"):
            parameter.data = 1.0 + 0.2 * noise
        elif name.endswith("bias") and "relative" not in name:
            parameter.data = 0.1 * noise
        elif "relative_attention_bias" in name:
            parameter.data = 1.5 * noise
        elif "embed_positions" in name:
            parameter.data = 0.5 * noise / root
        elif last in ("shared", "embed_tokens"):
            parameter.data = noise * (1.0 if "t5" in model.config.model_type else 2.0 / root)
        elif last == "lm_head":
            parameter.data = noise * 4.0 / root
        elif last in ("q_proj", "k_proj"):
            # Sharper attention makes a network in which rounding errors grow from layer to layer, in torch as here.
            parameter.data = noise * 3.0 / root
        elif last in ("q", "k"):
            # T5 does not scale its scores.
            parameter.data = noise * 2.2 / (root * model.config.d_kv ** 0.25)
        elif "encoder_attn" in name or "EncDecAttention" in name:
            parameter.data = noise * 2.5 / root
        elif last in ("fc2", "wo"):
            parameter.data = (noise - noise.mean(1, keepdim=True)) * 3.5 / root
        else:
            parameter.data = noise * 1.2 / root


def end_direction(model, encoded, settings):
    """What the decoder's outputs have in common, scaled so that adding it to the end's row adds one to its logits. Where
    the embedding is the output projection, only the last layer norm keeps that direction steady."""
    outputs = []
    hook = model.lm_head.register_forward_pre_hook(lambda _, inputs: outputs.append(inputs[0][:, -1].detach()))
    with torch.no_grad():
        for ids in encoded[::3]:
            model.generate(ids, num_beams=1, do_sample=False, max_length=24, min_length=24, no_repeat_ngram_size=0)
    hook.remove()
    mean = torch.cat(outputs).mean(0)
    return mean / mean.square().sum()


def calibrate(model, encoded, settings):
    """Raises the end's logit until outputs end at many lengths: none at once, few at the limit."""
    end, lengths = settings["eos_token_id"], []
    limit = min(100, model.generation_config.max_length or 100)
    direction = end_direction(model, encoded, settings)
    row = model.lm_head.weight.data[end].clone()
    best = None
    for step in range(26):
        amount = 0.5 * step - 2.0
        model.lm_head.weight.data[end] = row + amount * direction
        with torch.no_grad():
            lengths = [model.generate(ids, num_beams=1, min_length=0, max_length=limit, no_repeat_ngram_size=0).shape[1]
                       for ids in encoded[::2]]
        quality = len({length for length in lengths if length > 4}) - sum(length >= limit for length in lengths)
        if best is None or quality > best[0]:
            best = (quality, amount, sorted(lengths))
        if max(lengths) < 6:
            break
    model.lm_head.weight.data[end] = row + best[1] * direction
    print(f"  end raised by {best[1]}, greedy lengths {best[2]}")


def state_of(model, family):
    """The tensors that the family's files hold, in their number type."""
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    prefix = "" if "shared.weight" in state else "model."
    aliases = [f"{prefix}encoder.embed_tokens.weight", f"{prefix}decoder.embed_tokens.weight"]
    if not family.get("own_head"):
        aliases.append("lm_head.weight")
    kind = torch.float16 if family.get("half") else torch.bfloat16 if family.get("dtype") == "bf16" else torch.float32
    state = {name: tensor.to(kind) if tensor.is_floating_point() else tensor for name, tensor in state.items()}
    for alias in aliases:
        # Files of torch hold all names of a tied matrix, safetensors one.
        state.pop(alias, None)
        if family["files"].startswith("bin"):
            state[alias] = state[f"{prefix}shared.weight"]
    if family.get("unused_bias"):
        state["decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"] = torch.zeros(
            (model.config.relative_attention_num_buckets, model.config.num_heads))
    if family.get("position_table"):
        # Older files hold a table that nothing reads any more.
        for side in ("encoder", "decoder"):
            state[f"model.{side}.embed_positions.weights"] = torch.zeros((4, model.config.d_model))
    return state

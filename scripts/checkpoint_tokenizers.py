#!/usr/bin/env python3
"""Writes tokenizers with the files and the ids of real repositories, trained on the text that the caller gives, and what
`transformers` makes of texts with them.

  pip install "transformers==5.23.*" sentencepiece
  scripts/checkpoint_tokenizers.py --out DIR --text ar.txt --text en.txt [--pieces 8000]

Each folder DIR/NAME gets a tokenizer, a small `config.json` and `tokenizer_reference.json`: ids of every line of the
texts, and the text of those ids and of random ids. `tests/tokenizer_parity` holds the program against them:
`MUJAZ_TOKENIZERS=DIR cargo test --test tokenizer_parity`.

The committed fixtures, with options OPT = --text tests/fixtures/checkpoints/text.ar --text
tests/fixtures/checkpoints/text.en --pieces 800 --lines 20 --random 60 --out tests/fixtures/tokenizers:

  scripts/checkpoint_tokenizers.py OPT --family t5-spiece
  scripts/checkpoint_tokenizers.py OPT --normalization identity --family distilbart-cnn --family mt5-base \
    --family madlad400-spiece --family pegasus-cnn --family mbart50-m2one --family m2m100 --family nllb-200 --family file

`make-checkpoints` imports this file: `write(family, folder, lines, pieces)` writes one tokenizer, `load(folder)` reads it
as `transformers` does.
"""

import argparse
import io
import json
import pathlib
import random

import sentencepiece
import transformers
from tokenizers import ByteLevelBPETokenizer

MBART50 = (
    "ar_AR cs_CZ de_DE en_XX es_XX et_EE fi_FI fr_XX gu_IN hi_IN it_IT ja_XX kk_KZ ko_KR lt_LT lv_LV my_MM ne_NP nl_XX "
    "ro_RO ru_RU si_LK tr_TR vi_VN zh_CN af_ZA az_AZ bn_IN fa_IR he_IL hr_HR id_ID ka_GE km_KH mk_MK ml_IN mn_MN mr_IN "
    "pl_PL ps_AF pt_XX sv_SE sw_KE ta_IN te_IN th_TH tl_XX uk_UA ur_PK xh_ZA gl_ES sl_SI"
).split()


# sentencepiece's normalisation rule for all models, in the place of each family's own; `identity` makes small files.
RULE = None


def train(lines, pieces, kind="unigram", **settings):
    """The bytes of a sentencepiece model."""
    model = io.BytesIO()
    if RULE is not None:
        settings["normalization_rule_name"] = RULE
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(line for line in lines if line.strip()), model_writer=model, vocab_size=pieces,
        model_type=kind, **{"hard_vocab_limit": kind == "bpe", "character_coverage": 0.9995, "minloglevel": 2,
                            "num_threads": 1, "max_sentence_length": 100_000, **settings},
    )
    return model.getvalue()


def pieces_of(model):
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    return [processor.id_to_piece(index) for index in range(processor.get_piece_size())]


def write_json(folder, name, value):
    (pathlib.Path(folder) / name).write_text(json.dumps(value, ensure_ascii=False, indent=None))


def save_fast(folder, **arguments):
    """Adds the `tokenizer.json` that transformers makes of the files there, and nothing else of what it saves."""
    transformers.AutoTokenizer.from_pretrained(folder, **arguments).backend_tokenizer.save(str(folder / "tokenizer.json"))


def marian(folder, lines, pieces, *, target_lines=None, rule="nmt_nfkc", end_first=True, target_codes=()):
    """`source.spm`, `target.spm` and `vocab.json`: the pieces of both sides in one list, `<pad>` last; with
    `end_first=False`, `</s>` in the middle, as opus-mt-tc-big has it. `target_codes`: `>>eng<<` and the like."""
    sides = {"source": lines, "target": target_lines or lines}
    words = []
    for side, text in sides.items():
        model = train(text, pieces, normalization_rule_name=rule)
        (folder / f"{side}.spm").write_bytes(model)
        words += pieces_of(model)[3:]
    words = list(dict.fromkeys(words))
    random.Random(7).shuffle(words)
    # A few pieces that the vocabulary does not hold: they become <unk>.
    words = words[: -max(3, len(words) // 200)]
    middle = len(words) // 3
    words = ["</s>", "<unk>", *words] if end_first else ["<unk>", *words[:middle], "</s>", *words[middle:]]
    words += [*target_codes, "<pad>"]
    write_json(folder, "vocab.json", {word: index for index, word in enumerate(words)})
    write_json(folder, "tokenizer_config.json", {"source_lang": "ar", "target_lang": "en"})


def bart(folder, lines, pieces, *, fast=False):
    """`vocab.json` and `merges.txt` of byte-level BPE; with `fast`, `tokenizer.json` beside them (bart-large-cnn)."""
    trainer = ByteLevelBPETokenizer()
    trainer.train_from_iterator(lines, vocab_size=pieces - 1, min_frequency=2, show_progress=False,
                                special_tokens=["<s>", "<pad>", "</s>", "<unk>"])
    trainer.save_model(str(folder))
    vocabulary = json.loads((folder / "vocab.json").read_text())
    write_json(folder, "vocab.json", {**vocabulary, "<mask>": len(vocabulary)})
    write_json(folder, "tokenizer_config.json", {"model_max_length": 1024})
    if fast:
        save_fast(folder)


def t5(folder, lines, pieces, *, kind="unigram", fast=False, config=True, file="spiece.model"):
    """`spiece.model` with `<pad>` 0, `</s>` 1, `<unk>` 2; 100 `<extra_id_N>` follow (t5-base, flan-t5)."""
    model = train(lines, pieces, kind, pad_id=0, eos_id=1, unk_id=2, bos_id=-1, normalization_rule_name="nmt_nfkc")
    (folder / file).write_bytes(model)
    if config:
        extra = [f"<extra_id_{index}>" for index in range(100)]
        special = {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
        write_json(folder, "special_tokens_map.json", {**special, "additional_special_tokens": extra})
        write_json(folder, "tokenizer_config.json", {**special, "extra_ids": 100, "additional_special_tokens": extra,
                                                     "model_max_length": 512, "tokenizer_class": "T5Tokenizer"})
    if fast:
        save_fast(folder)


def mt5(folder, lines, pieces):
    """`spiece.model` with byte pieces and the sentinels inside; no extra ids (mt5-base, mT5_multilingual_XLSum)."""
    sentinels = [f"▁<extra_id_{index}>" for index in range(99, -1, -1)]
    model = train(lines, pieces, pad_id=0, eos_id=1, unk_id=2, bos_id=-1, byte_fallback=True,
                  user_defined_symbols=sentinels, normalization_rule_name="nmt_nfkc")
    (folder / "spiece.model").write_bytes(model)
    special = {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    write_json(folder, "special_tokens_map.json", special)
    write_json(folder, "tokenizer_config.json", {**special, "extra_ids": 0, "additional_special_tokens": None,
                                                 "tokenizer_class": "T5Tokenizer"})


def madlad(folder, lines, pieces, *, fast=True):
    """`spiece.model` and `tokenizer.json` with `<unk>` 0, `<s>` 1, `</s>` 2, target codes `<2en>` as pieces of their own
    and byte pieces (madlad400-3b-mt)."""
    codes = [f"<2{code}>" for code in ("ar", "en", "fr", "de", "arz", "zh")]
    model = train(lines, pieces, unk_id=0, bos_id=1, eos_id=2, pad_id=-1, byte_fallback=True, normalization_rule_name="nfkc",
                  user_defined_symbols=codes)
    (folder / "spiece.model").write_bytes(model)
    special = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<s>"}
    write_json(folder, "special_tokens_map.json", special)
    write_json(folder, "tokenizer_config.json", {**special, "extra_ids": 0, "additional_special_tokens": [],
                                                 "tokenizer_class": "T5Tokenizer"})
    if fast:
        save_fast(folder)


def pegasus(folder, lines, pieces, *, fast=False, special_map=True):
    """`spiece.model` with `<pad>` 0, `</s>` 1; ids from 2 on moved by 103 for `<mask_1>`, `<mask_2>`, `<unk_2>`, …"""
    model = train(lines, pieces, pad_id=0, eos_id=1, unk_id=2, bos_id=-1, normalization_rule_name="nmt_nfkc",
                  user_defined_symbols=["<n>"])
    (folder / "spiece.model").write_bytes(model)
    if special_map:
        special = {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>", "mask_token": "<mask_2>"}
        extra = ["<mask_1>"] + [f"<unk_{index}>" for index in range(2, 103)]
        write_json(folder, "special_tokens_map.json", {**special, "additional_special_tokens": extra})
        write_json(folder, "tokenizer_config.json", {**special, "mask_token_sent": "<mask_1>", "offset": 103,
                                                     "tokenizer_class": "PegasusTokenizer", "model_max_length": 1024})
    if fast:
        save_fast(folder)


def mbart50(folder, lines, pieces, *, fast=False):
    """`sentencepiece.bpe.model` (a unigram model, its name notwithstanding); ids as fairseq has them, language codes and
    `<mask>` at the end."""
    (folder / "sentencepiece.bpe.model").write_bytes(train(lines, pieces, normalization_rule_name="nmt_nfkc"))
    special = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "sep_token": "</s>", "cls_token": "<s>",
               "pad_token": "<pad>"}
    mask = {"content": "<mask>", "single_word": False, "lstrip": True, "rstrip": False, "normalized": True}
    write_json(folder, "special_tokens_map.json",
               {**special, "mask_token": mask, "additional_special_tokens": MBART50})
    write_json(folder, "tokenizer_config.json",
               {**special, "mask_token": {**mask, "__type": "AddedToken"}, "src_lang": None, "tgt_lang": None,
                "language_codes": "ML50", "tokenizer_class": "MBart50Tokenizer"})
    if fast:
        save_fast(folder)


def m2m100(folder, lines, pieces):
    """`sentencepiece.bpe.model` and `vocab.json`; the ids of `__ar__` and the other codes follow the vocabulary."""
    from transformers.models.m2m_100.tokenization_m2m_100 import FAIRSEQ_LANGUAGE_CODES

    model = train(lines, pieces, "bpe", normalization_rule_name="nmt_nfkc")
    (folder / "sentencepiece.bpe.model").write_bytes(model)
    words = pieces_of(model)[3:]
    random.Random(7).shuffle(words)
    words = ["<s>", "<pad>", "</s>", "<unk>", *words[: -max(3, len(words) // 200)]]
    write_json(folder, "vocab.json", {word: index for index, word in enumerate(words)})
    codes = [f"__{code}__" for code in FAIRSEQ_LANGUAGE_CODES["m2m100"]]
    special = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "sep_token": "</s>", "pad_token": "<pad>"}
    write_json(folder, "special_tokens_map.json", {**special, "additional_special_tokens": codes})
    write_json(folder, "tokenizer_config.json",
               {**special, "src_lang": None, "tgt_lang": None, "language_codes": "m2m100", "num_madeup_words": 8,
                "model_max_length": 1024, "tokenizer_class": "M2M100Tokenizer"})


def nllb(folder, lines, pieces, *, legacy=False):
    """`sentencepiece.bpe.model` and `tokenizer.json`: BPE, ids as fairseq has them, codes such as `arb_Arab` and `<mask>`
    at the end."""
    from transformers.models.nllb.tokenization_nllb import FAIRSEQ_LANGUAGE_CODES

    (folder / "sentencepiece.bpe.model").write_bytes(train(lines, pieces, "bpe", normalization_rule_name="nmt_nfkc"))
    special = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "sep_token": "</s>", "cls_token": "<s>",
               "pad_token": "<pad>", "mask_token": "<mask>"}
    config = {**special, "additional_special_tokens": FAIRSEQ_LANGUAGE_CODES, "src_lang": None, "tgt_lang": None,
              "model_max_length": 1024, "tokenizer_class": "NllbTokenizer"}
    write_json(folder, "tokenizer_config.json", {**config, "legacy_behaviour": True} if legacy else config)
    write_json(folder, "special_tokens_map.json", {**special, "additional_special_tokens": FAIRSEQ_LANGUAGE_CODES})
    save_fast(folder)


def as_file(folder, lines, pieces):
    """Only `tokenizer.json`, which says all: what `PreTrainedTokenizerFast` is saved as."""
    t5(folder, lines, pieces, fast=True)
    for name in ("spiece.model", "special_tokens_map.json"):
        (folder / name).unlink()
    write_json(folder, "tokenizer_config.json", {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>",
                                                 "tokenizer_class": "PreTrainedTokenizerFast",
                                                 "clean_up_tokenization_spaces": True})


def saved(writer):
    """What `save_pretrained` of today makes of a folder, and only that."""
    def write_saved(folder, lines, pieces, **settings):
        writer(folder, lines, pieces, **settings)
        tokenizer = load(folder)
        for file in folder.iterdir():
            if file.name != "config.json":
                file.unlink()
        tokenizer.save_pretrained(folder)
    return write_saved


# Name -> (writer, its settings, model_type of config.json, source and target language of the reference).
FAMILIES = {
    "opus-mt-ar-en": (marian, {}, "marian", None, None),
    "opus-mt-tc-big-ar-en": (marian, {"end_first": False, "rule": "nfkc", "target_codes": [">>eng<<"]}, "marian", None, None),
    "distilbart-cnn": (bart, {}, "bart", None, None),
    "bart-large-cnn": (bart, {"fast": True}, "bart", None, None),
    "t5-base": (t5, {"fast": True}, "t5", None, None),
    "t5-spiece": (t5, {"config": False}, "t5", None, None),
    "t5-bpe": (t5, {"kind": "bpe", "file": "tokenizer.model", "config": False}, "t5", None, None),
    "mt5-base": (mt5, {}, "mt5", None, None),
    "madlad400": (madlad, {}, "t5", None, "<2en>"),
    "madlad400-spiece": (madlad, {"fast": False}, "t5", None, "<2en>"),
    "pegasus-cnn": (pegasus, {}, "pegasus", None, None),
    "pegasus-plain": (pegasus, {"special_map": False}, "pegasus", None, None),
    "pegasus-fast": (pegasus, {"fast": True}, "pegasus", None, None),
    "mbart50-m2one": (mbart50, {}, "mbart", "ar_AR", "en_XX"),
    "mbart50-fast": (mbart50, {"fast": True}, "mbart", "ar_AR", "en_XX"),
    "m2m100": (m2m100, {}, "m2m_100", "ar", "en"),
    "nllb-200": (nllb, {}, "m2m_100", "arb_Arab", "eng_Latn"),
    "nllb-legacy": (nllb, {"legacy": True}, "m2m_100", "arz_Arab", "eng_Latn"),
    "file": (as_file, {}, "t5", None, None),
    "opus-mt-saved": (saved(marian), {}, "marian", None, None),
    "bart-saved": (saved(bart), {}, "bart", None, None),
    "t5-saved": (saved(t5), {}, "t5", None, None),
    "mt5-saved": (saved(mt5), {}, "mt5", None, None),
    "pegasus-saved": (saved(pegasus), {}, "pegasus", None, None),
    "mbart50-saved": (saved(mbart50), {}, "mbart", "ar_AR", "en_XX"),
    "m2m100-saved": (saved(m2m100), {}, "m2m_100", "ar", "en"),
    "nllb-saved": (saved(nllb), {}, "m2m_100", "arb_Arab", "eng_Latn"),
}


def write(family, folder, lines, pieces):
    """Writes the tokenizer of `family` into `folder` (which may hold a `config.json`)."""
    writer, settings, model_type, _, _ = FAMILIES[family]
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "config.json").exists():
        write_json(folder, "config.json", {"model_type": model_type, "is_encoder_decoder": True})
    writer(folder, lines, pieces, **settings)


def load(folder, source=None):
    """As `transformers` loads it, set to the source language."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    if source is not None:
        tokenizer.src_lang = source
    return tokenizer


# Texts that tokenizers stumble over; written for this file.
ODD_TEXTS = [
    "", " ", "   ", "\t", "\u200b", "\ufeff", "\u0640", "a", "ب", "  حافتان  ", "قال:\u00a0«نعم»", "سطر\u2028آخر", "أ\tب",
    "مـــوجـــز", "كِتَابٌ مُشَكَّلٌ", "١٢٣٬٤٥٦٫٧٨", "ﻻ ﷲ ﷺ ﬁ ½ Å ㎏ …", "می\u200cخواهم", "\u202bعربي\u202c English", "👩\u200d👩\u200d👧 👍🏽 🇸🇦",
    "</s>", "<s>", "<pad>", "<unk>", "<mask>", "نهاية</s>بداية", "قبل <unk> بعد", "a <mask> b", "<extra_id_0> x <extra_id_99>",
    "<mask_1> <mask_2> <unk_2> <unk_102>", "__ar__ نص __en__", "arb_Arab نص eng_Latn", "ar_AR نص en_XX", ">>eng<< نص", ">>en<<",
    "<2en> نص <2ar>", "<0x41>", "<n> سطر<n>جديد", "▁▁ نص ▁", "A\u0301e\u0301 café", "\x00 \x01 \x07 \x1b[31m \x7f \x9f", "😀" * 40,
    "ا" * 300, "ab " * 200, "..." * 50, "مرحبا\u0000بالعالم", "I don't  can't  we've 'm 're it's ' s . , ! ?", "\u05d0\u0301\u0300",
    "中文日本語한국어", "𝒜𝓇𝒶𝒷𝒾𝒸 ①②③", "خط‌ط‍ي", "﷽", "ـــــــــ", " \u3000 x \u3000 ", "x\r\ny", "\u200f\u200e",
]


def reference(folder, lines, source, target, random_rows_count=400, seed=3):
    """Writes `tokenizer_reference.json`."""
    tokenizer = load(folder, source)
    prefix = f"{target} " if target is not None and target.startswith("<2") else ""
    rows = []
    for text in ODD_TEXTS + lines:
        # A text that says its target itself is not told another.
        ids = tokenizer(text if prefix and text.startswith("<2") else prefix + text).input_ids
        rows.append({"text": text, "ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=True)})
    chooser = random.Random(seed)
    random_rows = []
    for _ in range(random_rows_count):
        ids = [chooser.randrange(len(tokenizer)) for _ in range(chooser.randrange(1, 40))]
        random_rows.append({"ids": ids, "decoded": tokenizer.batch_decode([ids], skip_special_tokens=True)[0]})
    forced = None
    if target is not None and not prefix:
        forced = tokenizer.get_lang_id(target) if hasattr(tokenizer, "get_lang_id") else tokenizer.convert_tokens_to_ids(target)
    write_json(folder, "tokenizer_reference.json", {
        "transformers": transformers.__version__, "class": type(tokenizer).__name__, "vocabulary": len(tokenizer),
        "source": source, "target": target.strip("<2>") if prefix else target, "forced_bos": forced,
        "rows": rows, "random": random_rows})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, type=pathlib.Path, help="folder for the tokenizers")
    parser.add_argument("--text", required=True, action="append", type=pathlib.Path, help="UTF-8, one sentence a line")
    parser.add_argument("--pieces", type=int, default=8000, help="pieces of each tokenizer, at most")
    parser.add_argument("--family", action="append", choices=FAMILIES, help="only this one (may be repeated)")
    parser.add_argument("--lines", type=int, help="lines of the texts in the reference (all)")
    parser.add_argument("--random", type=int, default=400, help="rows of random ids in the reference")
    parser.add_argument("--normalization", help="sentencepiece's rule for all (each family's own)")
    arguments = parser.parse_args()
    global RULE
    RULE = arguments.normalization
    if not transformers.__version__.startswith("5.23."):
        parser.error(f"the reference is transformers 5.23.*, this is {transformers.__version__}")
    lines = [line for path in arguments.text for line in path.read_text().split("\n") if line]
    for family in arguments.family or FAMILIES:
        _, _, _, source, target = FAMILIES[family]
        print(family, flush=True)
        write(family, arguments.out / family, lines, arguments.pieces)
        reference(arguments.out / family, lines[: arguments.lines], source, target, arguments.random)


if __name__ == "__main__":
    main()

"""What the measuring scripts share: records of the program, and outputs of `transformers` for the same folder and lines."""

import json
import subprocess
import sys
import tempfile


def run_mujaz(program, command, folder, lines, *flags):
    """Records of `mujaz COMMAND --model FOLDER` for the lines, in the floats of the reference."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("".join(line + "\n" for line in lines))
        file.flush()
        words = [program, command, file.name, "--model", folder, "--json", "--token-ids", "--quiet", "--dtype", "f32",
                 *flags]
        done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE)
    if done.returncode not in (0, 1):
        sys.exit(f"mujaz {command} --model {folder}: exit code {done.returncode}")
    records = [json.loads(line) for line in done.stdout.decode().split("\n") if line]
    if len(records) != len(lines):
        sys.exit(f"{command}: {len(records)} records for {len(lines)} lines")
    return records


def reference(folder, lines, source=None, target=None, prefix=""):
    """Token ids and texts of `transformers` with the folder's own settings, one line at a time. `source` and `target` are
    the model's own language codes; `prefix` goes before each line."""
    import torch
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=torch.float32).eval()
    if hasattr(model, "model") and hasattr(model.model, "shared") and model.config.model_type == "marian":
        # A stray `lm_head.weight` that differs from the embedding is no part of a Marian model.
        model.lm_head.weight = model.model.shared.weight
    settings = {}
    if source is not None:
        tokenizer.src_lang = source
        get_id = getattr(tokenizer, "get_lang_id", tokenizer.convert_tokens_to_ids)
        settings["forced_bos_token_id"] = get_id(target)
    rows = []
    for line in lines:
        with torch.no_grad():
            ids = model.generate(**tokenizer([prefix + line], return_tensors="pt"), **settings)
        rows.append((ids[0].tolist(), tokenizer.batch_decode(ids, skip_special_tokens=True)[0]))
    return rows


def compare(name, records, rows, shown=5):
    """Prints how many rows are equal and which are not; gives the number of equal ones."""
    equal = 0
    for record, (ids, text) in zip(records, rows, strict=True):
        found = record["token_ids"]
        if found == ids and record["text"] == text:
            equal += 1
        elif shown > 0:
            shown -= 1
            at = next((i for i, (a, b) in enumerate(zip(found, ids)) if a != b), min(len(found), len(ids)))
            print(f"  {name}: line {record['line']} differs at token {at} of {len(ids)}: {found[at:at + 3]}, not "
                  f"{ids[at:at + 3]}; {(record['text'] or '')[:60]!r}, not {text[:60]!r}; {record.get('error')}")
    print(f"{name}: {equal} of {len(rows)} outputs are those of transformers, token for token")
    return equal

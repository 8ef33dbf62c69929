# SPDX-License-Identifier: Apache-2.0
"""Makes tests/fuzz/corpus from the fixtures of tests/fixtures/pt2: their programs without what the importer ignores, as
bare JSON texts separated by zero bytes, and two whole archives.

    python3 tests/fuzz/make_corpus.py
"""

import json
import pathlib
import shutil
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE.parent / "fixtures" / "pt2"
LEFT_OUT = {"metadata", "module_call_graph", "guards_code", "verifiers", "opset_version", "treespec_namedtuple_fields",
            "requires_grad", "is_hop_single_tensor_return", "kind", "is_param"}


def stripped(value):
    if isinstance(value, dict):
        return {key: stripped(one) for key, one in value.items() if key not in LEFT_OUT and one is not None}
    return [stripped(one) for one in value] if isinstance(value, list) else value


def compact(text):
    return json.dumps(stripped(json.loads(text)), separators=(",", ":")).encode()


def main():
    corpus = HERE / "corpus"
    shutil.rmtree(corpus, ignore_errors=True)
    corpus.mkdir()
    for path in sorted(FIXTURES.glob("*.pt2")):
        with zipfile.ZipFile(path) as archive:
            records = {name.split("/", 1)[-1]: name for name in archive.namelist()}
            if "models/model.json" not in records:
                continue
            texts = [compact(archive.read(records[name])) if name in records else b"" for name in (
                "models/model.json", "data/weights/model_weights_config.json",
                "data/constants/model_constants_config.json")]
        (corpus / path.stem).write_bytes(b"\0".join(texts))
    for name in ("mlp_static", "old_config_names"):
        shutil.copy(FIXTURES / f"{name}.pt2", corpus / f"{name}.pt2")


if __name__ == "__main__":
    main()

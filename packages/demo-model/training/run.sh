#!/bin/sh
# Corpus, tokenizer, training, GGUF, evaluation: everything, in order.
set -eu
cd "$(dirname "$0")"
for step in make_corpus tokenizer train export_gguf evaluate; do
  echo "== $step"
  python "$step.py"
done

# Finds of the fuzzers become scripts that fail in the same way: a fault is planted for each target of octets (tests/finds/list.tsv).
. tests/checks/count.sh
python3 tests/finds/run.py build/asan >build/finds.log 2>&1
count build/finds.log $?
grep -v '^passed ' build/finds.log | sed '$d'
finish

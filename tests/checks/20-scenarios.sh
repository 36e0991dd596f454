# Every scenario, against its golden, on each of the six NICs, gcc -O2; a case without a golden fails.
. tests/checks/count.sh
build/release/wiredrill run --nic all --strict --quiet --jobs 2 scenarios >build/scenarios.out 2>&1
status=$?
told build/scenarios.out
count build/scenarios.out $status
finish

# Every scenario, against its golden, gcc -O2; a case without a golden fails.
build/release/wiredrill run --strict --jobs 2 scenarios

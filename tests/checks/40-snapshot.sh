# World save and restore: a run restored at its middle ends with the same W, T and S. Worlds with foreign hosts are passed over by name.
. tests/checks/count.sh
build/release/wiredrill run --no-golden --snapshot --quiet --jobs 2 scenarios >build/snapshot.out 2>&1
status=$?
told build/snapshot.out
count build/snapshot.out $status
finish

# World save and restore: a run restored at its middle ends with the same W, T and S. Worlds with foreign hosts are passed over by name.
build/release/wiredrill run --no-golden --snapshot --jobs 2 scenarios | tee build/snapshot.out | tail -3
